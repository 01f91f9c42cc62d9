"""The command `inkling`: the entry point of its script, and of `python -m inkling`."""

import os
import signal
import sys
from typing import NoReturn


def main() -> int:
    """Run the command line of the process. Returns its exit status."""
    # First of all, because the import takes a while: during an import, Ctrl-C should end the process, not raise an
    # error. app/cli/interrupts.py says more.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from app.cli.__main__ import main

    status = main()
    if sys.argv[1:2] == ["calibrate"]:
        _end_at_once(status)
    return status


def _end_at_once(status: int) -> NoReturn:
    """End the process without unloading PyTorch.

    When the CUDA libraries of PyTorch are unloaded, they read 160 MB of their code into memory first. A calibration
    would take that much more memory than it needs.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _remove_working_folder() -> None:
    """Remove the working folder from the path. A package `app` or `model` there must not hide Inkling's own."""
    from pathlib import Path

    if not sys.flags.safe_path and Path(sys.path[0]).resolve() != Path(__file__).resolve().parent:
        del sys.path[0]


if __name__ == "__main__":
    _remove_working_folder()
    sys.exit(main())
