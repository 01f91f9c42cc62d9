"""Layers as uint8: a quarter of the size of float32, and precise enough to draw.

For the activations x of one layer and one image,

    q = round(255 (x − min)/(max − min)), so x ≈ min + q (max − min)/255 to half a step

All q are 0 if all x are equal.
"""

import numpy as np
from numpy.typing import NDArray

Scale = tuple[float, float]  # the smallest and the largest activation of a layer

STEPS = 255
_SMALLEST_RANGE = np.float32(1e-30)  # instead of 0, by which one cannot divide


def quantise(activations: NDArray[np.float32]) -> tuple[NDArray[np.uint8], list[Scale]]:
    """Quantise a layer's activations for N images, N×shape: q as uint8, N×shape, and each image's (min, max)."""
    flat = activations.reshape(len(activations), -1)
    low = flat.min(axis=1, keepdims=True)
    high = flat.max(axis=1, keepdims=True)
    scaled = flat - low
    scaled *= STEPS / np.maximum(high - low, _SMALLEST_RANGE)
    scaled += 0.5  # the conversion to uint8 cuts off the fraction, so it rounds
    quantised = scaled.astype(np.uint8).reshape(activations.shape)
    return quantised, list(zip(low[:, 0].tolist(), high[:, 0].tolist(), strict=True))
