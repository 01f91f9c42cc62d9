"""The median filters have the results of Pillow's."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from model.preprocess.extraction.median import median_of_nine, median_of_windows
from model.preprocess.ink import Grey


def noise(height: int, width: int) -> Grey:
    return np.random.default_rng(height).integers(0, 256, (height, width)).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 9), (7, 2), (40, 65)])
def test_the_median_of_nine_is_pillows(height: int, width: int) -> None:
    grey = noise(height, width)
    expected = np.asarray(Image.fromarray(grey).filter(ImageFilter.MedianFilter(3)))
    np.testing.assert_array_equal(median_of_nine(grey), expected)


@pytest.mark.parametrize("window", [1, 3, 15])
def test_the_median_of_windows_is_pillows_where_windows_fit(window: int) -> None:
    grey = noise(30, 40)
    pad = window // 2
    expected = np.asarray(Image.fromarray(grey).filter(ImageFilter.MedianFilter(window)))
    np.testing.assert_array_equal(median_of_windows(grey, window), expected[pad : 30 - pad, pad : 40 - pad])
