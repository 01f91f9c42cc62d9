"""Ink as a pixel image, white on black: its bounding box, and thresholds for blank images and for ink along a side."""

from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # grey levels, rows × columns
PixelBox = tuple[int, int, int, int]  # left, top, right, bottom: the first column and row, and the last ones plus 1

BLANK_BELOW = 16  # of 255: an image is blank if its strongest ink is weaker than this
ALONG = 0.7  # of a side of an image: ink on more than this lies along the side


class Profile(NamedTuple):
    """The strongest ink in each row and in each column, one byte for each.

    They are bytes because, for a small image, bytes are searched faster than NumPy arrays.
    """

    rows: bytes
    columns: bytes

    @classmethod
    def of(cls, ink: Grey) -> "Profile":
        """The profile of ink."""
        return cls(np.maximum.reduce(ink, axis=1).tobytes(), np.maximum.reduce(ink, axis=0).tobytes())

    @property
    def peak(self) -> int:
        """The level of the strongest ink."""
        return max(self.rows)

    @property
    def is_framed_by_black(self) -> bool:
        """Whether the first and the last row and column are pure black."""
        return not (self.rows[0] or self.rows[-1] or self.columns[0] or self.columns[-1])


@cache
def _without_faint(faintest: int) -> bytes:
    """A table for `bytes.translate` that replaces levels up to `faintest` by 0."""
    return bytes(level if level > faintest else 0 for level in range(256))


def without_faint(levels: bytes, faintest: int) -> bytes:
    """The levels, but 0 in place of those up to `faintest`."""
    return levels.translate(_without_faint(faintest)) if faintest else levels


@dataclass(slots=True)  # not frozen: creating a frozen instance is measurably slower
class Ink:
    """White ink on black, uint8 of any size, and the image from which it was separated.

    ink         the ink
    grey        the image with its background, of the same size
    source      how the image was sent
    inverted    whether the image was dark on light
    faintest    ink at this level or below does not count for the bounding box
    reduced     the factor by which the sides of the upload were reduced to the size of `ink`
    profile     the profile of `ink`, if it is known already
    thin_lines  whether very thick lines are made thinner; training images keep theirs, so that the network learns them
    """

    ink: Grey
    grey: Grey
    source: Literal["image", "pixels"]
    inverted: bool = False
    faintest: int = 0
    reduced: int = 1
    profile: Profile | None = None
    thin_lines: bool = False


def bounding_box(ink: Ink) -> PixelBox | None:
    """The bounding box of the ink; None if the image is blank."""
    profile = ink.profile or Profile.of(ink.ink)
    if profile.peak < BLANK_BELOW:
        return None
    top, bottom = _extent(profile.rows, ink.faintest)
    left, right = _extent(profile.columns, ink.faintest)
    return left, top, right, bottom


def _extent(levels: bytes, faintest: int) -> tuple[int, int]:
    """The index of the first level above `faintest`, and the index after the last one."""
    levels = without_faint(levels, faintest)
    end = len(levels.rstrip(b"\0"))
    return len(levels) - len(levels.lstrip(b"\0")), end
