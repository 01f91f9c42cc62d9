"""Where on a canvas a drawing lies, and what a browser would paint there.

The canvas is 280×280 pixels and the pen 20 wide unless a placement says otherwise: what most pages for drawing a digit
use. A placement of a drawing is the same every time, whichever other drawings there are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.data.stroke_sets import Lines
from model.preprocess.fit import Grey
from model.preprocess.rasterise import Polylines, Strokes

SIDE = 280  # px
PEN = 20.0  # px
GAP = 2.0  # px between ink and edge, at least
NATURAL = (0.4, 0.65)  # of the canvas, the longer side of a digit that its writer may draw at any size
SMALL = 0.22  # of the canvas: 62 px, about three pens
ANY = (0.2, 0.88)  # of the canvas: 56 to 246 px
PENS = (14.0, 26.0)  # px

Corner = NDArray[np.float64]


@dataclass(frozen=True)
class _Ink:
    """The corners of a drawing's points, in its own unit."""

    low: Corner
    high: Corner

    @property
    def middle(self) -> Corner:
        return (self.low + self.high) / 2

    @property
    def extent(self) -> float:
        return max(float((self.high - self.low).max()), 1e-9)  # a dot has none

    def half(self, scale: float, pen: float) -> Corner:
        """From the middle of the placed drawing to where its ink and the gap end."""
        return (self.high - self.low) * scale / 2 + pen / 2 + GAP


Place = tuple[float, Corner, float]  # pixels a unit, where the middle comes to lie, the pen's width in pixels


def _natural(ink: _Ink, random: np.random.Generator, placed: bool) -> Place:
    """Where and as large as it was drawn; a drawing of which that is not known, of a usual size, near the middle."""
    if placed:
        scale = min(float(SIDE), (SIDE - PEN - 2 * GAP) / ink.extent)
        return scale, _kept_on(ink.middle * SIDE, ink.half(scale, PEN)), PEN
    scale = random.uniform(*NATURAL) * SIDE / ink.extent
    return scale, SIDE * random.uniform(0.45, 0.55, 2), PEN


def _anywhere(ink: _Ink, random: np.random.Generator, _: bool) -> Place:
    pen = float(random.uniform(*PENS))
    scale = random.uniform(*ANY) * SIDE / ink.extent
    half = ink.half(scale, pen)
    return scale, _kept_on(half + random.uniform(0, 1, 2) * (SIDE - 2 * half), half), pen


def _corner(ink: _Ink, random: np.random.Generator, _: bool) -> Place:
    scale = SMALL * SIDE / ink.extent
    inset = ink.half(scale, PEN) + random.uniform(0, 12, 2)
    return scale, np.where(random.integers(0, 2, 2) == 0, inset, SIDE - inset), PEN


PLACEMENTS: dict[str, Callable[[_Ink, np.random.Generator, bool], Place]] = {
    "natural": _natural,
    "random size and place": _anywhere,
    "small in a corner": _corner,
}


def placed(lines: Lines, placement: str, index: int, has_place: bool) -> Strokes:
    """A drawing on the canvas, in pixels, by the name of its placement. `index` decides what is random about it.

    `has_place` says that the points are already on a canvas, whose side is 1.
    """
    points = np.concatenate(lines)
    ink = _Ink(points.min(axis=0), points.max(axis=0))
    random = np.random.default_rng([list(PLACEMENTS).index(placement), index])
    scale, middle, pen = PLACEMENTS[placement](ink, random, has_place)
    return Strokes([((line - ink.middle) * scale + middle).tolist() for line in lines], pen, (SIDE, SIDE))


def painted(strokes: Strokes) -> Grey:
    """The canvas with the strokes on it: uint8 (280, 280), white on black, round ends, smooth edges."""
    pen = PEN if strokes.pen is None else strokes.pen
    canvas: Grey = Polylines([strokes]).rasterise([(1.0, 1.0)], [(0.0, 0.0)], [pen], SIDE)[0]
    return canvas


def _kept_on(middle: Corner, half: Corner) -> Corner:
    """The middle moved so that the ink stays on the canvas; where it is as wide as that, in the canvas' own middle."""
    return np.where(half < SIDE / 2, np.clip(middle, half, np.maximum(SIDE - half, half)), SIDE / 2)
