"""One line about what is going on, for whoever has been waiting for a while."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

PATIENCE = 2.0  # seconds before anything is said
LINES_EVERY = 10.0  # seconds between two lines where there is no terminal on which one could be written over
WRITTEN_OVER_EVERY = 0.1  # seconds where there is


class Progress:
    """Called with what is being done, says so on stderr, but not to someone who hardly had to wait.

    On a terminal the line is written over and in the end wiped away; in a file or a pipe there is a line now and then.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._next = time.monotonic() + PATIENCE
        self._wiped = True

    def __call__(self, what: str) -> None:
        """Say what is being done, if it is time to say something."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (WRITTEN_OVER_EVERY if self._terminal else LINES_EVERY)
        self._stream.write(f"\r\x1b[K{what}" if self._terminal else f"{what}\n")
        self._stream.flush()
        self._wiped = not self._terminal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._wiped:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
