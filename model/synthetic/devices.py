"""Devices that record a synthetic drawing: pens with strokes, and three kinds of uploaded images.

    smooth   an image of 96 × 96 pixels with antialiasing, as a browser paints it
    small    a small bitmap, as from a paint program: mostly black and white, without antialiasing
    boxed    an image of 16 × 16 pixels, into which the digit is stretched in both directions, as in old scans

All of them are preprocessed by the service's own pipeline. The service limits the pen width of strokes to PEN_RANGE,
but it does not know the pen width of an uploaded image. So the stroke width varies more in uploaded images.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.preprocess.fit import FIT, PEN_RANGE
from model.preprocess.ink import Grey, Ink
from model.preprocess.pipeline import RawDrawing
from model.preprocess.rasterise import Polylines, Strokes

Lines = list[list[tuple[float, float]]]

BATCH = 64  # drawings rasterised together
UPLOAD = 96  # px, side of a smooth image; the fit to 20 px would remove any finer detail
PENS = (1.2, 5.4)  # px after the fit, range of the stroke width for half of the uploaded images
BROAD = (4.0, 5.6)  # px, range for the other half: lines drawn with a finger, and small digits drawn with any pen
FILLED = 1.2  # largest stroke width of a digit with a loop, divided by the shorter side of the digit's path
LOOPED = {0, 4, 6, 8, 9}  # digits with a loop

SMALL = (12, 28)  # px, the longer side of a digit in a small bitmap
FINEST = 30  # px, side of a small bitmap
ZOOM = 4  # a pixel of a small bitmap is uploaded as 4×4 pixels
BINARY = 0.75  # share of the small bitmaps without antialiasing
BOX = 16  # px, side of a boxed image
SCAN = 64  # px, the longer side of a digit before it is stretched into the box
STRETCH = (1.2, 8.0)  # a digit is stretched into the box by at most this factor, which varies between images


def bounding_box(lines: Lines) -> tuple[float, float, float, float]:
    """The left, top, width and height of the bounding box of all points. Width and height are at least 0.001."""
    xs, ys = zip(*(point for line in lines for point in line), strict=True)
    left, top = min(xs), min(ys)
    return left, top, max(max(xs) - left, 1e-3), max(max(ys) - top, 1e-3)


def with_random_pen(lines: Lines, rng: np.random.Generator) -> Strokes:
    """The drawing with a random pen width. In 40 % of the drawings, the pen width is left unknown instead.

    After the fit to 20 px, the random width is between 0.2 px below and 0.2 px above PEN_RANGE, the range to which the
    service clips pen widths.
    """
    if rng.random() < 0.4:
        return Strokes(lines)
    width = PEN_RANGE[0] - 0.2 + (PEN_RANGE[1] - PEN_RANGE[0] + 0.4) * rng.random()
    # After the fit, the longer side of the ink is FIT px: `width` plus the extent of the points.
    return Strokes(lines, pen=max(bounding_box(lines)[2:]) * width / (FIT - width))


def random_devices(
    batch: Sequence[tuple[int, Lines]], shares: tuple[float, float, float], rng: np.random.Generator
) -> list[RawDrawing]:
    """The digits of `batch`, each with its label, as random devices record them, in the same order.

    `shares` are the shares of smooth, small and boxed images; the rest are strokes.
    """
    smooth, small, boxed = (round(share * len(batch)) for share in shares)
    first, second, third = smooth, smooth + small, smooth + small + boxed
    return [
        *smooth_images(batch[:first], rng),
        *small_bitmaps([lines for _, lines in batch[first:second]], rng),
        *boxed_images([lines for _, lines in batch[second:third]], rng),
        *(with_random_pen(lines, rng) for _, lines in batch[third:]),
    ]


# ---------------------------------------------------------------- smooth images


def smooth_images(batch: Sequence[tuple[int, Lines]], rng: np.random.Generator) -> list[Ink]:
    """Digits as smooth images, each at a random size and place. `batch` has the label and the lines of each.

    After the fit to 20 px, their strokes are 1.2 to 5.6 px wide.
    """
    places = []
    for digit, lines in batch:
        _, _, across, down = bounding_box(lines)
        width = rng.uniform(*(PENS if rng.random() < 0.5 else BROAD))
        if digit in LOOPED:  # a digit whose loop is completely filled cannot be recognised
            width = min(width, max(2.0, FILLED * min(across, down) / max(across, down) * (FIT - width)))
        side = UPLOAD * (0.3 + 0.6 * rng.random())
        free = UPLOAD - side
        places.append((width, side, free * rng.random(), free * rng.random()))
    return uploads([lines for _, lines in batch], places)


def uploads(batch: Sequence[Lines], places: Sequence[tuple[float, float, float, float]]) -> list[Ink]:
    """Drawings as smooth images of 96 × 96 pixels.

    `places` holds four numbers for each drawing, all in px. The first is the stroke width after the fit to 20 px. The
    others refer to the uploaded image: the longer side of the ink, the margin on its left and the margin above it.
    """
    return [_ink(image) for image in _painted(batch, places, UPLOAD)]


def _painted(
    batch: Sequence[Lines], places: Sequence[tuple[float, float, float, float]], side: int
) -> NDArray[np.uint8]:
    """The drawings painted on side × side pixels, uint8 (drawings, side, side). `places` is as in `uploads`."""
    if not batch:
        return np.zeros((0, side, side), np.uint8)
    scales, shifts, pens = [], [], []
    for lines, (width, longest, right, below) in zip(batch, places, strict=True):
        left, top, across, down = bounding_box(lines)
        pen = longest * width / FIT
        scale = (longest - pen) / max(across, down)
        scales.append((scale, scale))
        pens.append(pen)
        shifts.append((pen / 2 - left * scale + right, pen / 2 - top * scale + below))
    return Polylines([Strokes(lines) for lines in batch]).rasterise(scales, shifts, pens, side)


def _ink(image: Grey) -> Ink:
    return Ink(image, image, "pixels")


# ---------------------------------------------------------------- small bitmaps


def small_bitmaps(batch: Sequence[Lines], rng: np.random.Generator) -> list[Ink]:
    """Drawings as small bitmaps: 12 to 28 px long, with a pen of one to four pixels, each pixel enlarged to 4×4.

    Three in four have only black and white pixels: a pixel is white if the pen covers more than a random threshold.
    """
    places = []
    for _ in batch:
        longest = rng.uniform(*SMALL)
        pen = min(rng.choice((1.0, 1.0, 2.0, 2.0, 3.0, 4.0)) * rng.uniform(0.85, 1.15), longest / 4)
        free = FINEST - longest
        places.append((pen * FIT / longest, longest, free * rng.random(), free * rng.random()))
    result = []
    for image in _painted(batch, places, FINEST):
        if rng.random() < BINARY:
            image = np.where(image > rng.uniform(90, 140), np.uint8(255), np.uint8(0))
        result.append(_ink(image.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)))
    return result


# ---------------------------------------------------------------- boxed images


def boxed_images(batch: Sequence[Lines], rng: np.random.Generator) -> list[Ink]:
    """Drawings as images of 16×16 px that are stretched into the box, half of them black and white, then enlarged.

    Both sides of the digit become 16 px long. Only a very narrow or flat digit may stay shorter in one direction,
    because the stretch is limited to a random factor of at most 8. The lines are stretched with the digit.
    """
    places = [(rng.uniform(1.0, 3.6), float(SCAN), 0.0, 0.0) for _ in batch]
    return [_ink(boxed(image, rng)) for image in _painted(batch, places, SCAN)]


def boxed(image: Grey, rng: np.random.Generator) -> Grey:
    """The ink of an image of any size, uint8, stretched into a box of at most 16×16 px, then enlarged five times."""
    rows, columns = (np.flatnonzero(image.max(axis=axis)) for axis in (1, 0))
    cropped = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = cropped.shape
    least, most = map(math.log, STRETCH)
    limit = math.exp(rng.uniform(least, most))
    across, down = (max(2, round(BOX * min(1.0, limit * side / max(height, width)))) for side in (width, height))
    small = np.asarray(Image.fromarray(cropped).resize((across, down), Image.Resampling.BOX))
    if rng.random() < 0.5:
        threshold = rng.uniform(70, 160)
        small = np.where(small > min(threshold, small.max() - 1), np.uint8(255), np.uint8(0))
    return np.asarray(Image.fromarray(small).resize((5 * across, 5 * down), Image.Resampling.BICUBIC))
