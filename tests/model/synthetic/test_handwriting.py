"""Generated digits: the same for the same seed, in every style, and readable as what they are called."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference.classifier import Classifier
from model.inference.verdicts import parts
from model.preprocess.pipeline import PreprocessedDrawing, from_all_strokes
from model.preprocess.rasterise import Strokes
from model.synthetic.digits import STYLES
from model.synthetic.handwriting import CANVAS, images, strokes
from model.synthetic.skeleton import Style, arc

EVERY_STYLE = [(digit, style) for digit, styles in enumerate(STYLES) for style in styles]
# What the lesson's weights were taught, too; the other styles are the reason for this generator.
FAMILIAR = {"plain", "closed", "open", "flat", "swan", "looped", "like an S", "with a separate bar", "round"}


def ink(picture: NDArray[np.uint8]) -> tuple[int, int]:
    """Width and height of what is drawn, in pixels."""
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def drawn(digit: int, style: Style, count: int) -> list[PreprocessedDrawing]:
    rng = np.random.default_rng(digit)
    return from_all_strokes([Strokes(strokes(digit, rng, style)) for _ in range(count)])


def test_the_same_seed_gives_the_same_pictures() -> None:
    first, second = images(200, seed=7), images(200, seed=7)
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_another_seed_gives_other_pictures_in_another_order() -> None:
    first, second = images(200, seed=1), images(200, seed=2)
    assert (first[1] != second[1]).any()
    assert not {picture.tobytes() for picture in first[0]} & {picture.tobytes() for picture in second[0]}


def test_no_two_pictures_are_alike() -> None:
    drawings, _ = images(300, seed=3)
    assert len({picture.tobytes() for picture in drawings}) == 300


def test_pictures_and_digits_have_the_types_that_training_takes() -> None:
    drawings, digits = images(30, seed=0)
    assert drawings.dtype == np.uint8
    assert drawings.shape == (30, 28, 28)
    assert digits.dtype == np.int64
    assert digits.shape == (30,)


@pytest.mark.parametrize("count", [0, 1, 64, 65, 127])
def test_each_digit_is_drawn_as_often_as_any_other_give_or_take_one(count: int) -> None:
    drawings, digits = images(count, seed=5)
    assert len(drawings) == count
    counts = np.bincount(digits, minlength=10)
    assert counts.max() - counts.min() <= 1


def test_pictures_that_were_uploaded_have_thinner_and_thicker_lines_than_strokes_have() -> None:
    ink = []
    for share in (0.0, 1.0):
        drawings, digits = images(200, 6, uploaded=share)
        ink.append(drawings[digits == 3].astype(float).sum(axis=(1, 2)))
    drawn, sent = ink
    assert sent.min() < 0.9 * drawn.min()
    assert sent.max() > 1.2 * drawn.max()


def test_broad_pens_close_many_loops_but_by_far_not_all() -> None:
    closed = []
    for share in (0.0, 1.0):
        drawings, digits = images(600, 6, uploaded=share)
        closed.append(np.mean([len(parts(255 - picture)) == 1 for picture in drawings[digits == 0]]))
    drawn, sent = closed
    assert drawn < 0.3, "of the zeros whose pen is MNIST's; a few are open at the top or as narrow as the pen is wide"
    assert drawn + 0.15 < sent < 0.7


@pytest.mark.parametrize("uploaded", [0.0, 1.0])
def test_ink_is_at_most_20_pixels_long_and_nearly_always_just_that(uploaded: float) -> None:
    drawings, _ = images(200, 4, uploaded)
    longest = [max(ink(picture)) for picture in drawings]
    assert max(longest) == 20
    assert np.mean(np.equal(longest, 20)) > 0.95  # else a pixel is touched too little to be seen


@pytest.mark.parametrize(("digit", "style"), EVERY_STYLE, ids=lambda value: getattr(value, "name", str(value)))
def test_every_style_is_drawn_in_finite_strokes_on_its_canvas(digit: int, style: Style) -> None:
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
def test_without_a_style_named_all_of_them_come_up(digit: int) -> None:
    """With as many strokes as their skeletons have, at least."""
    rng = np.random.default_rng(digit)
    assert len({len(strokes(digit, rng)) for _ in range(100)}) >= 2


@pytest.mark.parametrize("digit", range(10))
def test_the_lessons_weights_read_the_familiar_styles_as_what_they_are_called(digit: int) -> None:
    classifier = Classifier.load(checkpoint.SHIPPED)
    drawings = [d for style in STYLES[digit] if style.name in FAMILIAR for d in drawn(digit, style, 40)]
    right = [prediction.digit == digit for prediction in classifier.predict(drawings)]
    assert np.mean(right) >= 0.93


def test_styles_have_names_of_their_own_and_shares_above_zero() -> None:
    assert len(STYLES) == 10
    for styles in STYLES:
        assert len({style.name for style in styles}) == len(styles)
        assert min(style.share for style in styles) > 0


@pytest.mark.parametrize("digit", [-1, 10])
def test_there_is_no_digit_below_zero_or_beyond_nine(digit: int) -> None:
    with pytest.raises(ValueError, match="no digit"):
        strokes(digit, np.random.default_rng(0))


def test_an_arc_runs_clockwise_with_rising_angles_and_swells_to_its_end() -> None:
    points = arc(1.0, 2.0, 3.0, 4.0, 0, 90, swell=2.0)
    np.testing.assert_allclose(points[0], (4.0, 2.0))
    np.testing.assert_allclose(points[-1], (1.0, 10.0), atol=1e-9)
    assert len(points) == 3
