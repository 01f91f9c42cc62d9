"""The error for files of weights that cannot be used, and how names from such files are shown."""

from collections.abc import Sequence

MOST_SHOWN = 64  # characters of a name that comes from a file or its path


class WeightFileError(Exception):
    """The content is not usable weights.

    `reason` says what the content is and what to do. Its subject, the file, is left out: "is empty. Copy it again."
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The file {reason}")


def one_line(text: object, most: int = MOST_SHOWN) -> str:
    """The text as one line of printable characters, at most `most` of them.

    A line break in a name would break a header or a log. A lone surrogate, which stands for a byte of a file name that
    is not UTF-8, cannot be encoded.
    """
    line = " ".join(str(text).split())
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return line if len(line) <= most else line[: most - 1] + "…"


def listed(items: Sequence[str], most: int = 8) -> str:
    """The items, separated by commas. If there are more than `most`, only the first ones and a count of the others."""
    more = len(items) - most
    return ", ".join(items[:most]) + (f" and {more} more" if more > 0 else "")
