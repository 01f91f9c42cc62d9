"""Images are resized by area averaging and by linear interpolation."""

import numpy as np
import pytest

from model.preprocess.resize import THUMBNAIL, resize, thumbnail
from tests.model.preprocess.images import TOLERANCE, difference


def test_a_smaller_image_has_the_mean_of_each_area() -> None:
    image = np.array([[0, 100, 200, 40], [20, 80, 0, 0]], np.uint8)
    assert resize(image, 1, 2).tolist() == [[50, 60]]


def test_a_larger_image_interpolates_between_pixel_centres() -> None:
    assert resize(np.array([[0, 100]], np.uint8), 1, 4).tolist() == [[0, 25, 75, 100]]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 30), (20, 13), (90, 90)])
def test_an_image_of_one_grey_keeps_it_at_any_size(height: int, width: int) -> None:
    resized = resize(np.full((20, 25), 173, np.uint8), height, width)
    assert resized.shape == (height, width)
    assert difference(resized, np.full((height, width), 173, np.uint8)) <= TOLERANCE


def test_a_thumbnail_keeps_the_proportions_and_is_never_enlarged() -> None:
    assert thumbnail(np.zeros((300, 150), np.uint8)).shape == (THUMBNAIL, THUMBNAIL // 2)
    small = np.zeros((30, 15), np.uint8)
    assert thumbnail(small) is small
