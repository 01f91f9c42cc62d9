"""White ink on black, of any size -> where MNIST would have put it on its 28×28 field.

MNIST's own recipe (LeCun, Cortes, Burges): the ink's longer side is fitted to 20 pixels, keeping its proportions and
averaging areas, and the result is shifted by whole pixels so that its centre of mass lies at the centre of the field.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.layers import SIDE

Grey = NDArray[np.uint8]
PixelBox = tuple[int, int, int, int]  # left, top, right, bottom; the last two are just outside

FIT = 20  # px, the longer side of the ink in MNIST (in 9,997 of its 10,000 test pictures)
CENTRE = 14.0  # the index of the row and of the column at which MNIST puts the centre of mass
MAX_ENLARGEMENT = 4.0  # a picture's ink is not blown up further: one lone pixel stays a dot
BLANK_BELOW = 16  # a picture whose strongest ink is weaker than this is blank
_THIN = 0.7  # of what a line's ink was: at its final size it is weaker only where the line is under about 0.7 px
_FINE = 90  # px, the longer side of ink whose lines are made wider
_FAINT = 8  # of 255
_ONES = np.ones(SIDE, np.float32)
_WORTH_IT = 3  # small pictures at once, from which on one by one takes longer


@dataclass(slots=True)  # not frozen, as `PreprocessedDrawing` is not
class Ink:
    """White ink on black, uint8 of any size, and how it was found.

    ink       the ink itself
    grey      the picture it was found in, of the same size
    inverted  whether the picture was dark on light
    faintest  ink no stronger than this does not count for the box
    reduced   how many pixels of the upload, along a side, one of these stands for
    """

    ink: Grey
    grey: Grey
    source: Literal["image", "pixels"]
    inverted: bool = False
    faintest: int = 0
    reduced: int = 1


class Fitted(NamedTuple):
    """Where ink came to lie.

    image    uint8 (28, 28)
    ink      uint8 (≤ 20, ≤ 20), the ink at its final size; None where there is none
    scale    fitted pixels for each pixel of before
    shift    whole pixels from the middle of the field to where the ink lies, (x, y)
    box      left, top, right, bottom of the ink before; None where there is none
    mass     the sum of the picture's pixels
    """

    image: Grey
    ink: Grey | None
    scale: float
    shift: tuple[int, int]
    box: PixelBox | None
    mass: float


def fit_all(inks: Sequence[Ink]) -> list[Fitted]:
    """Fit and centre several; the small ones among them together, for eight in the time that two take one by one."""
    small = [i for i, ink in enumerate(inks) if max(ink.ink.shape) <= SIDE]
    if len(small) < _WORTH_IT:
        return [_fit(ink) for ink in inks]
    together = iter(_fit_small([inks[i] for i in small]))
    alone = set(range(len(inks))).difference(small)
    return [_fit(ink) if i in alone else next(together) for i, ink in enumerate(inks)]


def _fit(ink: Ink) -> Fitted:
    box = ink_box(ink)
    if box is None:
        return _nothing()
    left, top, right, bottom = box
    rows, columns, scale = _sides(box)
    fitted = ink.ink[top:bottom, left:right]
    if max(ink.ink.shape) <= SIDE:
        # Multiplied out as in `_fit_small`: nobody's answer may depend on who else is asking.
        field = np.zeros((SIDE, SIDE), np.float32)
        field[: ink.ink.shape[0], : ink.ink.shape[1]] = ink.ink
        resized = _weights_of_part(top, bottom, rows) @ field @ _weights_of_part(left, right, columns).T
        fitted = (resized[:rows, :columns] + np.float32(0.5)).astype(np.uint8)
    elif scale != 1.0:
        whole, fitted = fitted, resize(fitted, rows, columns)
        # Where lines are much thinner than a pixel, hardly one is inked as strongly as they were.
        if scale < 1.0 and (strong := _strong(fitted)) < _THIN * 255 and strong < _THIN * _strong(whole):
            fitted, scale = _thickened(whole)
    # Whole numbers below 2^53 throughout, so float64 adds them without rounding, in whatever order.
    sums = (moments(*fitted.shape) @ fitted.ravel()).tolist()
    picture, shift = place(fitted, sums)
    return Fitted(picture, fitted, scale, shift, box, sums[0])


def _strong(ink: Grey) -> int:
    """How strong the strongest tenth of the ink is at least, 0 to 255; 255 where there is none."""
    inked = ink[ink >= _FAINT]
    at = len(inked) * 9 // 10
    return int(np.partition(inked, at)[at]) if len(inked) else 255


def _thickened(ink: Grey) -> tuple[Grey, float]:
    """The ink at its final size with a thin pen's lines made wider by about 1.6 px, and the scale.

    MNIST's writers had felt tips; a ball pen's line is a tenth of theirs beside the digit, and averaged over a pixel as
    good as nothing.
    """
    longest = max(ink.shape)
    reduced = min(_FINE / longest, 1.0)
    if reduced < 1.0:
        ink = resize(ink, *(max(1, round(side * reduced)) for side in ink.shape))
    margin = max(1, round(0.8 / FIT * max(ink.shape)))  # 0.8 px on each side
    clear = np.minimum(ink.astype(np.float32) * (255 / _strong(ink)), 255).astype(np.uint8)
    wide = np.asarray(Image.fromarray(np.pad(clear, margin)).filter(ImageFilter.MaxFilter(2 * margin + 1)))
    scale = FIT / max(wide.shape)
    return resize(wide, *(max(1, round(side * scale)) for side in wide.shape)), scale * reduced


def _fit_small(inks: Sequence[Ink]) -> list[Fitted]:
    """The same for ink of at most 28×28: all of it as one array, each picture with its own two matrices of weights."""
    count = len(inks)
    field = np.zeros((count, SIDE, SIDE), np.uint8)
    for i, ink in enumerate(inks):
        field[i, : ink.ink.shape[0], : ink.ink.shape[1]] = ink.ink
    boxes = _boxes(field, [ink.faintest for ink in inks])
    down, across = np.zeros((2, count, FIT, SIDE), np.float32)
    sides = [(0, 0, 1.0) if box is None else _sides(box) for box in boxes]
    for i, (box, (rows, columns, _)) in enumerate(zip(boxes, sides, strict=True)):
        if box is not None:
            left, top, right, bottom = box
            down[i] = _weights_of_part(top, bottom, rows)
            across[i] = _weights_of_part(left, right, columns)
    resized = down @ field.astype(np.float32) @ across.transpose(0, 2, 1)
    resized += 0.5
    fitted = resized.astype(np.uint8)
    sums = (fitted.reshape(count, -1) @ moments(FIT, FIT).T).tolist()
    found = []
    for box, ink, (rows, columns, scale), moment in zip(boxes, fitted, sides, sums, strict=True):
        if box is None:
            found.append(_nothing())
            continue
        own = ink[:rows, :columns]
        picture, shift = place(own, moment)
        found.append(Fitted(picture, own, scale, shift, box, moment[0]))
    return found


def _nothing() -> Fitted:
    return Fitted(np.zeros((SIDE, SIDE), np.uint8), None, 1.0, (0, 0), None, 0.0)


def _sides(box: PixelBox) -> tuple[int, int, float]:
    """How many rows and columns the ink gets, and by what it is multiplied."""
    left, top, right, bottom = box
    scale = min(FIT / max(right - left, bottom - top), MAX_ENLARGEMENT)
    return max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale)), scale


def ink_box(ink: Ink) -> PixelBox | None:
    """Where the ink is; None where there is none to speak of."""
    strongest = np.maximum.reduce(ink.ink, axis=1)
    if int(np.maximum.reduce(strongest)) < BLANK_BELOW:
        return None
    (rows,) = (strongest > ink.faintest).nonzero()
    (columns,) = (np.maximum.reduce(ink.ink, axis=0) > ink.faintest).nonzero()
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _boxes(field: Grey, faintest: Sequence[int]) -> list[PixelBox | None]:
    """The same for N pictures of 28×28, (N, 28, 28)."""
    # 1 where ink counts; how often it does in each row and in each column is a product with ones, (2, N, 28). NumPy is
    # slow at looking for the largest of many short rows.
    counts = (field > np.array(faintest, np.uint8)[:, np.newaxis, np.newaxis]).astype(np.float32)
    inked = np.array((counts @ _ONES, _ONES @ counts)) > 0
    tops, lefts = inked.argmax(axis=2).tolist()
    bottoms, rights = (SIDE - inked[:, :, ::-1].argmax(axis=2)).tolist()
    peaks = np.maximum.reduce(field.reshape(len(field), -1), axis=1).tolist()
    return [
        None if peak < BLANK_BELOW else box
        for peak, box in zip(peaks, zip(lefts, tops, rights, bottoms, strict=True), strict=True)
    ]


def place(fitted: Grey, sums: Sequence[float]) -> tuple[Grey, tuple[int, int]]:
    """The fitted ink on the field, its centre of mass as near (14, 14) as whole pixels allow, and the shift.

    `sums` are its mass and its two first moments, see `moments`. Ink is never cut off and never wraps: where the
    centre of mass would push it over the edge, it stops there.
    """
    height, width = fitted.shape
    mass, down, across = sums
    y = _nearest_place(down / (mass or 1.0), height)
    x = _nearest_place(across / (mass or 1.0), width)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[y : y + height, x : x + width] = fitted
    return picture, (x - (SIDE - width) // 2, y - (SIDE - height) // 2)


def place_box(fitted: Grey) -> Grey:
    """The fitted ink on the field with its box in the middle, wherever its mass lies."""
    height, width = fitted.shape
    x, y = (SIDE - width) // 2, (SIDE - height) // 2
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[y : y + height, x : x + width] = fitted
    return picture


def _nearest_place(centre_of_mass: float, length: int) -> int:
    return min(max(math.ceil(CENTRE - centre_of_mass - 0.5), 0), SIDE - length)


@lru_cache(maxsize=512)
def moments(height: int, width: int) -> NDArray[np.float64]:
    """For each pixel of a grid: 1, its row, its column. Times the ink, they give its mass and its two first moments."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack((np.ones(height * width), rows.ravel(), columns.ravel()))


def resize(picture: Grey, height: int, width: int) -> Grey:
    """The picture at another size: each new pixel is the mean of the area it covers, or lies between old ones."""
    rows, columns = _weights(picture.shape[0], height), _weights(picture.shape[1], width)
    resized = rows @ picture.astype(np.float32) @ columns.T
    resized += 0.5
    return resized.astype(np.uint8)


@lru_cache(maxsize=128)
def _weights(old: int, new: int) -> NDArray[np.float32]:
    """How much each old pixel counts for each new one, (new, old); every row adds up to 1.

    Getting smaller, by the share of the new pixel that the old one covers; getting larger, linearly by how near their
    centres are.
    """
    ratio = old / new
    pixels = np.arange(old)
    if ratio >= 1:
        starts = (np.arange(new) * ratio)[:, np.newaxis]
        weights = np.clip(np.minimum(pixels + 1, starts + ratio) - np.maximum(pixels, starts), 0.0, None)
    else:
        centres = np.clip((np.arange(new) + 0.5) * ratio - 0.5, 0, old - 1)[:, np.newaxis]
        weights = np.clip(1 - np.abs(pixels - centres), 0.0, None)
    normalised: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


@lru_cache(maxsize=1024)
def _weights_of_part(first: int, end: int, new: int) -> NDArray[np.float32]:
    """The weights that make the pixels first … end−1 of 28 the first `new` of 20, (20, 28); zero everywhere else."""
    weights = np.zeros((FIT, SIDE), np.float32)
    weights[:new, first:end] = _weights(end - first, new)
    return weights
