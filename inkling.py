"""The command `inkling`: the entry point of its script, and of `python -m inkling`."""

import signal
import sys


def main() -> int:
    """Run the command line of the process. Returns its exit status."""
    # First of all, because the import takes a while: during an import, Ctrl-C should end the process, not raise an
    # error. app/cli/interrupts.py says more.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from app.cli.__main__ import main

    return main()


def _remove_working_folder() -> None:
    """Remove the working folder from the path. A package `app` or `model` there must not hide Inkling's own."""
    from pathlib import Path

    if not sys.flags.safe_path and Path(sys.path[0]).resolve() != Path(__file__).resolve().parent:
        del sys.path[0]


if __name__ == "__main__":
    _remove_working_folder()
    sys.exit(main())
