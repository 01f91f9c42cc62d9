"""Makes .venv and keeps it as pyproject.toml and constraints.txt say. `make` calls it before anything else.

    tools/environment.sh             what the service needs
    tools/environment.sh train dev   also what training and the tests need

A stamp inside .venv says what was installed there. It is written last, so an interrupted install is taken up again,
and as long as it holds nothing is run: a second `make serve` starts at once. Standard library only, because this runs
before anything is installed.
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
    """Something this machine lacks; the message says what, and how to get it."""


def main(extras: Sequence[str]) -> int:
    """Make .venv hold the service and these extras; 0 when it does, 1 after saying why not, 130 after Ctrl-C."""
    if stamped(extras):
        return 0
    try:
        with Path(__file__).open("rb") as lock:
            take_turns(lock, extras)
            install(extras)
    except SetupError as error:
        say(f"Could not set up. {error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The next make goes on from here.")
        return 130
    return 0


def take_turns(lock: BinaryIO, extras: Sequence[str]) -> None:
    """Hold the lock; if another make held it, start over once that one is done, since .venv may be whole now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another make is setting up; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)
        again = str(Path(__file__).with_suffix(".sh"))
        os.chdir(ROOT)
        os.execv(again, [again, *extras])


def install(extras: Sequence[str]) -> None:
    """Make or mend .venv, install into it, stamp it."""
    reason = unusable()
    if reason is not None:
        create(reason)
    STAMP.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--constraint", "constraints.txt"]
    # pip itself is pinned too: the bundled ones differ in how they constrain what a build needs.
    run("Bringing pip to the pinned version", [*pip, "pip"])
    # PyTorch comes with its CUDA libraries on Linux, hence the size.
    what = (
        "PyTorch and the tools to train and test with (2–5 minutes, up to 6 GB)" if extras else "the service (10–40 s)"
    )
    project = ".[" + ",".join(extras) + "]" if extras else "."
    run(f"Installing {what}", [*pip, "--build-constraint", "constraints.txt", "--editable", project])
    STAMP.write_text(json.dumps({"digest": digest(), "extras": sorted(extras)}), encoding="utf-8")


def digest() -> str:
    """What an install depends on: the two files' contents, the Python and the place (scripts name it in full)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [project["build-system"], project["project"], CONSTRAINTS.read_text(encoding="utf-8")]
    text = json.dumps([wanted, str(VENV), sys.version_info[:2]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def stamped(extras: Sequence[str]) -> bool:
    """Whether a whole install of these extras, from these files, at this place, is there and runs this very Python."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        return inside() and stamp["digest"] == digest() and set(extras) <= set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def inside() -> bool:
    """Whether the Python that runs this is .venv's own. If it is not, then .venv's does not run or is too old."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def unusable() -> str | None:
    """Why .venv has to be made from scratch, or None if it can be built upon."""
    if not VENV.exists():
        return ""
    if not inside():
        return "its Python does not run, or is not one of those that are supported"
    settings = {}
    for line in (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        settings[key.strip()] = value.strip()
    if not settings.get("command", str(VENV)).endswith((str(VENV), str(VENV.resolve()))):
        return "the checkout was moved"
    if not settings.get("version", sys.version).startswith(".".join(map(str, sys.version_info[:2])) + "."):
        return "the machine's Python was upgraded"
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        return "it has no pip; it was not finished"
    return None


def create(reason: str) -> None:
    """Make .venv from nothing, with pip in it, also where Debian has left out ensurepip (package python3-venv)."""
    if reason:
        say(f"Making .venv anew: {reason}.")
    if VENV.is_symlink():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    # This Python, or the one that .venv was made with if this is .venv's own.
    base = getattr(sys, "_base_executable", sys.executable)
    step = f"Making .venv with Python {'.'.join(map(str, sys.version_info[:3]))}"
    if find_spec("ensurepip"):
        run(step, [base, "-m", "venv", str(VENV)])
        return
    if subprocess.run([base, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        raise SetupError(
            f"{base} has neither ensurepip nor pip. Debian, Ubuntu: apt-get install python3-venv. "
            "Elsewhere: https://pip.pypa.io/en/stable/installation/"
        )
    run(step, [base, "-m", "venv", "--without-pip", str(VENV)])
    pip = ["pip", "--python", str(PYTHON), "install", "--constraint", "constraints.txt", "pip"]
    run("Putting pip into it", [base, "-m", *pip])


def run(step: str, command: Sequence[str]) -> None:
    """Run one step quietly: its name, the seconds it takes, and its output only if it fails."""
    say(f"{step} …", end="")
    started = time.monotonic()
    environment = {**os.environ, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            while True:
                try:
                    failed = process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    if sys.stderr.isatty():
                        say(f"\r{step} … {time.monotonic() - started:.0f} s", end="")
        except KeyboardInterrupt:
            process.wait()  # Ctrl-C reached it too; let it clean up after itself
            raise
        if failed:
            log.seek(0)
            tail = "".join(log.readlines()[-15:])
            say("")
            raise SetupError(
                f"This step failed: {' '.join(command)}\n{tail}"
                "If that names the network, see that this machine reaches a Python package index, and run make again."
            )
    say(f"{chr(13) + step + ' …' if sys.stderr.isatty() else ''} {time.monotonic() - started:.0f} s")


def say(text: str, end: str = "\n") -> None:
    """Tell the person at the terminal; what a command prints itself stays alone on standard output."""
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
