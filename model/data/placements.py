"""Places drawings on a canvas in different sizes and positions, and paints them like a browser.

The canvas is 280×280 px, and the pen is 20 px wide, as on most pages for drawing digits. Only the placement "random
size and place" varies the pen width. A placement depends only on the drawing and its index, so it is reproducible.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.data.stroke_sets import Lines
from model.preprocess.ink import Grey
from model.preprocess.rasterise import Polylines, Strokes

SIDE = 280  # px, width and height of the canvas
PEN = 20.0  # px, the usual pen width
GAP = 2.0  # px, smallest distance between the ink and the edge of the canvas
NATURAL = (0.4, 0.65)  # share of the canvas side: the longer side of a digit whose original size is unknown
SMALL = 0.22  # share of the canvas side: 62 px, about three pen widths
ANY = (0.2, 0.88)  # share of the canvas side: 56 to 246 px
PENS = (14.0, 26.0)  # px, thinnest and thickest pen

Corner = NDArray[np.float64]


@dataclass(frozen=True)
class _Box:
    """The bounding box of a drawing's points, in the unit of the points."""

    low: Corner
    high: Corner

    @property
    def centre(self) -> Corner:
        return (self.low + self.high) / 2

    @property
    def extent(self) -> float:
        return max(float((self.high - self.low).max()), 1e-9)  # at least 1e-9, so that the scale of a dot is finite

    def half(self, scale: float, pen: float) -> Corner:
        """Half the width and half the height of the placed drawing, including its pen and GAP, px."""
        return (self.high - self.low) * scale / 2 + pen / 2 + GAP


Place = tuple[float, Corner, float]  # scale in px per unit, position of the centre in px, pen width in px


def _natural(box: _Box, random: np.random.Generator, placed: bool) -> Place:
    """The original size and position if they are known (`placed`); otherwise a typical size near the centre."""
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
    """A drawing placed on the canvas, in px.

    `placement` is a key of PLACEMENTS. `index` seeds the random numbers of the placement. If `has_place` is
    True, the points are positions on a canvas with side 1; otherwise the original size and position are not known.
    """
    points = np.concatenate(lines)
    box = _Box(points.min(axis=0), points.max(axis=0))
    random = np.random.default_rng([list(PLACEMENTS).index(placement), index])
    scale, centre, pen = PLACEMENTS[placement](box, random, has_place)
    return Strokes([((line - box.centre) * scale + centre).tolist() for line in lines], pen, (SIDE, SIDE))


def painted(strokes: Strokes) -> Grey:
    """The strokes painted on the canvas with round ends and antialiasing: uint8 (280, 280), white on black."""
    pen = PEN if strokes.pen is None else strokes.pen
    canvas: Grey = Polylines([strokes]).rasterise([(1.0, 1.0)], [(0.0, 0.0)], [pen], SIDE)[0]
    return canvas


def _keep_inside(centre: Corner, half: Corner) -> Corner:
    """The centre of a drawing, moved as little as needed to keep the ink on the canvas.

    `half` is half the size of the ink, px. Along an axis on which the ink is too large, the result is the centre of the
    canvas.
    """
    return np.where(half < SIDE / 2, np.clip(centre, half, np.maximum(SIDE - half, half)), SIDE / 2)
