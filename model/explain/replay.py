"""How the answer forms while a digit is drawn: the drawing with only a part of its ink, and without each stroke.

Ink is measured as the length of the lines. A dot counts as a line as long as the pen is wide.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from model.preprocess.rasterise import Strokes

Stroke = Sequence[Sequence[float]]

_USUAL_PEN = 0.1  # of the drawing's longer side, if the client sends no pen width


def lengths(drawing: Strokes) -> list[float]:
    """The ink of each stroke, in client units."""
    points = [point for stroke in drawing.lines for point in stroke]
    sides = [max(point[axis] for point in points) - min(point[axis] for point in points) for axis in (0, 1)]
    dot = drawing.pen or _USUAL_PEN * max(*sides, 1.0)
    return [max(_length(stroke), dot) if _length(stroke) == 0 else _length(stroke) for stroke in drawing.lines]


def beginning(drawing: Strokes, share: float) -> Strokes:
    """The first part of a drawing, with this share of its ink, above 0 and up to 1. The last line is cut off there."""
    sizes = lengths(drawing)
    left = share * sum(sizes)
    kept: list[Stroke] = []
    for stroke, size in zip(drawing.lines, sizes, strict=True):
        if left >= size * (1 - 1e-9):
            kept.append(stroke)
            left -= size
            continue
        if left > 0 or not kept:
            kept.append(_cut(stroke, left))
        break
    return Strokes(kept, drawing.pen, drawing.canvas)


def without(drawing: Strokes, index: int) -> Strokes | None:
    """The drawing without one stroke; None if it has only that one."""
    lines = [stroke for i, stroke in enumerate(drawing.lines) if i != index]
    return Strokes(lines, drawing.pen, drawing.canvas) if lines else None


def _length(stroke: Stroke) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(stroke))


def _cut(stroke: Stroke, length: float) -> Stroke:
    """The stroke, cut off at this length."""
    kept = [stroke[0]]
    for a, b in pairwise(stroke):
        step = hypot(b[0] - a[0], b[1] - a[1])
        if step >= length:
            if step > 0:
                kept.append([a[0] + (b[0] - a[0]) * length / step, a[1] + (b[1] - a[1]) * length / step])
            return kept
        kept.append(b)
        length -= step
    return kept
