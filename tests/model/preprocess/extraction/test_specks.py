"""Specks, dust and faint noise do not set the bounding box; dots that were drawn stay."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.data import mnist
from model.inference.classifier import Classifier
from model.preprocess.extraction.background import extract_ink
from model.preprocess.extraction.specks import without_specks
from model.preprocess.pipeline import from_pixels
from tests.model.preprocess.images import Grey, difference, encoded, upload
from tests.support import dirty_uploads
from tests.support.dirty_uploads import DIGITS, random_shape


def placed(digit: int, seed: int, side: int = 200, height: float = 40) -> Grey:
    """A digit, white on black, away from the sides of the image."""
    rng = np.random.default_rng([digit, seed])
    ink = random_shape(digit, height, rng, (0.09, 0.14))
    canvas = np.zeros((side, side), np.uint8)
    top, left = (int(rng.integers(side // 8, side - side // 8 - length)) for length in ink.shape)
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return canvas


@pytest.mark.parametrize("level", [1, 3, 24, 100, 255])
@pytest.mark.parametrize("place", [(0, 0), (3, 196), (199, 199), (100, 4)])
def test_one_pixel_changes_nothing_in_any_kind_of_input(level: int, place: tuple[int, int]) -> None:
    clean = placed(7, level)
    dirty = clean.copy()
    dirty[place] = max(int(dirty[place]), level)
    expected = from_pixels(clean).image
    for drawing in (from_pixels(dirty), upload(encoded(dirty)), upload(encoded(255 - dirty))):
        assert difference(drawing.image, expected) == 0
    grey_paper = upload(encoded((230 - 0.8 * dirty).astype(np.uint8)))
    assert difference(grey_paper.image, upload(encoded((230 - 0.8 * clean).astype(np.uint8))).image) == 0


def test_a_speck_does_not_decide_how_strong_the_ink_is() -> None:
    clean = placed(4, 0) // 3
    dirty = clean.copy()
    dirty[5, 5] = 255
    assert difference(upload(encoded(255 - dirty)).image, upload(encoded(255 - clean)).image) == 0
    assert difference(upload(encoded(dirty)).image, upload(encoded(clean)).image) == 0


def test_specks_also_disappear_when_the_canvas_is_squashed() -> None:
    clean = placed(2, 0, side=60, height=30)
    dirty = clean.copy()
    dirty[2, 57] = 255
    assert np.array_equal(from_pixels(dirty, "resize").image, from_pixels(clean, "resize").image)


def test_prepare_none_keeps_specks() -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[8:20, 12:15] = 255
    pixels[1, 1] = 3
    assert np.array_equal(from_pixels(pixels, "none").image, pixels)
    assert np.array_equal(upload(encoded(pixels), "none").image, pixels)


def test_mnist_images_stay_bit_for_bit_although_some_have_specks(data_dir: Path) -> None:
    train, test = mnist.load(data_dir)
    dirty = 0
    for images in (np.asarray(train.images)[::4], np.asarray(test.images)):
        for image in images:
            assert extract_ink(image).ink is image
            dirty += int(np.count_nonzero(image.any(axis=0)) < np.ptp(np.flatnonzero(image.any(axis=0))) + 1)
    assert dirty > 50


def test_a_dot_stays_a_dot() -> None:
    for radius in (0, 1, 4, 30):
        canvas = np.zeros((280, 280), np.uint8)
        canvas[70 - radius : 71 + radius, 200 - radius : 201 + radius] = 255
        assert without_specks(canvas) is canvas or np.array_equal(without_specks(canvas), canvas)
        assert not from_pixels(canvas).blank


@pytest.mark.parametrize("pen", [6, 12, 24])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_dots_of_a_face_and_of_a_division_sign_stay(pen: int, kind: str) -> None:
    image = Image.new("L", (300, 300), 255)
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 260, 260), outline=0, width=pen)
    draw.arc((90, 110, 210, 210), 20, 160, 0, pen)
    for x in (110, 190):
        draw.ellipse((x - pen / 2, 110 - pen / 2, x + pen / 2, 110 + pen / 2), fill=0)
    ink = upload(encoded(image, kind)).stages()["ink"]
    assert ink[41, 41] > 128
    assert ink[41, 71] > 128


@pytest.mark.parametrize("kind", ["specks", "dust"])
def test_clear_digits_with_specks_and_dust_are_recognised(kind: str) -> None:
    labels = [list(DIGITS)[i % len(DIGITS)] for i in range(45)]
    uploads = [dirty_uploads.KINDS[kind](digit, np.random.default_rng([5, i])) for i, digit in enumerate(labels)]
    predictions = Classifier.load(engine="onnx").predict([upload(content) for content in uploads])
    right = [p.digit == label and p.verdict != "not_a_digit" for p, label in zip(predictions, labels, strict=True)]
    assert sum(right) >= 44


def test_an_image_of_noise_is_processed_quickly_and_stays_as_it_is() -> None:
    noise = (np.random.default_rng(0).random((1500, 1500)) < 0.4).astype(np.uint8) * 255
    assert without_specks(noise) is noise
