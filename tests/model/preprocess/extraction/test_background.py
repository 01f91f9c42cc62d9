"""The ink of an image has the shape of the image, for all kinds of images."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.preprocess.extraction.background import clean_ink, extract_ink
from tests.model.preprocess.images import Grey


def random_image(rows: int, columns: int, seed: int) -> Grey:
    """An image of noise, blocks, or both, of few or many levels."""
    rng = np.random.default_rng(seed)
    image = np.full((rows, columns), rng.integers(256))
    for _ in range(int(rng.integers(5))):
        top, left = int(rng.integers(rows)), int(rng.integers(columns))
        image[top : top + int(rng.integers(1, rows + 1)), left : left + int(rng.integers(1, columns + 1))] = (
            rng.integers(256)
        )
    if rng.random() < 0.5:
        image = image + rng.integers(-9, 10, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_any_image_gets_ink_of_its_own_shape(rows: int, columns: int, seed: int) -> None:
    image = random_image(rows, columns, seed)
    for ink in (extract_ink(image).ink, extract_ink(image, lossy=True).ink, clean_ink(image).ink):
        assert ink.shape == image.shape
        assert ink.dtype == np.uint8
