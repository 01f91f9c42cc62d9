"""Creates .venv and installs the packages of pyproject.toml in the versions of constraints.txt. `make` runs it.

    tools/environment.sh             installs the packages of the service
    tools/environment.sh train dev   installs the packages for training and for the tests, too

A stamp file in .venv records what was installed. If the stamp is up to date, nothing is installed, so a second
`make serve` starts at once. The stamp is written last, so the next call repeats an interrupted installation. This
module uses only the standard library, because it runs before any package is installed.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "inkling.json"
CONSTRAINTS = ROOT / "constraints.txt"


class SetupError(Exception):
    """Raised if this machine lacks something. The message says what is missing and how to install it."""


def main(extras: Sequence[str]) -> int:
    """Install the service with these extras. Returns 0; 1 after printing an error; 130 after Ctrl-C."""
    if is_up_to_date(extras):
        return 0
    try:
        with Path(__file__).open("rb") as lock:
            acquire(lock, extras)
            install(extras)
    except SetupError as error:
        log(f"The setup failed. {error}")
        return 1
    except KeyboardInterrupt:
        log("\nStopped. The next make continues from here.")
        return 130
    return 0


def acquire(lock: BinaryIO, extras: Sequence[str]) -> None:
    """Take the lock. If another process has it, wait, then restart this program: .venv may be complete by then."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log("Waiting for another make that is installing packages.")
        fcntl.flock(lock, fcntl.LOCK_EX)
        script = str(Path(__file__).with_suffix(".sh"))
        os.chdir(ROOT)
        os.execv(script, [script, *extras])


def install(extras: Sequence[str]) -> None:
    """Create .venv if it is unusable, install the packages and write the stamp."""
    reason = why_unusable()
    if reason is not None:
        create(reason)
    STAMP.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--constraint", "constraints.txt"]
    # pip is pinned too, because older versions of pip do not apply constraints to build dependencies.
    run("Installing the pinned version of pip", [*pip, "pip"])
    # The size is large because on Linux, PyTorch comes with its CUDA libraries.
    packages = "the service (10–40 s)"
    if extras:
        tools = "the tools for training and tests" if "dev" in extras else "the tools for training"
        packages = f"PyTorch and {tools} (2–5 minutes, up to 6 GB)"
    project = ".[" + ",".join(extras) + "]" if extras else "."
    run(f"Installing {packages}", [*pip, "--build-constraint", "constraints.txt", "--editable", project])
    STAMP.write_text(json.dumps({"digest": digest(), "extras": sorted(extras)}), encoding="utf-8")


def digest() -> str:
    """A hash of everything that an installation depends on: the requirements in pyproject.toml, constraints.txt, the
    Python version and the path of .venv."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    inputs = [project["build-system"], project["project"], CONSTRAINTS.read_text(encoding="utf-8")]
    text = json.dumps([inputs, str(VENV), sys.version_info[:2]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_up_to_date(extras: Sequence[str]) -> bool:
    """Whether .venv runs this Python and has a complete, current installation with these extras."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        return is_inside_venv() and stamp["digest"] == digest() and set(extras) <= set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def is_inside_venv() -> bool:
    """Whether this Python is .venv's. If not, .venv's Python is missing, cannot run or is too old."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def why_unusable() -> str | None:
    """Why .venv must be created again; "" if it does not exist, None if it can be used."""
    if not VENV.exists():
        return ""
    if not is_inside_venv():
        return "its Python does not run or is not supported"
    settings = {}
    for line in (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        settings[key.strip()] = value.strip()
    if not settings.get("command", str(VENV)).endswith((str(VENV), str(VENV.resolve()))):
        return "the checkout was moved"
    if not settings.get("version", sys.version).startswith(".".join(map(str, sys.version_info[:2])) + "."):
        return "the machine's Python was upgraded"
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        return "it has no pip, because its creation was interrupted"
    return None


def create(reason: str) -> None:
    """Create .venv with pip, even if the module ensurepip is missing (Debian has it in the package python3-venv)."""
    if reason:
        log(f"Creating .venv again: {reason}.")
    if VENV.is_symlink():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    # If this Python is .venv's, use the Python that .venv was created with; otherwise use this one.
    base = getattr(sys, "_base_executable", sys.executable)
    step = f"Creating .venv with Python {'.'.join(map(str, sys.version_info[:3]))}"
    if find_spec("ensurepip"):
        run(step, [base, "-m", "venv", str(VENV)])
        return
    if subprocess.run([base, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        raise SetupError(
            f"{base} has neither ensurepip nor pip. On Debian and Ubuntu: apt-get install python3-venv. "
            "On other systems: https://pip.pypa.io/en/stable/installation/"
        )
    run(step, [base, "-m", "venv", "--without-pip", str(VENV)])
    pip = ["pip", "--python", str(PYTHON), "install", "--constraint", "constraints.txt", "pip"]
    run("Installing pip into it", [base, "-m", *pip])


def run(step: str, command: Sequence[str]) -> None:
    """Run one step of the installation. Prints its name and duration, and its output only if it fails."""
    log(f"{step} …", end="")
    started = time.monotonic()
    environment = {**os.environ, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            while True:
                try:
                    failed = process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    if sys.stderr.isatty():
                        log(f"\r{step} … {time.monotonic() - started:.0f} s", end="")
        except KeyboardInterrupt:
            process.wait()  # the process received Ctrl-C too and cleans up
            raise
        if failed:
            output.seek(0)
            tail = "".join(output.readlines()[-15:])
            log("")
            raise SetupError(
                f"This step failed: {' '.join(command)}\n{tail}"
                "If it is a network error, check that a Python package index can be reached, then run make again."
            )
    log(f"{chr(13) + step + ' …' if sys.stderr.isatty() else ''} {time.monotonic() - started:.0f} s")


def log(text: str, end: str = "\n") -> None:
    """Print to stderr, because stdout is for the output of the command that make runs."""
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
