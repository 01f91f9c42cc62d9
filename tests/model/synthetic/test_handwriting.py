"""Synthetic handwriting is reproducible, has every style, and is recognised."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference.classifier import Classifier
from model.inference.connected_components import connected_components
from model.preprocess.pipeline import PreprocessedDrawing, preprocess_all
from model.preprocess.rasterise import Strokes
from model.synthetic.digits import STYLES
from model.synthetic.handwriting import CANVAS, images, strokes
from model.synthetic.skeleton import Style

EVERY_STYLE = [(digit, style) for digit, styles in enumerate(STYLES) for style in styles]
# These styles are common in MNIST, too. The generator adds the other styles, which are rare there.
COMMON = {"plain", "closed", "open", "flat", "swan", "looped", "like an S", "with a separate bar", "round"}


def ink(image: NDArray[np.uint8]) -> tuple[int, int]:
    """The width and the height of the ink in pixels."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def drawings_of(digit: int, style: Style, count: int) -> list[PreprocessedDrawing]:
    rng = np.random.default_rng(digit)
    return preprocess_all([Strokes(strokes(digit, rng, style)) for _ in range(count)])


def test_the_same_seed_gives_the_same_images() -> None:
    first, second = images(200, seed=7), images(200, seed=7)
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_another_seed_gives_other_images_in_another_order() -> None:
    first, second = images(200, seed=1), images(200, seed=2)
    assert (first[1] != second[1]).any()
    assert not {image.tobytes() for image in first[0]} & {image.tobytes() for image in second[0]}


def test_all_images_differ() -> None:
    synthetic, _ = images(300, seed=3)
    assert len({image.tobytes() for image in synthetic}) == 300


def test_images_and_labels_have_the_types_that_training_needs() -> None:
    synthetic, labels = images(30, seed=0)
    assert synthetic.dtype == np.uint8
    assert synthetic.shape == (30, 28, 28)
    assert labels.dtype == np.int64
    assert labels.shape == (30,)


@pytest.mark.parametrize("count", [0, 1, 64, 65, 127])
def test_all_digits_are_equally_frequent_plus_or_minus_one(count: int) -> None:
    synthetic, labels = images(count, seed=5)
    assert len(synthetic) == count
    counts = np.bincount(labels, minlength=10)
    assert counts.max() - counts.min() <= 1


def test_uploaded_images_have_thinner_and_thicker_lines_than_strokes() -> None:
    ink = []
    for share in (0.0, 1.0):
        synthetic, labels = images(600, 6, uploaded=share)
        ink.append(synthetic[labels == 3].astype(float).sum(axis=(1, 2)))
    from_strokes, uploaded = ink
    assert uploaded.min() < 0.9 * from_strokes.min()
    assert uploaded.max() > 1.2 * from_strokes.max()


def test_broad_pens_close_the_loops_of_many_zeros_but_not_of_most() -> None:
    closed = []
    for share in (0.0, 1.0):
        synthetic, labels = images(600, 6, uploaded=share)
        closed.append(np.mean([len(connected_components(255 - image)) == 1 for image in synthetic[labels == 0]]))
    from_strokes, uploaded = closed
    assert from_strokes < 0.3, "a few zeros are open at the top or very narrow"
    assert from_strokes + 0.15 < uploaded < 0.7


@pytest.mark.parametrize("uploaded", [0.0, 1.0])
def test_the_ink_is_at_most_20_pixels_long_and_almost_always_exactly_20(uploaded: float) -> None:
    synthetic, _ = images(200, 4, uploaded)
    longest = [max(ink(image)) for image in synthetic]
    assert max(longest) == 20
    assert np.mean(np.equal(longest, 20)) > 0.95  # the faint outer pixels of the others stay black


@pytest.mark.parametrize(("digit", "style"), EVERY_STYLE, ids=lambda value: getattr(value, "name", str(value)))
def test_every_style_is_drawn_with_finite_points_on_the_canvas(digit: int, style: Style) -> None:
    rng = np.random.default_rng(11)
    for _ in range(10):
        lines = strokes(digit, rng, style)
        points = np.array([point for line in lines for point in line])
        assert all(lines)
        assert np.isfinite(points).all()
        assert points.min() >= -1e-6
        assert points.max() <= CANVAS + 1e-6
        assert 45 <= (points.max(axis=0) - points.min(axis=0)).max() <= 252


@pytest.mark.parametrize("digit", range(10))
def test_random_styles_have_different_numbers_of_strokes(digit: int) -> None:
    rng = np.random.default_rng(digit)
    assert len({len(strokes(digit, rng)) for _ in range(100)}) >= 2


@pytest.mark.parametrize("digit", range(10))
def test_the_shipped_weights_recognise_the_common_styles(digit: int) -> None:
    classifier = Classifier.load(checkpoint.SHIPPED)
    drawings = [d for style in STYLES[digit] if style.name in COMMON for d in drawings_of(digit, style, 40)]
    correct = [prediction.digit == digit for prediction in classifier.predict(drawings)]
    assert np.mean(correct) >= 0.93


@pytest.mark.parametrize("digit", [-1, 10])
def test_only_the_digits_0_to_9_can_be_drawn(digit: int) -> None:
    with pytest.raises(ValueError, match="the digit must be 0 to 9"):
        strokes(digit, np.random.default_rng(0))
