"""Ink as a pixel image, white on black: its bounding box, and the threshold below which it counts as blank."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]  # grey levels, rows × columns
PixelBox = tuple[int, int, int, int]  # left, top, right, bottom: the first column and row, and the last ones plus 1

BLANK_BELOW = 16  # of 255: an image is blank if its strongest ink is weaker than this


class Profile(NamedTuple):
    """The strongest ink in each row and in each column, uint8 (height,) and (width,)."""

    rows: Grey
    columns: Grey

    @classmethod
    def of(cls, ink: Grey) -> "Profile":
        """The profile of ink."""
        return cls(np.maximum.reduce(ink, axis=1), np.maximum.reduce(ink, axis=0))

    @property
    def is_framed_by_black(self) -> bool:
        """Whether the first and the last row and column are pure black."""
        return not (self.rows[0] or self.rows[-1] or self.columns[0] or self.columns[-1])


@dataclass(slots=True)  # not frozen: creating a frozen instance is measurably slower
class Ink:
    """White ink on black, uint8 of any size, and the image from which it was separated.

    ink       the ink
    grey      the image with its background, of the same size
    source    how the image was sent
    inverted  whether the image was dark on light
    faintest  ink at this level or below does not count for the bounding box
    reduced   the factor by which the sides of the upload were reduced to the size of `ink`
    profile   the profile of `ink`, if it is known already
    """

    ink: Grey
    grey: Grey
    source: Literal["image", "pixels"]
    inverted: bool = False
    faintest: int = 0
    reduced: int = 1
    profile: Profile | None = None


def bounding_box(ink: Ink) -> PixelBox | None:
    """The bounding box of the ink; None if the image is blank."""
    row_peaks, column_peaks = ink.profile or Profile.of(ink.ink)
    if int(np.maximum.reduce(row_peaks)) < BLANK_BELOW:
        return None
    (rows,) = (row_peaks > ink.faintest).nonzero()
    (columns,) = (column_peaks > ink.faintest).nonzero()
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
