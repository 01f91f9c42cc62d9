"""The devices that record synthetic drawings."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference.classifier import Classifier
from model.preprocess.ink import Ink
from model.preprocess.pipeline import preprocess_all
from model.preprocess.rasterise import Strokes
from model.synthetic.devices import BOX, ZOOM, Lines, bounding_box, boxed, boxed_images, random_devices, small_bitmaps
from model.synthetic.digits import STYLES
from model.synthetic.handwriting import strokes

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]

TRIANGLE: Lines = [[(10.0, 5.0), (30.0, 45.0), (10.0, 45.0), (10.0, 5.0)]]
LINE: Lines = [[(100.0, 20.0), (103.0, 220.0)]]


def some_digits(count: int, seed: int = 0) -> list[tuple[int, Lines]]:
    rng = np.random.default_rng(seed)
    return [(i % 10, strokes(i % 10, rng)) for i in range(count)]


def side_lengths(ink: Ink) -> tuple[int, int]:
    """The width and the height of the preprocessed ink, px."""
    (preprocessed,) = preprocess_all([ink])
    rows, columns = (np.flatnonzero(preprocessed.image.max(axis=axis)) for axis in (1, 0))
    return int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def test_the_bounding_box_covers_all_strokes() -> None:
    assert bounding_box([*TRIANGLE, *LINE]) == (10.0, 5.0, 93.0, 215.0)


def test_each_share_of_a_batch_is_recorded_by_its_kind_of_device() -> None:
    recorded = random_devices(some_digits(60), (0.5, 0.2, 0.1), np.random.default_rng(1))
    assert [type(each) for each in recorded] == [Ink] * 48 + [Strokes] * 12
    sides = [each.ink.shape for each in recorded if isinstance(each, Ink)]
    assert sides[:30] == [(96, 96)] * 30
    assert sides[30:42] == [(120, 120)] * 12
    assert all(max(side) == 5 * BOX for side in sides[42:])


def test_the_order_of_the_drawings_stays() -> None:
    batch = some_digits(200)
    recorded = random_devices(batch, (0.3, 0.2, 0.0), np.random.default_rng(1))
    predictions = Classifier.load(checkpoint.SHIPPED).predict(preprocess_all(recorded))
    assert np.mean([p.digit == digit for p, (digit, _) in zip(predictions, batch, strict=True)]) > 0.85


def test_small_bitmaps_are_enlarged_pixels_which_mostly_are_black_or_white() -> None:
    bitmaps = small_bitmaps([lines for _, lines in some_digits(100)], np.random.default_rng(0))
    binary = 0
    for bitmap in bitmaps:
        pixels = bitmap.ink[::ZOOM, ::ZOOM]
        assert (bitmap.ink == pixels.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)).all()
        assert pixels.any(), "no bitmap is blank"
        binary += set(np.unique(pixels).tolist()) == {0, 255}
    assert 60 < binary < 90


def test_a_boxed_image_is_a_square_unless_the_drawing_is_too_narrow() -> None:
    rng = np.random.default_rng(0)
    triangles = [side_lengths(ink) for ink in boxed_images([TRIANGLE] * 50, rng)]
    assert np.mean([min(sides) >= 19 for sides in triangles]) > 0.5, "an aspect ratio of 1 : 2 is often within reach"
    assert all(max(sides) >= 19 for sides in triangles)
    lines = [side_lengths(ink) for ink in boxed_images([LINE] * 50, rng)]
    widths = [width for width, _ in lines]
    assert all(height >= 19 for _, height in lines)
    assert min(widths) <= 5, "a vertical line sometimes stays narrow"
    assert max(widths) > 12, "and sometimes becomes a block"


def test_devices_are_reproducible() -> None:
    first, again, other = (
        preprocess_all(random_devices(some_digits(40), (0.3, 0.3, 0.3), np.random.default_rng(seed)))
        for seed in (5, 5, 6)
    )
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("devices", [small_bitmaps, boxed_images], ids=lambda function: function.__name__)
def test_no_drawing_gives_no_image(devices: type) -> None:
    assert devices([], np.random.default_rng(0)) == []


def test_the_shipped_weights_recognise_mnists_digits_that_are_stretched_into_a_box(mnist_test: Mnist) -> None:
    images, labels = mnist_test[0][:1500], mnist_test[1][:1500]
    rng = np.random.default_rng(0)
    inks = [Ink(image, image, "pixels") for image in (boxed(image, rng) for image in images)]
    predictions = Classifier.load(checkpoint.SHIPPED).predict(preprocess_all(inks))
    correct = np.array([prediction.digit for prediction in predictions]) == labels
    assert correct.mean() > 0.97
    assert correct[labels == 1].mean() > 0.9, "even if a 1 becomes a block"


# A wide flag looks much like the bar of a 7.
@pytest.mark.parametrize(
    ("name", "least"), [("German", 0.97), ("with a long up-stroke", 0.93), ("with a wide flag", 0.8)]
)
def test_the_shipped_weights_recognise_a_1_with_a_flag_on_every_device(name: str, least: float) -> None:
    (style,) = (style for style in STYLES[1] if style.name == name)
    rng = np.random.default_rng(2)
    batch = [(1, strokes(1, rng, style)) for _ in range(300)]
    drawings = preprocess_all(random_devices(batch, (0.25, 0.25, 0.25), rng))
    correct = [prediction.digit == 1 for prediction in Classifier.load(checkpoint.SHIPPED).predict(drawings)]
    assert np.mean(correct) > least
