"""Skeletons: the path of a pen as a few points per stroke.

A skeleton is a list of strokes, a stroke is a list of pieces, and a piece is a list of points joined by a smooth curve.
Each piece starts where the previous one ended, and the pen turns a corner there. x points right and y points down; a
digit is about 1 high and 0.4 to 0.8 wide. A style calls `u(low, high)` for uniform random numbers, so that no two
skeletons are alike.

The skeletons follow what schools teach and how people write in haste. None is traced from a collection of drawings.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

Uniform = Callable[[float, float], float]  # u(low, high): a uniform random number
Piece = list[tuple[float, float]]
Stroke = list[Piece]
Skeleton = list[Stroke]


@dataclass(frozen=True, slots=True)
class Style:
    """One way of writing a digit.

    share   how often the style is drawn, relative to the other styles of its digit
    slant   range of the slant to the right, degrees
    turn    largest rotation, degrees
    wobble  scale of the random deviations; smaller for digits that small changes turn into another digit
    """

    name: str
    share: float
    skeleton: Callable[[Uniform], Skeleton]
    slant: tuple[float, float] = (-25.0, 30.0)
    turn: float = 12.0
    wobble: float = 1.0


def arc(x: float, y: float, across: float, down: float, start: float, end: float, swell: float = 1.0) -> Piece:
    """Points on an ellipse around (x, y) with the radii `across` and `down`, at most 45° apart.

    Angles are in degrees: 0 is right, 90 down, 270 up, so increasing angles run clockwise on the screen. The radii grow
    linearly to `swell` times their size at the end.
    """
    steps = max(1, math.ceil(abs(end - start) / 45 - 1e-6))
    points = []
    for i in range(steps + 1):
        angle = math.radians(start + (end - start) * i / steps)
        radius = 1 + (swell - 1) * i / steps
        points.append((x + across * radius * math.cos(angle), y + down * radius * math.sin(angle)))
    return points


def mirrored(skeleton: Skeleton) -> Skeleton:
    """The skeleton with left and right exchanged."""
    return [[[(-x, y) for x, y in piece] for piece in stroke] for stroke in skeleton]
