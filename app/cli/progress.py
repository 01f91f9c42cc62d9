"""The progress of a command: a bar on a terminal, otherwise a line of text from time to time.

rich draws the bar. It is part of the train extra, so only commands that need this extra import this module.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

PLAIN_EVERY = 10.0  # seconds between two lines of progress in a file or pipe
LEAST_BAR = 10  # columns


class Display:
    """Prints lines, and shows the progress below them.

    On a terminal, the progress is a bar. A dumb terminal (TERM=dumb) cannot move its cursor; there, and in a file or
    pipe, the progress is a line every ten seconds.
    """

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._plain = not self._console.is_terminal or self._console.is_dumb_terminal
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[numbers]}"),
            console=self._console,
            expand=True,
            disable=self._plain,
        )
        self._task = self._bar.add_task("", total=1.0, numbers="", visible=False)
        self._last_line = time.monotonic()

    def line(self, text: str) -> None:
        """Print a line."""
        self._console.print(text)

    def update(self, label: str, done: float, seconds_left: float, details: Sequence[str] = ()) -> None:
        """Show that the share `done` of the work, 0 to 1, is complete.

        The details are in order of increasing importance. A bar shows the last ones, as many as fit; a line shows all.
        """
        left = f"{clock(seconds_left)} left"
        if not self._plain:
            self._bar.start()
            self._bar.update(
                self._task,
                description=label,
                completed=done,
                numbers=self._fitting(label, [*details, left]),
                visible=True,
            )
        elif time.monotonic() - self._last_line >= PLAIN_EVERY:
            self._last_line = time.monotonic()
            self.line(", ".join([label, *(details or [f"{done:.0%}"]), left]))

    def stop(self) -> None:
        """Leave the bar as it is and show the cursor again."""
        self._bar.stop()

    def _fitting(self, label: str, details: list[str]) -> str:
        space = self._console.width - len(f"{label} 100%  ") - LEAST_BAR
        while len(", ".join(details)) > space and len(details) > 1:
            details = details[1:]
        return ", ".join(details)


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Provide a function that shows a text on one line of stderr, or on new lines on a dumb terminal.

    It shows nothing if stderr is not a terminal.
    """
    console = Console(stderr=True, highlight=False)
    if console.is_dumb_terminal:
        yield lambda text: print(text, file=sys.stderr, flush=True)
        return
    with console.status("") as status:
        yield lambda text: status.update(text)


def clock(seconds: float) -> str:
    """Seconds as minutes:seconds, or hours:minutes:seconds from one hour."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
