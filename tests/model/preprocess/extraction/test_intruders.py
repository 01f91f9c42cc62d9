"""What reaches into an image from outside is not ink: a thumb, the corner of a table, a skewed scan."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.preprocess.extraction.background import extract_ink
from model.preprocess.extraction.intruders import without_intruders
from tests.model.preprocess.images import Grey
from tests.support.dirty_uploads import random_shape

WIDTH, HEIGHT = 320, 240
INTRUDERS = {
    "thumb": [(-30, 120), (50, 120), (50, 165), (-30, 165)],
    "corner of a table": [(0, 0), (70, 0), (0, 60)],
    "skewed scan": [(WIDTH, HEIGHT), (60, HEIGHT), (WIDTH, HEIGHT - 9)],
}


def page(noise: float = 0) -> Grey:
    """A 3 in the middle of a page of white paper, or of a photo of paper."""
    shape = random_shape(3, 110, np.random.default_rng(3), (0.11, 0.11)) / 255.0
    levels = np.full((HEIGHT, WIDTH), 235.0 if noise else 255.0)
    levels[60 : 60 + shape.shape[0], 120 : 120 + shape.shape[1]] *= 1 - shape
    return with_noise(levels, noise)


def with_noise(levels: np.ndarray, noise: float) -> Grey:
    """The levels with the noise of a camera."""
    noisy = levels + np.random.default_rng(4).normal(0, 1, levels.shape) * noise
    grey: Grey = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return grey


def with_area(levels: Grey, corners: list[tuple[int, int]], tone: int) -> np.ndarray:
    """The levels with a polygon of one grey."""
    image = Image.fromarray(levels)
    ImageDraw.Draw(image).polygon(corners, fill=tone)
    return np.asarray(image).astype(float)


def strong(ink: Grey) -> np.ndarray:
    """Where the ink is strong."""
    return ink > 127


@pytest.mark.parametrize("noise", [0, 3], ids=["scan", "photo"])
@pytest.mark.parametrize("kind", INTRUDERS)
def test_what_reaches_in_from_outside_is_not_ink(kind: str, noise: float) -> None:
    dirty = with_noise(with_area(page(), INTRUDERS[kind], 70 if noise else 0), noise)
    different = strong(extract_ink(dirty).ink) != strong(extract_ink(page(noise)).ink)
    assert np.count_nonzero(different) < 100


def test_a_digit_that_leaves_the_image_is_ink() -> None:
    ink = np.zeros((200, 200), np.uint8)
    ink[0:90, 40:60] = ink[70:90, 40:150] = ink[110:170, 90:110] = 255  # a 4 whose top is cut off
    assert without_intruders(ink, 100) is ink


def test_a_part_of_a_digit_that_leaves_the_image_is_ink() -> None:
    ink = np.zeros((200, 200), np.uint8)
    ink[0:12, 60:130] = ink[30:42, 60:130] = ink[30:120, 60:72] = 255  # a 5 whose bar lies apart and is cut off
    assert without_intruders(ink, 100) is ink


def test_a_large_area_beside_a_dot_is_ink() -> None:
    ink = np.zeros((200, 200), np.uint8)
    ink[0:180, 60:130] = ink[190:196, 20:26] = 255
    assert without_intruders(ink, 100) is ink
