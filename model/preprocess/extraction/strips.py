"""Finds strips along the sides of an image: a scanner's lid, the table beside the paper, the frame of a board.

What lies along a whole side is background. A strip may be darker or lighter than the paper, and its edge may be askew.
A line of the digit may also lie along a side, if the image was cropped to the ink. It is not a strip, because the rest
of the digit is attached to it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.preprocess.ink import Grey

_SAMPLES = 64  # rows and columns from which the paper's grey is estimated
CONTRAST = 25.0  # of 255; a strip differs from the paper by at least this much
_DEEPEST = 0.35  # of the image's width or height: a deeper area is not a strip
_LONG = 0.95  # of the side: a strip is at least this long
_STRAIGHT = 0.03  # of the side: an edge is at most this far from a straight line
_RAGGED = 0.1  # of the edge: if more of it is further than _STRAIGHT / 3 from the line, the area is not a strip
_ATTACHED = 0.004  # of the side: if the area is deeper along more of it, something is attached to it
_UNEVEN = 0.02  # of the strip's pixels: if more have another grey, it may be a shadow with ink in it


class _Strip(NamedTuple):
    """A strip on the left side of an image: how many pixels of each row belong to it, and its usual grey."""

    depths: NDArray[np.intp]
    tone: float


def median_grey(grey: Grey) -> float:
    """The median of a sample of the pixels."""
    sample = grey[:: -(-grey.shape[0] // _SAMPLES), :: -(-grey.shape[1] // _SAMPLES)].ravel()
    middle = ((sample.size - 1) // 2, sample.size // 2)  # the same one twice if their number is odd
    ordered = np.partition(sample, middle)  # np.median takes several times as long for so few
    return (int(ordered[middle[0]]) + int(ordered[middle[1]])) / 2


def without_strips(grey: Grey, paper: float | None = None) -> Grey:
    """The image with its strips painted in the grey of the paper beside them; the same array if it has none.

    `paper` is the grey of the paper; by default, it is the median of the image.
    """
    if min(grey.shape) < 8:
        return grey
    if paper is None:
        paper = median_grey(grey)
    views = [_view(grey, side) for side in range(4)]
    strips = [_area_at_the_left(view, paper) for view in views]
    if not any(strips):
        return grey
    lines = [_line(strip.depths) if strip else np.zeros(1) for strip in strips]
    painted = grey.copy()
    for side, strip in enumerate(strips):
        # The ends of a side may belong to strips along the two adjacent sides: there, the depth would be too large.
        before, after = (lines[1], lines[3]) if side in (0, 2) else (lines[0], lines[2])
        start, end = (_reach(line, lines[side][at], far=side > 1) for line, at in ((before, 0), (after, -1)))
        if strip and (straight := _straight(strip, _view(grey, side), start, end)) is not None:
            _paint(_view(painted, side), straight, start, end)
    return painted


def _reach(line: NDArray[np.float64], depth: float, *, far: bool) -> int:
    """How far a strip along an adjacent side reaches into a strip of this depth. `line` is its edge.

    An edge that is askew reaches furthest at either end. `far` says that the strip is at the end of the line.
    """
    within = min(max(0, round(depth)), len(line) - 1)
    beside = line[-1 - within :] if far else line[: within + 1]
    return max(0, round(float(max(beside[0], beside[-1]))))


def _view(grey: Grey, side: int) -> Grey:
    """A view of the image whose left side is the left, top, right or bottom side (0 to 3) of the image."""
    return (grey, grey.T, grey[:, ::-1], grey[::-1].T)[side]


def _area_at_the_left(view: Grey, paper: float) -> _Strip | None:
    """The area along the left side whose grey is nearer to the side's than to the paper's; None if there is no such
    area."""
    tone = float(np.median(view[:, 0]))
    if abs(tone - paper) < CONTRAST:
        return None
    near = view[:, : max(1, int(_DEEPEST * view.shape[1])) + 1]
    middle = (tone + paper) / 2
    paper_there = near > middle if tone < paper else near < middle
    depths = np.where(paper_there.any(axis=1), paper_there.argmax(axis=1), near.shape[1])
    return _Strip(depths, tone)


def _line(values: NDArray[np.signedinteger]) -> NDArray[np.float64]:
    """The straight line that most of the values are near, float64 of the same length.

    It follows the medians of the two middle thirds, because the ends may belong to other strips.
    """
    count = len(values)
    outer, middle = count // 6, count // 2
    first, last = np.median(values[outer : middle + 1]), np.median(values[middle : count - outer])
    rising = np.arange(count, dtype=np.float64)
    rising *= float(last - first) / max(1, middle - outer)
    return np.add(rising, np.median(values - rising), dtype=np.float64)


def _straight(strip: _Strip, view: Grey, start: int, end: int) -> NDArray[np.intp] | None:
    """The depths of the strip, at most slightly deeper than a straight line; None if the area is not a strip.

    The first `start` and the last `end` rows belong to other strips.
    """
    length, width = view.shape
    inner = slice(start + 3 if start else 0, length - end - 3 if end else length)
    depths = strip.depths[inner]
    if len(depths) < length / 4 or np.count_nonzero(depths) < _LONG * len(depths):
        return None
    line, tolerance = _line(depths), 1.5 + _STRAIGHT * length
    ragged = np.count_nonzero(np.abs(depths - line) > 1 + _STRAIGHT * length / 3)
    deeper = np.count_nonzero(depths > line + tolerance)
    if line.max() > _DEEPEST * width or ragged > _RAGGED * len(depths) or deeper > _ATTACHED * length:
        return None
    straight = np.clip(np.minimum(depths, line + tolerance), np.rint(line), None).astype(np.intp)
    if _has_ink_inside(view[inner], straight, strip.tone) or _has_ink_beside(view[inner], straight):
        return None
    return np.pad(straight, (inner.start, length - inner.stop), mode="edge")


def _has_ink_inside(view: Grey, depths: NDArray[np.intp], tone: float) -> bool:
    """Whether the area has several greys: then it may be a shadow with ink in it."""
    inside = view[np.arange(view.shape[1]) < depths[:, np.newaxis] - 1].astype(np.int16)
    paper = float(np.median(view[np.arange(len(view)), np.minimum(depths + 2, view.shape[1] - 1)]))
    other = int(np.count_nonzero(np.abs(inside - tone) > max(20.0, abs(tone - paper) / 3)))
    return other > _UNEVEN * inside.size


def _has_ink_beside(view: Grey, depths: NDArray[np.intp]) -> bool:
    """Whether ink touches the area, even ink that is fainter than the area."""
    columns = np.minimum(depths[:, np.newaxis] + 1 + np.arange(_margin(view) + 2), view.shape[1] - 1)
    beside = view[np.arange(len(view))[:, np.newaxis], columns].astype(np.int16)
    paper = _line(beside[:, -1])  # a line, because the light may change along the side
    ink = (np.abs(beside - paper[:, np.newaxis]) > CONTRAST).all(axis=1)
    return int(np.count_nonzero(ink)) > _ATTACHED * len(view)


def _margin(view: Grey) -> int:
    """The width of the blurred edge of a strip, in pixels."""
    height, width = view.shape
    return max(2, int(max(height, width)) // 150)


def _paint(view: Grey, depths: NDArray[np.intp], start: int, end: int) -> None:
    """Paint the first pixels of each row, and a small margin, in the grey of the paper beside the strip.

    Beside the first `start` and the last `end` rows of the strip there is no paper, but another strip.
    """
    height, width = view.shape
    margin = _margin(view)
    depths = np.clip(depths + margin, 0, width - 3)
    rows = np.arange(start + margin if start else 0, height - end - margin if end else height)
    beside = np.median(view[rows[:, np.newaxis], depths[rows, np.newaxis] + np.arange(3)], axis=1)
    # A line of the digit may end beside the strip. The line must not be continued into the strip.
    window = max(1, len(rows) // 4) | 1
    blocks = np.lib.stride_tricks.sliding_window_view(np.pad(beside, window // 2, mode="edge"), window)
    step = max(1, window // 8)
    levels = np.interp(np.arange(height), rows[::step], np.median(blocks[::step], axis=1))
    inside = np.arange(width) < depths[:, np.newaxis]
    view[inside] = np.repeat(np.rint(levels).astype(np.uint8), depths)
