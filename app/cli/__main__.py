"""The command line: parses `inkling COMMAND …` and runs the command.

The imports are inside the functions, because Ctrl-C is handled before they start.
"""

import os
import sys
from collections.abc import Sequence

from app.cli import interrupts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, by default the command line of the process. Returns its exit status."""
    with interrupts.end_process():
        # NumPy reads this variable when it is imported, so set it before any import of NumPy. Use one thread, because
        # the matrix products here are small: a second thread would only spin.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from app.cli.parser import create_parser

        options = create_parser().parse_args(arguments)
        try:
            status: int = options.run(options)
        except KeyboardInterrupt:
            return 130  # 128 + SIGINT, as a shell reports it
        except BrokenPipeError:  # the program that reads the output, for example `head`, has ended
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141  # 128 + SIGPIPE
        return status


if __name__ == "__main__":
    sys.exit(main())
