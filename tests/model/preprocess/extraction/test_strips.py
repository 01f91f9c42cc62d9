"""Strips along whole sides are background, unless the rest of the digit is attached to them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.inference.classifier import Classifier
from model.preprocess.extraction.background import extract_ink
from model.preprocess.extraction.strips import without_strips
from model.preprocess.pipeline import from_pixels
from tests.model.preprocess.images import Grey, difference, encoded, upload
from tests.support.dirty_uploads import DIGITS, random_shape, with_strip


def page(digit: int, paper: int = 255, pen: int = 0) -> Grey:
    """A digit in the middle of a page of 200 × 240 pixels."""
    ink = random_shape(digit, 80, np.random.default_rng(digit), (0.1, 0.1)) / 255.0
    levels = np.full((200, 240), float(paper))
    levels[60 : 60 + ink.shape[0], 90 : 90 + ink.shape[1]] += (pen - paper) * ink
    grey: Grey = np.rint(levels).astype(np.uint8)
    return grey


SIDES = {
    "left": (slice(None), slice(0, 9)),
    "top": (slice(0, 30), slice(None)),
    "right": (slice(None), slice(239, 240)),
    "bottom": (slice(188, 200), slice(None)),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("paper", "pen", "tone"),
    [(255, 0, 0), (220, 60, 10), (220, 20, 130), (210, 30, 250), (0, 255, 255), (40, 230, 120)],
)
def test_a_strip_along_any_side_is_background(side: str, paper: int, pen: int, tone: int) -> None:
    clean = page(3, paper, pen)
    dirty = clean.copy()
    dirty[SIDES[side]] = tone
    assert np.array_equal(without_strips(dirty), clean)
    assert difference(upload(encoded(dirty)).image, upload(encoded(clean)).image) == 0


def test_strips_on_all_sides_are_background() -> None:
    clean = page(5, 240, 40)
    dirty = np.full_like(clean, 0)
    dirty[20:-12, 9:-40] = clean[20:-12, 9:-40]
    assert np.array_equal(without_strips(dirty), clean)
    assert difference(upload(encoded(dirty)).image, upload(encoded(clean)).image) == 0


def test_the_table_around_paper_that_lies_askew_is_background() -> None:
    paper = Image.new("1", (240, 200))
    ImageDraw.Draw(paper).polygon([(30, 16), (226, 32), (208, 188), (18, 170)], fill=1)
    clean = page(3)
    found = without_strips(np.where(np.asarray(paper), clean, np.uint8(90)))
    assert np.array_equal(found, clean)


def test_a_white_strip_beside_pixels_is_background() -> None:
    clean = page(2, 0, 255)
    dirty = clean.copy()
    dirty[:, :7] = 255
    assert difference(from_pixels(dirty).image, from_pixels(clean).image) == 0


def test_a_line_along_a_side_with_the_digit_attached_to_it_is_ink() -> None:
    seven = np.zeros((100, 60), np.uint8)
    seven[:14] = 255
    seven[14:, 22:36] = 255
    assert without_strips(seven) is seven or np.array_equal(without_strips(seven), seven)
    for image in (seven, 255 - seven):
        assert np.array_equal(extract_ink(image).ink > 128, seven > 128)
    page_with_line = page(7)
    page_with_line[:, :10] = 0
    page_with_line[100:110, :100] = 0
    assert (extract_ink(page_with_line).ink[:, :10] > 128).all()


def test_a_shadow_with_ink_in_it_is_no_strip() -> None:
    levels = page(8, 220, 60).astype(float)
    levels[:, 60:] = page(8, 220, 60)[:, :-60]
    levels[:, :80] *= 0.6
    levels[80:120, 40:60] *= 0.3
    shaded = levels.astype(np.uint8)
    assert np.array_equal(without_strips(shaded)[80:120, 40:60], shaded[80:120, 40:60])


def test_a_strip_alone_is_still_ink() -> None:
    for tone in (0, 100):
        blank = np.full((120, 90), 255, np.uint8)
        blank[:, :12] = tone
        assert not upload(encoded(blank)).blank


def test_clear_digits_beside_a_strip_are_recognised() -> None:
    labels = [list(DIGITS)[i % len(DIGITS)] for i in range(36)]
    uploads = [with_strip(digit, np.random.default_rng([5, i])) for i, digit in enumerate(labels)]
    predictions = Classifier.load(engine="onnx").predict([upload(content) for content in uploads])
    right = [p.digit == label and p.verdict != "not_a_digit" for p, label in zip(predictions, labels, strict=True)]
    assert sum(right) >= 35
