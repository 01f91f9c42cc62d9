"""The bounding box of ink, and blank images."""

import numpy as np
import pytest

from model.preprocess.ink import Ink, bounding_box
from model.preprocess.pipeline import from_pixels


@pytest.mark.parametrize("level", [0, 15])
def test_an_image_with_only_faint_ink_is_blank(level: int) -> None:
    prepared = from_pixels(np.full((28, 28), level, np.uint8))
    assert prepared.blank
    assert not prepared.image.any()


@pytest.mark.parametrize("faintest", [0, 24])
def test_the_bounding_box_contains_all_pixels_above_the_threshold(faintest: int) -> None:
    grey = np.zeros((12, 20), np.uint8)
    grey[3:5, 7:11] = 200
    grey[9, 18] = 20
    box = bounding_box(Ink(grey, grey, "pixels", faintest=faintest))
    assert box == ((7, 3, 11, 5) if faintest else (7, 3, 19, 10))
