"""Median filters for grey images, with the results of Pillow's MedianFilter.

The code is ours because Pillow's filter holds Python's global lock: for an image of a megapixel, it would stop the
service's event loop for 0.2 s. NumPy releases the lock, and needs a twentieth of the time.
"""

import numpy as np

from model.preprocess.ink import Grey


def median_of_nine(grey: Grey) -> Grey:
    """The median of each pixel and its eight neighbours, uint8 of the same shape. The edge pixels are repeated.

    The three pixels of each column of the window are sorted. The median of the nine is the median of these three: the
    largest of the smallest ones, the median of the middle ones, and the smallest of the largest ones (Paeth 1990).
    """
    framed = np.pad(grey, 1, mode="edge")
    low, middle, high = _sorted(framed[:-2], framed[1:-1], framed[2:])
    largest = np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:])
    smallest = np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:])
    return _sorted(largest, _sorted(middle[:, :-2], middle[:, 1:-1], middle[:, 2:])[1], smallest)[1]


def _sorted(a: Grey, b: Grey, c: Grey) -> tuple[Grey, Grey, Grey]:
    """Three images, sorted at each pixel."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    middle = np.minimum(high, c)
    return np.minimum(low, middle), np.maximum(low, middle), np.maximum(high, c)


def median_of_windows(framed: Grey, window: int) -> Grey:
    """The median of each window × window square that fits into the image: uint8, smaller by window − 1 on each axis.

    `window` is odd, and at most 181. The windows are moved down by one row at a time. For each column and each level,
    there is a count of the pixels in these rows that are at most as light as the level. When the windows move, only two
    rows change the counts (Perreault and Hébert 2007).
    """
    middle = window * window // 2
    levels = np.unique(framed)
    at_most = framed[:, :, np.newaxis] <= levels[:-1]
    columns = at_most[:window].sum(axis=0, dtype=np.int16)
    ranks = []  # of the medians among the levels
    for top in range(len(framed) - window + 1):
        if top > 0:
            columns += at_most[top + window - 1]
            columns -= at_most[top - 1]
        counts = columns.cumsum(axis=0, dtype=np.int16)
        counts[window:] -= counts[:-window].copy()
        # The median is the first level that more than half of the window's pixels do not exceed.
        ranks.append(np.count_nonzero(counts[window - 1 :] <= middle, axis=1))
    medians: Grey = levels[np.array(ranks)]
    return medians
