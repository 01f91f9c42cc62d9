"""Connected components of images of any size.

A component is a set of pixels that are connected horizontally, vertically or diagonally. They are found as runs, which
are unbroken rows of pixels: two runs are connected if they touch in neighbouring rows. Images have few runs, so NumPy
finds the components of a megapixel in milliseconds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]
MOST_RUNS = 200_000  # images with more runs are noise, and finding their components takes too long


@dataclass(frozen=True, slots=True)
class Components:
    """The connected components of a mask.

    shape                     rows and columns of the mask
    starts, ends              each run's first pixel and the one after its last, in a flattened image that has one more
                              column than the mask
    labels                    each run's component, from 0
    areas                     each component's number of pixels
    outlines                  the length of each component's outline, holes included, in sides of pixels
    """

    shape: tuple[int, int]
    starts: Indices
    ends: Indices
    labels: Indices
    areas: Indices
    outlines: Indices

    def mask(self, chosen: Mask, margin: int = 0) -> Mask:
        """The pixels of the components for which `chosen` is true, and those at most `margin` pixels away."""
        rows, width = self.shape
        kept = chosen[self.labels]
        steps = np.zeros(rows * (width + 1) + 1, np.int8)
        steps[self.starts[kept]] = 1
        steps[self.ends[kept]] = -1
        mask: Mask = np.add.accumulate(steps, dtype=np.int8)[:-1].reshape(rows, width + 1)[:, :width].astype(bool)
        return widened(widened(mask, margin).T, margin).T if margin else mask

    def sides(self) -> NDArray[np.bool_]:
        """Which of the four sides each component touches, (components, 4): left, top, right, bottom."""
        touched: NDArray[np.bool_] = self.along_sides() > 0
        return touched

    def along_sides(self) -> Indices:
        """How many pixels of each component are on each side of the mask, (components, 4): left, top, right, bottom."""
        rows, width = self.shape
        row, column = np.divmod(self.starts, width + 1)
        lengths = self.ends - self.starts
        on_sides = (column == 0, lengths * (row == 0), self.ends % (width + 1) == width, lengths * (row == rows - 1))
        return np.stack([_sums(self.labels, pixels, len(self.areas)) for pixels in on_sides], axis=1)

    def solidity(self) -> NDArray[np.float64]:
        """The share of each component's bounding box that it covers: 1 for a rectangle, about ½ for a triangle."""
        row, column = np.divmod(self.starts, self.shape[1] + 1)
        spans = []
        for low, high in ((row, row + 1), (column, column + self.ends - self.starts)):
            least, most = np.full(len(self.areas), max(self.shape)), np.zeros(len(self.areas), np.intp)
            np.minimum.at(least, self.labels, low)
            np.maximum.at(most, self.labels, high)
            spans.append(most - least)
        shares: NDArray[np.float64] = self.areas / (spans[0] * spans[1])
        return shares

    def stroke_widths(self) -> NDArray[np.float64]:
        """The approximate width of each component's lines in pixels.

        A line of length l and width w has the area l·w. Its outline is between 2l and 2√2·l long, depending on the
        direction, because it is made of sides of pixels.
        """
        return 2.4 * self.areas / self.outlines


def widened(mask: Mask, margin: int) -> Mask:
    """The mask with every pixel that is at most `margin` rows from one of its pixels."""
    mask = mask.copy()
    done = 0
    while done < margin:  # each pass may double the reach
        step = min(margin - done, done + 1)
        before = mask.copy()
        mask[step:] |= before[:-step]
        mask[:-step] |= before[step:]
        done += step
    return mask


def count_runs(mask: Mask) -> int:
    """The number of runs of a mask. Counting them is quick, so do it first if an image may have too many."""
    return int(np.count_nonzero(mask[:, 0]) + np.count_nonzero(mask[:, 1:] > mask[:, :-1]))


def connected_components(mask: Mask) -> Components:
    """The connected components of a mask."""
    rows, columns = mask.shape
    width = columns + 1  # the added column is empty, so that a run ends with its row
    padded = np.zeros(rows * width + 1, np.bool_)
    padded[1:].reshape(rows, width)[:, :columns] = mask
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = changes[::2], changes[1::2]
    if len(starts) == 0:
        none = np.zeros(0, np.intp)
        return Components((rows, columns), none, none, none, none, none)
    # The runs in the next row that touch run i, even if only diagonally, are consecutive.
    first = np.searchsorted(ends, starts + width, "left")
    counts = np.searchsorted(starts, ends + width, "right") - first
    upper = np.repeat(np.arange(len(starts)), counts)
    lower = np.arange(len(upper)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    labels = np.unique(_roots(len(starts), upper, lower), return_inverse=True)[1]
    lengths = ends - starts
    areas = _sums(labels, lengths)
    # Each run has two vertical sides; a pixel has a horizontal side wherever no pixel of the mask is above or below.
    shared = np.minimum(ends[upper] + width, ends[lower]) - np.maximum(starts[upper] + width, starts[lower])
    inner = _sums(labels[upper], np.maximum(shared, 0), len(areas))
    outlines = 2 * (_sums(labels, np.ones_like(lengths)) + areas - inner)
    return Components((rows, columns), starts, ends, labels, areas, outlines)


def _sums(labels: Indices, values: Indices, count: int = 0) -> Indices:
    """For each label, the sum of its values."""
    return np.bincount(labels, values, count).astype(np.intp)


def _roots(count: int, a: Indices, b: Indices) -> Indices:
    """For each of `count` runs, the smallest run that is connected with it. Runs a[i] and b[i] touch each other.

    Every run points to a run of its component with a smaller number, or to itself. In each pass, roots that touch are
    joined and all pointers are shortened, so the number of roots at least halves.
    """
    parents = np.arange(count)
    while len(a):
        a, b = parents[a], parents[b]
        apart = a != b
        a, b = a[apart], b[apart]
        np.minimum.at(parents, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(shorter := parents[parents], parents):
            parents = shorter
    return parents
