"""Removes what reaches into an image from outside: a thumb, the shadow of a head, the corner of a table.

A digit that leaves the image must stay, even if a part of it lies apart from the rest, further inside. So what touches
a side is removed only if there is enough other ink for a digit, and if it cannot come from the same pen.
"""

import numpy as np

from model.preprocess.extraction.components import MOST_RUNS, connected_components, count_runs
from model.preprocess.ink import ALONG, Grey

_THICK = 1.35  # of the digit's stroke width: thicker lines are not from the same pen
_MOST = 10  # of the digit's area: anything larger leaves it unclear which of the two is the digit
_MOST_IN_CORNER = 2  # of the digit's area, for anything that covers a corner
_STRAIGHT = 0.75  # of its bounding box: a strip covers more, a wedge about half
_MARGIN = 2 / 3  # of the stroke width: the blurred edge


def without_intruders(ink: Grey, faintest: int) -> Grey:
    """The ink without what reaches into it from the sides; the same array if nothing does.

    Ink at the level `faintest` or below may be noise. An intruder is a component that touches a side and has thicker
    lines than the largest component that touches none, or covers a corner. What reaches from side to side is not
    removed: it may be a line that crosses the image. Neither is a straight strip along a side, which may be a line of
    the digit.
    """
    if max(int(side.max()) for side in (ink[0], ink[-1], ink[:, 0], ink[:, -1])) <= faintest:
        return ink
    mask = ink > faintest
    if count_runs(mask) > MOST_RUNS:
        return ink
    components = connected_components(mask)
    areas, along = components.areas, components.along_sides()
    sides = along > 0
    outside = sides.any(axis=1)
    if outside.all() or not outside.any():
        return ink
    digit = int(np.where(outside, 0, areas).argmax())
    widths, area = components.stroke_widths(), int(areas[digit])
    corner = (np.count_nonzero(sides, axis=1) == 2) & (areas <= _MOST_IN_CORNER * area)
    thick = widths > _THICK * widths[digit]
    across = (sides & np.roll(sides, 2, axis=1)).any(axis=1)
    rows, columns = ink.shape
    most = (along > ALONG * np.array([rows, columns, rows, columns])).any(axis=1)
    strip = most & (components.solidity() > _STRAIGHT)
    intruders = outside & ~across & ~strip & (corner | thick) & (areas <= _MOST * area)
    if not intruders.any():
        return ink
    margin = max(1, round(_MARGIN * widths[digit]))
    return np.where(components.mask(intruders, margin) & ~components.mask(~intruders), np.uint8(0), ink)
