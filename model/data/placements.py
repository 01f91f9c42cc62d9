"""Places drawings on a canvas in different sizes and positions, and paints them like a browser.

The canvas is 280×280 px and the pen 20 px wide, as on most pages for drawing digits, unless a placement chooses another
pen. Each placement depends only on the drawing and its index, so it is reproducible.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.data.stroke_sets import Lines
from model.preprocess.ink import Grey
from model.preprocess.rasterise import Polylines, Strokes

SIDE = 280  # px
PEN = 20.0  # px
GAP = 2.0  # px, smallest distance between ink and edge
NATURAL = (0.4, 0.65)  # of the canvas: the longer side of a digit whose original size is unknown
SMALL = 0.22  # of the canvas: 62 px, about three pen widths
ANY = (0.2, 0.88)  # of the canvas: 56 to 246 px
PENS = (14.0, 26.0)  # px

Corner = NDArray[np.float64]


@dataclass(frozen=True)
class _Box:
    """The bounding box of a drawing's points, in its own unit."""

    low: Corner
    high: Corner

    @property
    def centre(self) -> Corner:
        return (self.low + self.high) / 2

    @property
    def extent(self) -> float:
        return max(float((self.high - self.low).max()), 1e-9)  # avoids division by 0 for a dot

    def half(self, scale: float, pen: float) -> Corner:
        """Half the size of the placed drawing with its pen and the gap around it, px."""
        return (self.high - self.low) * scale / 2 + pen / 2 + GAP


Place = tuple[float, Corner, float]  # px per unit, the position of the centre in px, the pen width in px


def _natural(box: _Box, random: np.random.Generator, placed: bool) -> Place:
    """The original size and position; if unknown, a usual size near the centre."""
    if placed:
        scale = min(float(SIDE), (SIDE - PEN - 2 * GAP) / box.extent)
        return scale, _keep_inside(box.centre * SIDE, box.half(scale, PEN)), PEN
    scale = random.uniform(*NATURAL) * SIDE / box.extent
    return scale, SIDE * random.uniform(0.45, 0.55, 2), PEN


def _anywhere(box: _Box, random: np.random.Generator, _: bool) -> Place:
    pen = float(random.uniform(*PENS))
    scale = random.uniform(*ANY) * SIDE / box.extent
    half = box.half(scale, pen)
    return scale, _keep_inside(half + random.uniform(0, 1, 2) * (SIDE - 2 * half), half), pen


def _corner(box: _Box, random: np.random.Generator, _: bool) -> Place:
    scale = SMALL * SIDE / box.extent
    inset = box.half(scale, PEN) + random.uniform(0, 12, 2)
    return scale, np.where(random.integers(0, 2, 2) == 0, inset, SIDE - inset), PEN


PLACEMENTS: dict[str, Callable[[_Box, np.random.Generator, bool], Place]] = {
    "natural": _natural,
    "random size and place": _anywhere,
    "small in a corner": _corner,
}


def placed(lines: Lines, placement: str, index: int, has_place: bool) -> Strokes:
    """A drawing on the canvas, in px. `placement` is a key of PLACEMENTS, and `index` seeds its random numbers.

    `has_place` means that the points are positions on a canvas with side 1.
    """
    points = np.concatenate(lines)
    box = _Box(points.min(axis=0), points.max(axis=0))
    random = np.random.default_rng([list(PLACEMENTS).index(placement), index])
    scale, centre, pen = PLACEMENTS[placement](box, random, has_place)
    return Strokes([((line - box.centre) * scale + centre).tolist() for line in lines], pen, (SIDE, SIDE))


def painted(strokes: Strokes) -> Grey:
    """The canvas with the strokes: uint8 (280, 280), white on black, round ends, antialiased."""
    pen = PEN if strokes.pen is None else strokes.pen
    canvas: Grey = Polylines([strokes]).rasterise([(1.0, 1.0)], [(0.0, 0.0)], [pen], SIDE)[0]
    return canvas


def _keep_inside(centre: Corner, half: Corner) -> Corner:
    """The centre moved so that the ink stays on the canvas; the canvas' centre if the ink is too large."""
    return np.where(half < SIDE / 2, np.clip(centre, half, np.maximum(SIDE - half, half)), SIDE / 2)
