"""The command line: parses `inkling COMMAND …` and runs the command.

The imports are inside the functions, so that Ctrl-C is handled before they start.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app import __version__
from app.cli import interrupts

if TYPE_CHECKING:
    import argparse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, by default the command line of the process. Returns its exit status."""
    with interrupts.end_process():
        # A file name may have characters that the terminal cannot show, and bytes that are not valid text.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        options = _create_parser().parse_args(arguments)
        try:
            status: int = options.run(options)
        except KeyboardInterrupt:
            return 130  # 128 + SIGINT, as a shell reports it
        except BrokenPipeError:  # the program that reads the output, for example `head`, has ended
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141  # 128 + SIGPIPE
        return status


def _create_parser() -> "argparse.ArgumentParser":
    """The parser of `inkling`. It sets the option `run` to the function that runs the command."""
    # NumPy reads this variable when it is imported, so set it before any import of NumPy. Use one thread, because the
    # matrix products here are small: a second thread would only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import argparse

    from model.allocator import collect_garbage_rarely

    collect_garbage_rarely()  # otherwise, the imports take a tenth longer
    from app.cli import calibrate, completion, evaluate, fetch, predict, serve, train

    parser = argparse.ArgumentParser(
        prog="inkling", description="Draw a digit and see how a convolutional network reads it."
    )
    parser.add_argument("--version", action="version", version=f"inkling {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (serve, train, calibrate, evaluate, predict, fetch):
        command.add_parser(commands)
    completion.add_parser(commands, parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
