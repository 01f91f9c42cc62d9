"""Rasterises strokes: draws polylines on a small grid, directly at the scale of the network's input.

The ink of a stroke is every point within half a stroke width of its polyline. The value of a pixel is its coverage: the
share of its area that is ink. It is approximated by

    coverage = clip(r + 1/2 − d, 0, 1)

with the pen's radius r and the distance d from the pixel's centre to the polyline, in pixels. The polyline is
approximated by discs along it.

Everything here works on several drawings at once, because a NumPy call takes about as long for ten drawings as for one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from struct import error, pack

import numpy as np
from numpy.typing import NDArray

STEP = 0.5  # px between the discs of a line; with a 2.4-px pen the outline is off by at most 0.03 px
_MAX_DISCS = 8192  # in one drawing; longer drawings get wider steps, but their ink covers the grid anyway
_MAX_DISTANCES = 1 << 19  # from discs to pixels in one drawing; a wide pen thus gets wider steps
_BLOCK = 1 << 16  # distances computed at a time; larger arrays would be new memory each time
_TOGETHER = 1000  # discs in each of several drawings; with more, large arrays take longer than the calls that they save
_DENSE = 8  # with a window of more than 1/8 of the grid, indexed access takes longer than computing the whole grid

Points = NDArray[np.float64]


@dataclass(slots=True)  # not frozen: creating a frozen instance is measurably slower
class Strokes:
    """A drawing as strokes: lists of points (x, y) in client units, x right and y down.

    `pen` is the pen's width and `canvas` the canvas's width and height, in the same units. `coordinates` has the x
    and y of all points, float64 (2, n). Raises ValueError if there is no stroke or a stroke has no point. Raises
    ValueError or TypeError if a point is not two numbers.
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
            packed = pack(f"{2 * len(xs)}d", *xs, *ys)  # twice as fast as numpy.array(list)
        except error as not_a_number:
            raise TypeError("a point is two numbers") from not_a_number
        self.coordinates = np.frombuffer(packed).reshape(2, -1)


class Polylines:
    """The strokes of several drawings as arrays.

    `points` is (2, n): the x and y of all points of all strokes. `low` and `high` have one (x, y) for each drawing: the
    smallest and the largest coordinates of its points.
    """

    __slots__ = ("_first_lines", "_line_starts", "_points_each", "high", "low", "points")

    def __init__(self, drawings: Sequence[Strokes]) -> None:
        # Values for each line or each drawing are in lists: they are so few that arrays would be slower.
        lengths = [len(line) for drawing in drawings for line in drawing.lines]
        self.points: Points = np.concatenate([drawing.coordinates for drawing in drawings], axis=1)
        line_starts = _starts(lengths)
        self._line_starts = np.array(line_starts)  # NumPy would convert a list each time
        self._first_lines = _starts([len(drawing.lines) for drawing in drawings])
        drawing_starts = [line_starts[first] for first in self._first_lines]
        self._points_each = [end - start for start, end in pairwise([*drawing_starts, self.points.shape[1]])]
        starts = np.array(drawing_starts)
        self.low: list[list[float]] = np.minimum.reduceat(self.points, starts, axis=1).T.tolist()
        self.high: list[list[float]] = np.maximum.reduceat(self.points, starts, axis=1).T.tolist()

    def rasterise(
        self,
        scales: Sequence[tuple[float, float]],
        shifts: Sequence[tuple[float, float]],
        stroke_widths: Sequence[float],
        side: int,
    ) -> NDArray[np.uint8]:
        """Draw each drawing with a round pen on its own grid of side × side pixels.

        A point p of drawing i is drawn at p · scales[i] + shifts[i], in pixels of the grid, whose upper left corner is
        (0, 0); `stroke_widths` are in pixels. Returns uint8 (drawings, side, side): 0 for no ink, 255 for a pixel that
        is fully covered.
        """
        placement = np.array([(*scale, *shift) for scale, shift in zip(scales, shifts, strict=True)]).T
        if len(scales) > 1:
            placement = placement.repeat(self._points_each, axis=1)
        placed = self.points * placement[:2]
        placed += placement[2:]
        discs, discs_each = self._discs(placed, stroke_widths)
        reaches = [width / 2 + 0.5 for width in stroke_widths]  # r + 1/2
        coverage = np.sqrt(_squared_distances(discs, discs_each, max(reaches), side))
        coverage *= -255.0
        coverage += np.array([255.0 * reach + 0.5 for reach in reaches], np.float32)[:, np.newaxis, np.newaxis]
        np.maximum(coverage, 0.0, out=coverage)
        np.minimum(coverage, 255.0, out=coverage)
        return coverage.astype(np.uint8)

    def _discs(self, points: Points, stroke_widths: Sequence[float]) -> tuple[NDArray[np.float32], list[int]]:
        """The centres of the discs along every line, both ends included, and the number of discs of each drawing.

        The centres are float32 (2, discs): x and y. Neighbours are at most STEP apart, unless the line is so long that
        the drawing would have more than _MAX_DISCS discs, or a wide pen more than _MAX_DISTANCES pixels to cover.
        """
        steps = points[:, 1:] - points[:, :-1]
        steps *= steps
        lengths = np.zeros(points.shape[1])  # distance from the previous point
        np.sqrt(steps[0] + steps[1], out=lengths[1:])
        lengths[self._line_starts] = 0.0  # there is no line between two strokes
        totals = np.add.reduceat(lengths, self._line_starts).tolist()
        lengths[self._line_starts] = 1.0  # a gap between two strokes, so that interpolation keeps them apart
        along = np.add.accumulate(lengths)
        ends = [*self._first_lines[1:], len(totals)]
        limits = [
            limit
            for first, end, width in zip(self._first_lines, ends, stroke_widths, strict=True)
            for limit in [max(int(min(_MAX_DISCS, _MAX_DISTANCES / (width + 2) ** 2)) // (end - first), 2)]
            * (end - first)
        ]
        # If a line is exactly n steps long, the rounding error of its length depends on the batch. With 1e-6 added,
        # `int` always gives n.
        counts = [min(int(total / STEP + 1e-6) + 2, limit) for total, limit in zip(totals, limits, strict=True)]
        gaps = [total / (count - 1) for total, count in zip(totals, counts, strict=True)]
        begins = along[self._line_starts].tolist()
        starts = _starts(counts)
        at = np.arange(float(sum(counts)))  # disc i of a line is i gaps from the start of the line
        lines = np.array((gaps, [b - s * g for b, s, g in zip(begins, starts, gaps, strict=True)]))
        if len(counts) > 1:
            lines = lines.repeat(counts, axis=1)
        at *= lines[0]
        at += lines[1]
        # Interpolating x + iy finds each disc's segment once instead of twice.
        centres = np.interp(at, along, points[0] + 1j * points[1])
        discs = np.array((centres.real, centres.imag), np.float32)
        return discs, [sum(counts[first:end]) for first, end in zip(self._first_lines, ends, strict=True)]


def _starts(counts: list[int]) -> list[int]:
    """The start index of each run, if runs of these lengths follow each other."""
    return [0, *accumulate(counts[:-1])]


def _squared_distances(
    discs: NDArray[np.float32], discs_each: list[int], reach: float, side: int
) -> NDArray[np.float32]:
    """The squared distance from each pixel's centre to the nearest disc, float32 (drawings, side, side).

    It is infinite if no disc is within `reach`.
    """
    if len(discs_each) > 1 and discs.shape[1] > _TOGETHER * len(discs_each):
        each = np.split(discs, [*accumulate(discs_each[:-1])], axis=1)
        return np.concatenate([_squared_distances(part, [part.shape[1]], reach, side) for part in each])
    # Only pixels in a small window around a disc can be within reach. The grid has a margin of the window's size on
    # each side, so that a window at the edge of the grid fits.
    window = min(math.floor(2 * reach) + 1, side)
    if window * window * _DENSE > side * side and len(discs_each) == 1:
        return _squared_distances_everywhere(discs, reach, side)
    padded = side + 2 * window
    corners = np.ceil(discs - np.float32(reach + 0.5))
    # Windows outside the grid are moved into the margin, where they have no effect. If the window is as large as the
    # grid, it is moved to cover the grid exactly.
    np.maximum(corners, -window if window < side else 0, out=corners)
    np.minimum(corners, side, out=corners)
    across, inside = _window(window, padded)
    # The discs are the last axis, because there are many of them: NumPy is slow with many short rows.
    squares = (corners - discs)[:, np.newaxis] + across
    squares *= squares
    whole = corners.astype(np.intp)
    places = whole[1] * padded
    places += whole[0]
    if len(discs_each) > 1:
        places += np.arange(0, len(discs_each) * padded * padded, padded * padded).repeat(discs_each)
    squared = np.full((len(discs_each), padded, padded), np.inf, np.float32)
    flat = squared.reshape(-1)
    block = _BLOCK // window**2 + 1
    for start in range(0, len(places), block):
        part = slice(start, start + block)
        distances = squares[1, :, np.newaxis, part] + squares[0, :, part]
        np.minimum.at(flat, (inside + places[part]).reshape(-1), distances.reshape(-1))
    return squared[:, window : window + side, window : window + side]


def _squared_distances_everywhere(discs: NDArray[np.float32], reach: float, side: int) -> NDArray[np.float32]:
    """The squared distance from each pixel's centre to the nearest disc of one drawing, float32 (1, side, side).

    Discs that are further from the grid than `reach` are left out.
    """
    discs = discs[:, ((discs > -reach) & (discs < side + reach)).all(axis=0)]
    centres = np.arange(side, dtype=np.float32) + np.float32(0.5)
    squared = np.full((side, side), np.inf, np.float32)
    block = _BLOCK // side**2 + 1
    for start in range(0, discs.shape[1], block):
        squares = (discs[:, np.newaxis, start : start + block] - centres[:, np.newaxis]) ** 2
        np.minimum(squared, (squares[1, :, np.newaxis] + squares[0]).min(axis=2), out=squared)
    return squared[np.newaxis]


@lru_cache(maxsize=64)
def _window(window: int, padded: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """The pixel centres along one side of a window, (window, 1); and the indices of its pixels, (window², 1).

    The indices are those in the flattened padded grid, for the window at the upper left corner of the unpadded grid.
    """
    inside = (np.arange(window) * padded)[:, np.newaxis] + np.arange(window)
    centres = np.arange(window, dtype=np.float32) + 0.5
    return centres[:, np.newaxis], (inside + window * padded + window).reshape(-1, 1)
