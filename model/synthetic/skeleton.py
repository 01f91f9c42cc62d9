"""Skeletons: the path of a pen, described by a few points per stroke.

A skeleton is a list of strokes, a stroke is a list of pieces, and a piece is a list of points joined by a smooth curve.
Each piece starts where the previous piece ended, and the pen turns a corner there. x points right and y points down. A
digit is about 1 high and 0.4 to 0.8 wide. A style draws uniform random numbers with `u(low, high)`, so that no two
skeletons are alike.

The skeletons follow the forms that schools teach and the forms of hasty handwriting. None is traced from a collection
of drawings.
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

    share   how often the style is chosen, relative to the other styles of the same digit
    slant   range of the slant to the right, degrees
    turn    largest rotation, degrees
    wobble  factor of the random deviations; below 1 for styles that small deviations can turn into another digit
    """

    name: str
    share: float
    skeleton: Callable[[Uniform], Skeleton]
    slant: tuple[float, float] = (-25.0, 30.0)
    turn: float = 12.0
    wobble: float = 1.0


def arc(x: float, y: float, across: float, down: float, start: float, end: float, swell: float = 1.0) -> Piece:
    """Points on an ellipse around (x, y) with the radii `across` and `down`, at most 45° apart.

    Angles are in degrees: 0 is right, 90 down and 270 up, so increasing angles run clockwise on the screen. From start
    to end, the radii change linearly to `swell` times their size.
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
