"""Strokes on any surface -> ink on a small grid, drawn straight at the scale the network sees.

A stroke is a polyline; its ink is every point within half a pen's width of it. Each pixel of the grid gets the share
of itself that lies under the ink, approximated by how far its centre is inside or outside the outline:
coverage = clip(r + 1/2 − d, 0, 1), with d the distance from the pixel's centre to the polyline and r the pen's radius.

Everything here works on several drawings at once: a NumPy call costs about the same for one drawing as for ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

STEP = 0.5  # px between the discs a line is made of; with a 2.4-px pen the outline is off by at most 0.03 px
_MOST = 8192  # discs; a line that needs more has covered the grid several times over, and is drawn with wider gaps
_BLOCK = 1 << 21  # distances held at once: 8 MB, so that the longest scribble stays cheap in memory

Points = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Strokes:
    """A drawing as lines: lists of (x, y) in the caller's own units, x right and y down.

    `pen` is the pen's width and `canvas` the width and height of what was drawn on, in the same units. There is at
    least one stroke, and every stroke has at least one point; ValueError otherwise.
    """

    lines: Sequence[Sequence[Sequence[float]]]
    pen: float | None = None
    canvas: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.lines or not all(self.lines):
            raise ValueError("a drawing has at least one stroke, and a stroke at least one point")


class Polylines:
    """The lines of several drawings as arrays.

    `points` is (n, 2), all points of all lines; `low` and `high`, (drawings, 2), are the corners of each drawing's.
    """

    __slots__ = ("_line_starts", "_lines", "_points_each", "high", "low", "points")

    def __init__(self, drawings: Sequence[Strokes]) -> None:
        lengths = [len(line) for drawing in drawings for line in drawing.lines]
        flat = chain.from_iterable(chain.from_iterable(chain.from_iterable(drawing.lines for drawing in drawings)))
        self.points: Points = np.fromiter(flat, np.float64, 2 * sum(lengths)).reshape(-1, 2)
        self._lines = np.array([len(drawing.lines) for drawing in drawings])
        self._line_starts = _starts(np.array(lengths))
        starts = self._line_starts[_starts(self._lines)]
        self._points_each = np.diff(starts, append=len(self.points))
        self.low: Points = np.minimum.reduceat(self.points, starts, axis=0)
        self.high: Points = np.maximum.reduceat(self.points, starts, axis=0)

    def rasterise(self, scale: Points, offset: Points, pen: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
        """Draw each drawing with a round pen onto a grid of its own, side × side.

        A point p of drawing i comes to lie at (p − low[i]) scale[i] + offset[i], in pixels of the grid, whose upper
        left corner is (0, 0); `scale` and `offset` are (drawings, 2), `pen` is (drawings,), a width in pixels.
        Returns uint8 (drawings, side, side): 0 where there is no ink, 255 where a pixel is covered whole.
        """
        placed = self.points - np.repeat(self.low, self._points_each, axis=0)
        placed *= np.repeat(scale, self._points_each, axis=0)
        placed += np.repeat(offset, self._points_each, axis=0)
        discs, firsts = self._discs(placed)
        squared = _nearest(discs, firsts, side)
        coverage = (pen / 2 + 0.5).astype(np.float32)[:, np.newaxis] - np.sqrt(squared)
        coverage *= 255.0
        np.maximum(coverage, 0.0, out=coverage)
        np.minimum(coverage, 255.0, out=coverage)
        coverage += 0.5
        return coverage.astype(np.uint8).reshape(-1, side, side)

    def _discs(self, points: Points) -> tuple[NDArray[np.float32], Indices]:
        """Points at most STEP apart along every line, its two ends among them, and where each drawing's begin.

        Rows x, y and x² + y².
        """
        steps = points[1:] - points[:-1]
        steps *= steps
        lengths = np.zeros(len(points))  # from the point before
        np.sqrt(steps[:, 0] + steps[:, 1], out=lengths[1:])
        lengths[self._line_starts] = 0.0  # the pen is up before a line's first point
        totals = np.add.reduceat(lengths, self._line_starts)
        most = np.repeat(np.maximum(_MOST // self._lines, 2), self._lines)
        # The hair keeps a length of whole steps from being rounded up in one batch and down in another.
        counts = np.minimum((totals / STEP + 1e-6).astype(np.intp) + 2, most)
        lengths[self._line_starts] = 1.0  # a gap between lines, so that none begins where another ends
        along = np.add.accumulate(lengths)
        starts = _starts(counts)
        nth = np.arange(int(counts.sum())) - np.repeat(starts, counts)
        at = np.repeat(along[self._line_starts], counts) + nth * np.repeat(totals / (counts - 1), counts)
        discs = np.empty((3, len(at)), np.float32)
        discs[0] = np.interp(at, along, points[:, 0])
        discs[1] = np.interp(at, along, points[:, 1])
        np.add(discs[0] * discs[0], discs[1] * discs[1], out=discs[2])
        return discs, starts[_starts(self._lines)]


def _starts(counts: Indices) -> Indices:
    """Where each run begins when runs of these lengths follow each other."""
    starts = np.zeros(len(counts), np.intp)
    np.add.accumulate(counts[:-1], out=starts[1:])
    return starts


def _nearest(discs: NDArray[np.float32], firsts: Indices, side: int) -> NDArray[np.float32]:
    """For each drawing and each pixel centre of its grid the squared distance to the drawing's nearest disc."""
    pixels, norms = _grid(side)
    # |p − s|² = |p|² − 2 p·s + |s|²: all distances between pixels and discs are one matrix product.
    block = max(1, _BLOCK // (side * side))
    if discs.shape[1] <= block:
        squared = np.minimum.reduceat(discs.T @ pixels, firsts, axis=0)
    else:
        ends = [*firsts[1:].tolist(), discs.shape[1]]
        squared = np.full((len(firsts), side * side), np.inf, np.float32)
        for drawing, (first, end) in enumerate(zip(firsts.tolist(), ends, strict=True)):
            for start in range(first, end, block):
                nearest = np.minimum.reduce(discs[:, start : min(start + block, end)].T @ pixels, axis=0)
                np.minimum(squared[drawing], nearest, out=squared[drawing])
    squared += norms
    np.maximum(squared, 0.0, out=squared)
    return squared


@lru_cache(maxsize=8)
def _grid(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For the pixel centres p of a grid: rows −2x, −2y, 1, and |p|²."""
    y, x = np.mgrid[:side, :side] + 0.5
    rows = np.stack((-2 * x.ravel(), -2 * y.ravel(), np.ones(side * side)))
    return rows.astype(np.float32), (x * x + y * y).ravel().astype(np.float32)
