"""Fits ink to the 28×28 input: scaled to 20 px, then centred on its centre of mass.

This is how MNIST's images were made (LeCun, Cortes, Burges). The longer side of the ink's bounding box is scaled to 20
pixels by averaging areas; the proportions stay. The result is shifted by whole pixels so that its centre of mass is
as near as possible to the centre of the 28×28 field.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.preprocess.ink import Grey, Ink, PixelBox, bounding_box
from model.preprocess.line_width import is_too_faint, is_too_thick, scale_thickened, scale_thinned
from model.preprocess.resize import resize

FIT = 20  # px, the longer side of the ink in 9,997 of MNIST's 10,000 test images
CENTRE = 14.0  # the row index and column index of the centre of mass in MNIST
MAX_ENLARGEMENT = 4.0  # ink in images is enlarged at most by this factor, so a single pixel stays a dot
PEN = 2.4  # px, the usual stroke width of MNIST; strokes without a pen width are drawn with it
PEN_RANGE = (2.0, 2.8)  # px, the stroke widths common in MNIST; other pen widths are clipped to this range
SMALLEST = 1e-3  # client units; pens and canvases cannot be smaller, and a drawing whose extent is smaller is a dot


class Fitted(NamedTuple):
    """Ink on the 28×28 field.

    image    uint8 (28, 28)
    ink      uint8 (≤ 20, ≤ 20), the ink at its final size; None if there is no ink
    scale    the size of `ink` divided by its size in the original
    shift    (x, y), how far the ink is from the middle of the field, in whole pixels
    box      the bounding box of the ink in the original; None if there is no ink
    ink_sum  the sum of the pixels of `image`
    """

    image: Grey
    ink: Grey | None
    scale: float
    shift: tuple[int, int]
    box: PixelBox | None
    ink_sum: float


def fit(ink: Ink, *, centre_mass: bool = True) -> Fitted:
    """Scale the ink of an image to 20 px, then place its centre of mass at the centre of the field.

    If `centre_mass` is false, the bounding box is centred instead.
    """
    box = bounding_box(ink)
    if box is None:
        return Fitted(np.zeros((SIDE, SIDE), np.uint8), None, 1.0, (0, 0), None, 0.0)
    left, top, right, bottom = box
    scale = min(FIT / max(right - left, bottom - top), MAX_ENLARGEMENT)
    original = fitted = ink.ink[top:bottom, left:right]
    if scale != 1.0:
        fitted = resize(original, max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale)))
        # An image of 28×28 px or less may be one of MNIST's, whose lines stay as they are.
        if scale < 1.0 and max(ink.ink.shape) > SIDE:
            if is_too_faint(original, fitted):
                fitted, scale = scale_thickened(original, FIT)
            elif ink.thin_lines and is_too_thick(fitted) and (thinned := scale_thinned(original, FIT)) is not None:
                fitted, scale = thinned
    image, shift, ink_sum = place(fitted, centre_mass=centre_mass)
    return Fitted(image, fitted, scale, shift, box, ink_sum)


class StrokeFit(NamedTuple):
    """Where strokes are drawn on a grid of columns × rows pixels: point p is drawn at p · scale + shift."""

    scale: float
    shift: tuple[float, float]
    stroke_width: float
    columns: int
    rows: int


def fit_strokes(low: Sequence[float], high: Sequence[float], pen: float | None, *, own_pen: bool) -> StrokeFit:
    """Where to draw strokes so that the longer side of their ink, stroke width included, is 20 px.

    `low` and `high` are the smallest and the largest (x, y) of the points. If `pen` is None, MNIST's stroke width is
    used. With `own_pen`, the pen keeps its width relative to the drawing; otherwise it is clipped to `PEN_RANGE`.
    """
    (left, top), (right, bottom) = low, high
    extent, width = max(right - left, bottom - top), PEN
    if pen is not None:
        # A dot has an extent of 0, so the formula alone would give a width of 20 px. With own_pen, 10 px is the limit.
        thinnest, thickest = (0.0, FIT / 2) if own_pen else PEN_RANGE
        width = min(max(FIT * pen / (extent + pen), thinnest), thickest)
        extent = max(extent, pen)  # a drawing that is smaller than its pen is not enlarged: it stays a dot
    scale = (FIT - width) / extent if extent >= SMALLEST else 0.0
    ink_width, ink_height = (right - left) * scale + width, (bottom - top) * scale + width
    columns, rows = math.ceil(ink_width - 1e-9), math.ceil(ink_height - 1e-9)
    # The ink is centred in a grid of whole pixels, so the result does not depend on its place on the canvas.
    x = (columns - ink_width + width) / 2 - left * scale
    y = (rows - ink_height + width) / 2 - top * scale
    return StrokeFit(scale, (x, y), width, columns, rows)


def place(fitted: Grey, *, centre_mass: bool = True) -> tuple[Grey, tuple[int, int], float]:
    """Place fitted ink on the 28×28 field so that its centre of mass is as near to (14, 14) as whole pixels allow.

    Ink never leaves the field. If `centre_mass` is false, the bounding box is placed in the middle of the field
    instead. Returns the image, the shift (x, y) of the ink from the middle in pixels, and the sum of all pixels.
    """
    height, width = fitted.shape
    # These are sums of whole numbers below 2^53, which float64 adds exactly, in any order.
    ink_sum, row_moment, column_moment = (_moment_weights(height, width) @ fitted.ravel()).tolist()
    middle_x, middle_y = x, y = (SIDE - width) // 2, (SIDE - height) // 2
    if centre_mass:
        x = _nearest_start(column_moment / (ink_sum or 1.0), width)
        y = _nearest_start(row_moment / (ink_sum or 1.0), height)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[y : y + height, x : x + width] = fitted
    return image, (x - middle_x, y - middle_y), ink_sum


@lru_cache(maxsize=512)
def _moment_weights(height: int, width: int) -> NDArray[np.float64]:
    """A (3, height · width) matrix. Its product with the flattened ink is the sum and the row and column moments."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack((np.ones(height * width), rows.ravel(), columns.ravel()))


def _nearest_start(centre_of_mass: float, length: int) -> int:
    """The row or column at which ink of this length must start so that its centre of mass is nearest to 14.

    `centre_of_mass` is relative to the start of the ink. The ink stays inside the field.
    """
    return min(max(math.ceil(CENTRE - centre_of_mass - 0.5), 0), SIDE - length)
