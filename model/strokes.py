"""Strokes on any surface -> ink on a small grid, drawn straight at the scale the network sees.

A stroke is a polyline; its ink is every point within half a pen's width of it. Each pixel of the grid gets the share
of itself that lies under the ink, approximated by how far its centre is inside or outside the outline:
coverage = clip(r + 1/2 − d, 0, 1), with d the distance from the pixel's centre to the polyline and r the pen's radius.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

STEP = 0.5  # px between the discs a line is made of; with a 2.6-px pen the outline is off by at most 0.03 px
_MOST = 8192  # discs; a line that needs more has covered the grid several times over, and is drawn with wider gaps
_BLOCK = 1 << 21  # distances held at once: 8 MB, so that the longest scribble stays cheap in memory

Points = NDArray[np.float64]


class StrokeSet:
    """All strokes of one drawing as one array of points, in the caller's own units, x right and y down.

    `points` is (n, 2); `starts` holds the index at which each stroke begins. Raises ValueError when there is no
    stroke, or a stroke without a point.
    """

    __slots__ = ("high", "low", "points", "starts")

    def __init__(self, strokes: Sequence[Sequence[Sequence[float]]]) -> None:
        lengths = [len(stroke) for stroke in strokes]
        if not lengths or 0 in lengths:
            raise ValueError("a drawing has at least one stroke, and a stroke at least one point")
        flat = chain.from_iterable(chain.from_iterable(strokes))
        self.points: Points = np.fromiter(flat, np.float64, 2 * sum(lengths)).reshape(-1, 2)
        self.starts = np.cumsum([0, *lengths[:-1]]) if len(lengths) > 1 else np.zeros(1, np.intp)
        self.low: Points = np.minimum.reduce(self.points, axis=0)
        self.high: Points = np.maximum.reduce(self.points, axis=0)


def rasterise(points: Points, starts: NDArray[np.intp], pen: float, height: int, width: int) -> NDArray[np.uint8]:
    """Draw the strokes with a round pen onto a height × width grid.

    `points` (n, 2) are in pixels of that grid: (0, 0) is its upper left corner, (width, height) its lower right one.
    Returns uint8, 0 where there is no ink and 255 where a pixel is covered whole.
    """
    samples = _resample(points, starts)
    pixels, norms = _grid(height, width)
    # |p − s|² = |p|² − 2 p·s + |s|²: all distances between pixels and samples are one matrix product.
    squared: NDArray[np.float32] | None = None
    block = max(1, _BLOCK // (height * width))
    for first in range(0, samples.shape[1], block):
        nearest = np.minimum.reduce(samples[:, first : first + block].T @ pixels, axis=0)
        squared = nearest if squared is None else np.minimum(squared, nearest)
    assert squared is not None
    squared += norms
    np.maximum(squared, 0.0, out=squared)
    coverage = (pen / 2 + 0.5) - np.sqrt(squared)
    coverage *= 255.0
    np.maximum(coverage, 0.0, out=coverage)
    np.minimum(coverage, 255.0, out=coverage)
    coverage += 0.5
    return coverage.astype(np.uint8).reshape(height, width)


@lru_cache(maxsize=512)
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For the pixel centres p of a grid: rows −2x, −2y, 1, and |p|²."""
    y, x = np.mgrid[:height, :width] + 0.5
    rows = np.stack((-2 * x.ravel(), -2 * y.ravel(), np.ones(height * width)))
    return rows.astype(np.float32), (x * x + y * y).ravel().astype(np.float32)


def _resample(points: Points, starts: NDArray[np.intp]) -> NDArray[np.float32]:
    """Points at most STEP apart along every stroke, its two ends among them: rows x, y and x² + y²."""
    steps = points[1:] - points[:-1]
    steps *= steps
    lengths = np.sqrt(steps[:, 0] + steps[:, 1])
    lengths[starts[1:] - 1] = 0.0  # the pen is up between two strokes
    along = np.zeros(len(points))
    np.add.accumulate(lengths, out=along[1:])
    total = float(along[-1])
    count = min(int(total / STEP) + 2, _MOST)
    at = np.arange(count) * (total / (count - 1))
    # The first stroke begins at 0 and the last one ends at `total`; the ends in between are added one by one.
    ends = np.concatenate((starts[1:], starts[1:] - 1)) if len(starts) > 1 else starts[1:]
    samples = np.empty((3, count + len(ends)), np.float32)
    for axis in (0, 1):
        values = points[:, axis]
        samples[axis, :count] = np.interp(at, along, values)
        samples[axis, count:] = values[ends]
    np.add(samples[0] * samples[0], samples[1] * samples[1], out=samples[2])
    return samples
