"""Resizes images: shrinks them by averaging areas, enlarges them by linear interpolation."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.preprocess.ink import Grey

THUMBNAIL = 112  # px, the longer side of a thumbnail


def resize(image: Grey, height: int, width: int) -> Grey:
    """The image at another size, uint8 (height, width).

    To shrink, each new pixel is the mean over the area that it covers. To enlarge, values are interpolated linearly
    between pixel centres.
    """
    rows, columns = _weights(image.shape[0], height), _weights(image.shape[1], width)
    resized = rows @ image.astype(np.float32) @ columns.T
    resized += 0.5
    return resized.astype(np.uint8)


@lru_cache(maxsize=256)
def _weights(old: int, new: int) -> NDArray[np.float32]:
    """The weight of each old pixel in each new pixel, (new, old); each row sums to 1.

    To shrink, the weight is the share of the new pixel that the old pixel covers. To enlarge, it is 1 minus the
    distance between their centres, in old pixels, and at least 0.
    """
    ratio = old / new
    pixels = np.arange(old)
    if ratio >= 1:
        starts = (np.arange(new) * ratio)[:, np.newaxis]
        weights = np.clip(np.minimum(pixels + 1, starts + ratio) - np.maximum(pixels, starts), 0.0, None)
    else:
        centres = np.clip((np.arange(new) + 0.5) * ratio - 0.5, 0, old - 1)[:, np.newaxis]
        weights = np.clip(1 - np.abs(pixels - centres), 0.0, None)
    normalised: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def thumbnail(image: Grey, side: int = THUMBNAIL) -> Grey:
    """The image, shrunk by area averaging so that its longer side is at most `side` pixels."""
    height, width = image.shape
    longest = max(height, width)
    if longest <= side:
        return image
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))
