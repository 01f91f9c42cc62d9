"""Finds the Nu HTML checker, and downloads it from npm if it is missing: python -m tests.support.markup_checker

Its 35 MB are too much for the repository, so it is kept in .venv. It needs Java.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests import ROOT
from tools import apt

VERSION = "26.9.27"
SHA256 = "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47"
JAR = ROOT / ".venv" / "share" / f"vnu-{VERSION}.jar"
# The programs that the checker needs, and Debian's packages for them.
PROGRAMS = {"java": "default-jre-headless", "npm": "npm"}


def download() -> None:
    """Download the checker. Raises CalledProcessError if that fails, and ValueError if the file has an unexpected
    hash."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"vnu-jar@{VERSION}", "--silent", "--pack-destination", folder]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            jar = package.extractfile("package/build/dist/vnu.jar")
            assert jar is not None
            content = jar.read()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"vnu-jar {VERSION} does not have the expected SHA-256")
    JAR.parent.mkdir(parents=True, exist_ok=True)
    JAR.write_bytes(content)


def main() -> int:
    """Return 0 if the checker and Java are there; otherwise print what is missing and return 1."""
    needed = ["java"] if JAR.exists() else list(PROGRAMS)
    missing = [PROGRAMS[name] for name in needed if shutil.which(name) is None]
    try:
        if missing and apt.can_install():
            apt.install(*missing)
        if not JAR.exists():
            download()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
    if JAR.exists() and shutil.which("java"):
        return 0
    advice = " ".join(PROGRAMS.values())
    print(f"The tests need the Nu HTML checker. On Debian, as root: apt-get install {advice}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
