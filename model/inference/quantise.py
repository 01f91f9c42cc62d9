"""Layers as uint8: a quarter of the size of float32, and precise enough to draw.

For the activations x of one layer and one image,

    q = round(255 (x − min)/(max − min)), so x ≈ min + q (max − min)/255

with an error of at most half a step, (max − min)/510. If all x are equal, all q are 0.
"""

import numpy as np
from numpy.typing import NDArray

Scale = tuple[float, float]  # the smallest and the largest activation of a layer for one image

STEPS = 255
_SMALLEST_RANGE = np.float32(1e-30)  # replaces a range of 0, to avoid a division by zero


def quantise(activations: NDArray[np.float32]) -> tuple[NDArray[np.uint8], list[Scale]]:
    """Quantise the activations of one layer for N images, N×shape. Returns q, uint8 N×shape, and N pairs (min, max)."""
    flat = activations.reshape(len(activations), -1)
    low = flat.min(axis=1, keepdims=True)
    high = flat.max(axis=1, keepdims=True)
    scaled = flat - low
    scaled *= STEPS / np.maximum(high - low, _SMALLEST_RANGE)
    scaled += 0.5  # the conversion to uint8 truncates; with ½ added first, it rounds to the nearest integer
    quantised = scaled.astype(np.uint8).reshape(activations.shape)
    return quantised, list(zip(low[:, 0].tolist(), high[:, 0].tolist(), strict=True))
