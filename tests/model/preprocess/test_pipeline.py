"""The whole pipeline in every mode: drawings and uploads become images in the format of MNIST."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.preprocess.decode import ImageError
from model.preprocess.pipeline import from_pixels, from_strokes, ink_from_pixels, preprocess_all
from model.preprocess.rasterise import Strokes
from model.preprocess.resize import THUMBNAIL
from tests.model.preprocess.images import (
    RING,
    SEVEN,
    TOLERANCE,
    Mnist,
    difference,
    encoded,
    enlarged,
    side_of_ink,
    upload,
)


def test_every_mnist_image_whose_ink_is_20_px_long_stays_unchanged(mnist_test: Mnist) -> None:
    fitting = [digit for digit in mnist_test[0] if side_of_ink(digit) == 20]
    assert len(fitting) == 9997
    changed = [i for i, digit in enumerate(fitting) if not np.array_equal(from_pixels(digit).image, digit)]
    assert changed == []


@pytest.mark.parametrize("dark_on_light", [False, True])
def test_mnist_images_uploaded_as_png_stay_unchanged_in_either_polarity(mnist_test: Mnist, dark_on_light: bool) -> None:
    for digit in mnist_test[0][:300]:
        if side_of_ink(digit) == 20:
            prepared = upload(encoded(255 - digit if dark_on_light else digit))
            assert np.array_equal(prepared.image, digit)
            assert prepared.inverted is dark_on_light


@pytest.mark.parametrize(
    ("factor", "top", "left"),
    [(1, 0, 0), (1, 370, 470), (2, 10, 440), (3, 300, 7), (7, 100, 150), (14, 0, 100)],
    ids=["tiny in a corner", "tiny in the other", "small", "below", "off-centre", "large"],
)
def test_a_digit_gives_the_same_image_at_any_size_and_position(
    mnist_test: Mnist, factor: int, top: int, left: int
) -> None:
    for digit in mnist_test[0][:60]:
        assert difference(from_pixels(enlarged(digit, factor, top, left)).image, from_pixels(digit).image) <= TOLERANCE


@pytest.mark.parametrize("scale", [0.01, 0.37, 1.0, 3.0, 999.0])
@pytest.mark.parametrize("offset", [(0.0, 0.0), (12345.6, -0.7)])
def test_strokes_give_the_same_image_at_any_size_and_position(scale: float, offset: tuple[float, float]) -> None:
    moved = [[[x * scale + offset[0], y * scale + offset[1]] for x, y in stroke] for stroke in RING]
    assert difference(from_strokes(moved, 12 * scale).image, from_strokes(RING, 12).image) <= TOLERANCE
    assert difference(from_strokes(moved).image, from_strokes(RING).image) <= TOLERANCE


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_pixels_of_any_size_and_value_give_an_image(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.float64)
    for prepare in ("mnist", "resize"):
        prepared = from_pixels(pixels, prepare)
        assert prepared.image.shape == (28, 28)
        assert prepared.image.dtype == np.uint8


def test_the_image_of_a_drawing_does_not_depend_on_its_batch(mnist_test: Mnist) -> None:
    generator = np.random.default_rng(3)
    small = [digit[4:, : generator.integers(12, 29)] for digit in mnist_test[0][:40]]
    small += [np.zeros((28, 28), np.uint8), np.full((1, 1), 255, np.uint8), np.eye(3, dtype=np.uint8) * 200]
    large = [np.kron(digit, np.ones((3, 3), np.uint8)) for digit in mnist_test[0][40:50]]
    drawings = [ink_from_pixels(digit) for pair in zip(small, large * 5, strict=False) for digit in pair]
    mixed = [drawing for ink in drawings for drawing in (ink, Strokes(SEVEN))]
    together = preprocess_all(mixed)
    for drawing, prepared in zip(mixed, together, strict=True):
        alone = preprocess_all([drawing])[0]
        assert prepared.stages().keys() == alone.stages().keys()
        assert all(np.array_equal(digit, alone.stages()[name]) for name, digit in prepared.stages().items())
        assert (prepared.box, prepared.scale, prepared.shift) == (alone.box, alone.scale, alone.shift)


def test_resize_squashes_the_whole_canvas() -> None:
    small = from_strokes([[[10, 10], [10, 60]]], 20, (280, 280), "resize").image
    assert small[1:6, 0:2].any()
    assert not small[:, 8:].any()
    squashed = from_pixels(enlarged(np.full((28, 28), 255, np.uint8), 10, 0, 0, 280, 560), "resize").image
    assert np.array_equal(squashed, np.pad(np.full((28, 14), 255), ((0, 0), (0, 14))))


def test_resize_takes_the_square_around_strokes_without_a_canvas() -> None:
    assert side_of_ink(from_strokes(SEVEN, 10, None, "resize").image) in (20, 21, 22)


def test_none_does_not_change_a_28_by_28_image(mnist_test: Mnist) -> None:
    moved = np.roll(mnist_test[0][0], 3, axis=0)
    assert np.array_equal(from_pixels(moved, "none").image, moved)
    assert np.array_equal(upload(encoded(moved), "none").image, moved)


def test_none_draws_strokes_in_the_pixel_coordinates_of_the_input() -> None:
    pixels = from_strokes([[[3.5, 5.5], [20.5, 5.5]]], 1, None, "none").image
    assert np.flatnonzero(pixels.max(axis=1) > 200).tolist() == [5]


def test_none_refuses_an_image_of_another_size() -> None:
    with pytest.raises(ImageError, match="28×28"):
        from_pixels(np.zeros((27, 28), np.uint8), "none")


def test_own_pen_changes_nothing_for_an_image(mnist_test: Mnist) -> None:
    for digit in mnist_test[0][:20]:
        own = from_pixels(np.roll(digit, 2, axis=0), "own_pen")
        assert np.array_equal(own.image, from_pixels(np.roll(digit, 2, axis=0)).image)
        assert own.stroke_width is None
    assert own.prepare == "own_pen"


def test_strokes_off_the_canvas_are_blank() -> None:
    assert from_strokes([[[500, 500], [600, 600]]], 10, (280, 280), "resize").blank
    assert from_strokes([[[500, 500], [600, 600]]], 1, None, "none").blank


def test_every_stage_is_kept_and_leads_to_the_next(mnist_test: Mnist) -> None:
    canvas = 255 - enlarged(mnist_test[0][0], 9, 50, 200)
    prepared = upload(encoded(canvas))
    stages = prepared.stages()
    assert list(stages) == ["grey", "ink", "fitted", "shifted"]
    assert stages["grey"].mean() > 200 > 55 > stages["ink"].mean()
    assert max(stages["grey"].shape) == THUMBNAIL
    assert max(stages["fitted"].shape) == 20
    assert np.array_equal(stages["shifted"], prepared.image)
    assert prepared.box is not None
    left, top, right, bottom = prepared.box
    assert max(right - left, bottom - top) == 20 * 9
    assert prepared.scale == pytest.approx(1 / 9)
    dx, dy = prepared.shift
    height, width = stages["fitted"].shape
    y, x = (28 - height) // 2 + dy, (28 - width) // 2 + dx
    assert np.array_equal(prepared.image[y : y + height, x : x + width], stages["fitted"])
