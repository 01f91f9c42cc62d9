"""Whether the ink is dark or light is found even if the image is cropped to the very edge of the ink."""

from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from model.inference.classifier import Classifier
from model.preprocess.extraction import intruders, polarity, specks
from model.preprocess.extraction.background import extract_ink
from model.preprocess.extraction.intruders import without_intruders
from model.preprocess.extraction.polarity import border_of, otsu, polarity_of_crop
from model.preprocess.extraction.specks import without_specks
from tests.model.preprocess.images import Grey, Mnist, upload
from tests.support.dirty_uploads import DIGITS, cropped, random_shape


@pytest.mark.parametrize("pen", [0.07, 0.12, 0.18, 0.25])
@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("margin", [0, 1, 2])
def test_a_cropped_digit_is_not_turned_inside_out(pen: float, digit: int, margin: int) -> None:
    for height in (24, 60, 230):
        ink = np.pad(random_shape(digit, height, np.random.default_rng([digit, height]), (pen, pen)), margin)
        for image, inverted in ((ink, False), (255 - ink, True), (40 + ink // 2, False), (200 - ink // 2, True)):
            found = extract_ink(image)
            assert found.inverted is inverted
            assert np.mean((found.ink > 128) != (ink > 128)) < 0.1


@pytest.mark.parametrize("factor", [1, 3, 12])
def test_mnist_digits_cropped_to_their_ink_are_separated_from_the_background(mnist_test: Mnist, factor: int) -> None:
    """Their edges are soft, so their strongest ink is a little away from the sides."""
    wrong = 0
    for digit in mnist_test[0][:100]:
        rows, columns = (np.flatnonzero((digit > 60).any(axis=axis)) for axis in (1, 0))
        cut = Image.fromarray(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        ink: Grey = np.asarray(cut.resize((cut.width * factor, cut.height * factor), Image.Resampling.BICUBIC))
        for image, inverted in ((ink, False), (255 - ink, True)):
            found = extract_ink(image)
            wrong += found.inverted is not inverted or bool(np.mean((found.ink > 128) != (ink > 128)) > 0.05)
    assert wrong <= 8, "of 200; before soft edges were considered, one in seven"


def test_paper_with_a_shadow_over_a_corner_is_not_ink() -> None:
    paper = np.full((120, 160), 230, np.uint8)
    paper[40:80, 70:80] = 30
    y, x = np.mgrid[:120, :160]
    paper[x + y < 90] = 120
    assert polarity_of_crop(paper, border_of(paper)) is None


def test_paper_full_of_dust_is_not_ink() -> None:
    paper = np.where(np.random.default_rng(0).random((120, 160)) < 0.1, 0, 255).astype(np.uint8)
    assert polarity_of_crop(paper, border_of(paper)) is None


def test_a_pattern_of_a_million_dots_is_no_crop_and_its_components_are_not_searched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a PNG it has 2 kB. Searching its components, 28 times, would keep a thread busy for seconds."""
    chessboard = (np.indices((1000, 1000)).sum(0) % 2 * 255).astype(np.uint8)
    for part in (polarity, specks, intruders):
        monkeypatch.setattr(part, "connected_components", Mock(side_effect=AssertionError))
    assert polarity_of_crop(chessboard, border_of(chessboard)) is None
    assert without_specks(chessboard) is chessboard
    assert without_intruders(chessboard, 0) is chessboard


def test_otsus_threshold_separates_two_tones() -> None:
    counts = np.zeros(256, np.intp)
    counts[[20, 25, 30]] = 10, 20, 10
    counts[[200, 210]] = 5, 5
    threshold, explained = otsu(counts)
    assert 30 <= threshold < 200
    assert explained > 0.98
    assert otsu(np.bincount([7] * 9, minlength=256)) == (0, 0.0)


def test_clear_digits_cropped_to_their_ink_are_recognised() -> None:
    labels = [list(DIGITS)[i % len(DIGITS)] for i in range(90)]
    uploads = [cropped(digit, np.random.default_rng([5, i])) for i, digit in enumerate(labels)]
    predictions = Classifier.load(engine="onnx").predict([upload(content) for content in uploads])
    right = [p.digit == label and p.verdict != "not_a_digit" for p, label in zip(predictions, labels, strict=True)]
    assert sum(right) >= 88
