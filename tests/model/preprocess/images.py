"""Images and drawings for the tests of the preprocessing, and functions that compare them."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.preprocess.decode import open_image
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import PreprocessedDrawing, from_image

Grey = NDArray[np.uint8]
Mnist = tuple[Grey, Grey]
TOLERANCE = 1
RING = [[[100 + 60 * np.cos(a), 100 + 90 * np.sin(a)] for a in np.linspace(0, 5.5, 50).tolist()]]
SEVEN = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]


def encoded(pixels: Image.Image | Grey, kind: str = "PNG", **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def upload(content: bytes, prepare: Prepare = "mnist") -> PreprocessedDrawing:
    return from_image(open_image(content), prepare)


def side_of_ink(pixels: Grey) -> int:
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1


def enlarged(pixels: Grey, factor: int, top: int, left: int, height: int = 400, width: int = 500) -> Grey:
    canvas = np.zeros((height, width), np.uint8)
    large = np.kron(pixels, np.ones((factor, factor), np.uint8))
    canvas[top : top + large.shape[0], left : left + large.shape[1]] = large
    return canvas


def difference(a: Grey, b: Grey) -> int:
    return int(np.abs(a.astype(int) - b).max())


def similar(prepared: PreprocessedDrawing, pixels: Grey, at_least: float = 0.9) -> bool:
    """Whether the cosine similarity of two images, taken as vectors of pixels, is at least `at_least`."""
    a, b = prepared.image.ravel().astype(float), pixels.ravel().astype(float)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9)) >= at_least
