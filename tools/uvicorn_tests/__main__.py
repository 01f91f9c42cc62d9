"""Downloads uvicorn's source distribution, which contains its tests: python -m tools.uvicorn_tests

`make test` does that before the tests. With --run, the tests are run.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = version("uvicorn")
FOLDER = ROOT / ".venv" / "uvicorn-tests" / f"uvicorn-{VERSION}"
# uvicorn's tests of features that the service replaces or switches off, and why.
LEFT_OUT = {
    "upgrade": "a request for an upgrade is answered without it, and the connection is closed",
    "websocket": "the service has no WebSockets",
    "huge_headers": "the service limits the size of headers",
    "invalid_http_request": "the answer is a problem instead of a line of text",
}


def main(arguments: list[str]) -> int:
    """Download the tests unless they are there; with --run, run them. Returns 0, or the exit status of the failure."""
    if not FOLDER.exists():
        download()
    return run() if "--run" in arguments else 0


def download() -> None:
    """Download and unpack the source distribution of the installed version. Raises CalledProcessError."""
    print(f"Downloading uvicorn's tests, version {VERSION} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-deps", "--no-binary", "uvicorn", "--no-build-isolation", "--quiet", "--dest", folder]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, f"uvicorn=={VERSION}"], check=True)
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        FOLDER.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / FOLDER.name, FOLDER)  # last, so that an interrupted download is repeated


def run() -> int:
    """Run uvicorn's tests of its httptools protocol. Returns pytest's exit status."""
    chosen = " and ".join(["httptools", *(f"not {name}" for name in LEFT_OUT)])
    options = ["-q", "-k", chosen, "-p", "tools.uvicorn_tests.plugin", "-p", "no:cacheprovider", "-o", "addopts="]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/protocols/test_http.py"],
        cwd=FOLDER,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
