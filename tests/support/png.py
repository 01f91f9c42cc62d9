"""Reads PNG images in tests."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def grey_levels(png: bytes) -> NDArray[np.uint8]:
    """The grey levels of a PNG image, uint8 (height, width)."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("L"))
