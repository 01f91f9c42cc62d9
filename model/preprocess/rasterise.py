"""Strokes on any surface -> ink on a small grid, drawn straight at the scale the network sees.

A stroke is a polyline; its ink is every point within half a pen's width of it. Each pixel of the grid gets the share
of itself that lies under the ink, approximated by how far its centre is inside or outside the outline:
coverage = clip(r + 1/2 − d, 0, 1), with d the distance from the pixel's centre to the polyline and r the pen's radius.

Everything here works on several drawings at once: a NumPy call costs about the same for one drawing as for ten.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from struct import error, pack

import numpy as np
from numpy.typing import NDArray

STEP = 0.5  # px between the discs a line is made of; with a 2.4-px pen the outline is off by at most 0.03 px
_MOST = 8192  # discs; a line that needs more has covered the grid several times over, and is drawn with wider gaps
_BLOCK = 4096  # discs looked at at once, so that the longest scribble stays cheap in memory

Points = NDArray[np.float64]


@dataclass(slots=True)  # not frozen: setting each field past a lock takes longer than packing the points
class Strokes:
    """A drawing as lines: lists of (x, y) in the caller's own units, x right and y down.

    `pen` is the pen's width and `canvas` the width and height of what was drawn on, in the same units. There is at
    least one stroke, every stroke has at least one point, and a point is two numbers; ValueError or TypeError
    otherwise. `coordinates` are x and y of all points, float64 (2, n).
    """

    lines: Sequence[Sequence[Sequence[float]]]
    pen: float | None = None
    canvas: tuple[float, float] | None = None
    coordinates: Points = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.lines or not all(self.lines):
            raise ValueError("a drawing has at least one stroke, and a stroke at least one point")
        xs, ys = [], []
        for line in self.lines:
            for x, y in line:
                xs.append(x)
                ys.append(y)
        try:
            packed = pack(f"{2 * len(xs)}d", *xs, *ys)  # twice as fast as an array made of a list
        except error as unfit:
            raise TypeError("a point is two numbers") from unfit
        self.coordinates = np.frombuffer(packed).reshape(2, -1)


class Polylines:
    """The lines of several drawings as arrays.

    `points` is (2, n), x and y of all points of all lines; `low` and `high`, one (x, y) for each drawing, are the
    corners of its points.
    """

    __slots__ = ("_firsts", "_line_starts", "_points_each", "high", "low", "points")

    def __init__(self, drawings: Sequence[Strokes]) -> None:
        # What there is one of for each line or drawing is kept in lists: so short, arrays would be slower.
        lengths = [len(line) for drawing in drawings for line in drawing.lines]
        self.points: Points = np.concatenate([drawing.coordinates for drawing in drawings], axis=1)
        self._line_starts = _starts(lengths)
        self._firsts = _starts([len(drawing.lines) for drawing in drawings])  # each drawing's first line
        starts = [self._line_starts[first] for first in self._firsts]
        self._points_each = [end - start for start, end in pairwise([*starts, self.points.shape[1]])]
        self.low: list[list[float]] = np.minimum.reduceat(self.points, starts, axis=1).T.tolist()
        self.high: list[list[float]] = np.maximum.reduceat(self.points, starts, axis=1).T.tolist()

    def rasterise(
        self,
        scales: Sequence[tuple[float, float]],
        shifts: Sequence[tuple[float, float]],
        pens: Sequence[float],
        side: int,
    ) -> NDArray[np.uint8]:
        """Draw each drawing with a round pen onto a grid of its own, side × side.

        A point p of drawing i comes to lie at p · scales[i] + shifts[i], in pixels of the grid, whose upper left corner
        is (0, 0); `pens` are widths in pixels. Returns uint8 (drawings, side, side): 0 where there is no ink, 255 where
        a pixel is covered whole.
        """
        placement = np.array([(*scale, *shift) for scale, shift in zip(scales, shifts, strict=True)]).T
        if len(scales) > 1:
            placement = placement.repeat(self._points_each, axis=1)
        placed = self.points * placement[:2]
        placed += placement[2:]
        discs, each = self._discs(placed)
        reach = [pen / 2 + 0.5 for pen in pens]
        coverage = np.sqrt(_nearest(discs, each, max(reach), side))
        coverage *= -255.0
        coverage += np.array([255.0 * r + 0.5 for r in reach], np.float32)[:, np.newaxis, np.newaxis]
        np.maximum(coverage, 0.0, out=coverage)
        np.minimum(coverage, 255.0, out=coverage)
        return coverage.astype(np.uint8)

    def _discs(self, points: Points) -> tuple[NDArray[np.float32], list[int]]:
        """Points at most STEP apart along every line, its two ends among them; and how many each drawing has.

        Rows x and y.
        """
        steps = points[:, 1:] - points[:, :-1]
        steps *= steps
        lengths = np.zeros(points.shape[1])  # from the point before
        np.sqrt(steps[0] + steps[1], out=lengths[1:])
        lengths[self._line_starts] = 0.0  # the pen is up before a line's first point
        totals = np.add.reduceat(lengths, self._line_starts).tolist()
        lengths[self._line_starts] = 1.0  # a gap between lines, so that none begins where another ends
        along = np.add.accumulate(lengths)
        ends = [*self._firsts[1:], len(totals)]
        most = [
            max(_MOST // (end - first), 2)
            for first, end in zip(self._firsts, ends, strict=True)
            for _ in range(first, end)
        ]
        # The hair keeps a length of whole steps from being rounded up in one batch and down in another.
        counts = [min(int(total / STEP + 1e-6) + 2, limit) for total, limit in zip(totals, most, strict=True)]
        gaps = [total / (count - 1) for total, count in zip(totals, counts, strict=True)]
        begins = along[self._line_starts].tolist()
        starts = _starts(counts)
        at = np.arange(float(sum(counts)))  # disc i of a line lies i gaps from where the line begins
        lines = np.array((gaps, [b - s * g for b, s, g in zip(begins, starts, gaps, strict=True)]))
        if len(counts) > 1:
            lines = lines.repeat(counts, axis=1)
        at *= lines[0]
        at += lines[1]
        # x + iy, so that between which two points a disc lies is looked up once for both.
        found = np.interp(at, along, points[0] + 1j * points[1])
        discs = np.array((found.real, found.imag), np.float32)
        return discs, [sum(counts[first:end]) for first, end in zip(self._firsts, ends, strict=True)]


def _starts(counts: list[int]) -> list[int]:
    """Where each run begins when runs of these lengths follow each other."""
    return [0, *accumulate(counts[:-1])]


def _nearest(discs: NDArray[np.float32], each: list[int], reach: float, side: int) -> NDArray[np.float32]:
    """For each drawing and each pixel centre of its grid the squared distance to the drawing's nearest disc.

    Discs further than `reach` from a pixel are not looked at; where there is no other, the distance is infinite.
    """
    # Only the pixels in a small window around a disc can have their centre within its reach. The grid has a margin of
    # that window's size on each side, so that a window at the edge does not come out on the other side.
    window = min(math.floor(2 * reach) + 1, side)
    wide = side + 2 * window
    corners = np.ceil(discs - np.float32(reach + 0.5))
    # A disc off the grid has nothing to draw: into the margin with it. A window as large as the grid lies on the grid.
    np.maximum(corners, -window if window < side else 0, out=corners)
    np.minimum(corners, side, out=corners)
    across, inside = _window(window, wide)
    # Discs lie along the last axis, the long one: NumPy is slow at many short rows.
    squares = (corners - discs)[:, np.newaxis] + across
    squares *= squares
    whole = corners.astype(np.intp)
    places = whole[1] * wide
    places += whole[0]
    if len(each) > 1:
        places += np.arange(0, len(each) * wide * wide, wide * wide).repeat(each)
    squared = np.full((len(each), wide, wide), np.inf, np.float32)
    flat = squared.reshape(-1)
    for start in range(0, len(places), _BLOCK):
        part = slice(start, start + _BLOCK)
        distances = squares[1, :, np.newaxis, part] + squares[0, :, part]
        np.minimum.at(flat, (inside + places[part]).reshape(-1), distances.reshape(-1))
    return squared[:, window : window + side, window : window + side]


@lru_cache(maxsize=64)
def _window(window: int, wide: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """The pixel centres along a window's side, and where its pixels lie in a grid that is `wide` with its margin.

    Both as columns.
    """
    inside = (np.arange(window) * wide)[:, np.newaxis] + np.arange(window)
    centres = np.arange(window, dtype=np.float32) + 0.5
    return centres[:, np.newaxis], (inside + window * wide + window).reshape(-1, 1)
