"""Layers as uint8: a quarter of the size of float32, and precise enough to draw.

For the activations x of one layer and one image,

    q = round(255 (x − min)/(max − min)), so x ≈ min + q (max − min)/255

with an error of at most half a step, (max − min)/510. If all x are equal, all q are 0.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

Scale = tuple[float, float]  # the smallest and the largest activation of a layer

STEPS = 255
_SMALLEST_RANGE = np.float32(1e-30)  # replaces a range of 0, to avoid a division by zero


def quantise(layers: Sequence[NDArray[np.float32]]) -> tuple[list[NDArray[np.uint8]], list[Scale]]:
    """Quantise the activations of some layers for one image. Returns q and (min, max) of each layer.

    All layers are computed together: many layers are so small that a NumPy call takes longer than its numbers.
    """
    if not layers:
        return [], []
    sizes = [layer.size for layer in layers]
    ends = list(accumulate(sizes))
    starts = [0, *ends[:-1]]
    values = np.concatenate([layer.reshape(-1) for layer in layers])
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    factors = STEPS / np.maximum(high - low, _SMALLEST_RANGE)
    parts = [values[start:end] for start, end in zip(starts, ends, strict=True)]
    for part, least, factor in zip(parts, low, factors, strict=True):
        part -= least
        part *= factor
    values += 0.5  # the conversion to uint8 truncates; with ½ added first, it rounds to the nearest integer
    rounded = values.astype(np.uint8)
    levels = [rounded[start:end].reshape(layer.shape) for layer, start, end in zip(layers, starts, ends, strict=True)]
    return levels, list(zip(low.tolist(), high.tolist(), strict=True))
