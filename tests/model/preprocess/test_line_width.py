"""The lines of a thin pen are thickened, those of a thick pen are thinned."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from model.inference.classifier import Classifier
from model.preprocess.fit import fit
from model.preprocess.ink import Ink
from model.preprocess.pipeline import from_ink, from_pixels
from tests.model.preprocess.images import (
    Mnist,
    encoded,
    upload,
)


@pytest.mark.parametrize(("side", "pen"), [(60, 1), (280, 1), (400, 1), (400, 3), (1000, 1), (1000, 5), (3000, 4)])
@pytest.mark.parametrize("dark", [False, True])
def test_a_line_of_any_width_is_recognised(side: int, pen: int, dark: bool) -> None:
    image = Image.new("L", (side, side), 255 if dark else 0)
    points = [(side * x, side * y) for x, y in ((0.25, 0.2), (0.75, 0.2), (0.42, 0.8))]
    ImageDraw.Draw(image).line(points, 0 if dark else 255, pen)
    drawing = upload(encoded(image))
    (prediction,) = Classifier.load(engine="onnx").predict([drawing])
    assert (prediction.digit, prediction.verdict) == (7, "digit")
    assert drawing.fitted is not None
    assert max(drawing.fitted.shape) == 20
    height = 0.6 * side * drawing.scale  # the height of the centre line, in pixels of the fitted image
    assert 16 < height < 20


def test_broad_lines_of_weak_ink_are_not_thickened(mnist_test: Mnist) -> None:
    for digit in mnist_test[0][:20]:
        large = np.asarray(Image.fromarray(digit).resize((112, 112), Image.Resampling.BICUBIC))
        strong, weak = from_pixels(large), from_pixels((large * 0.4).astype(np.uint8))
        assert weak.ink_sum == pytest.approx(0.4 * strong.ink_sum, rel=0.15)  # thickening would increase it by half


def strokes(side: int, pen: float, lines: list[list[tuple[float, float]]]) -> Image.Image:
    """White lines with round ends on black. `side` and `pen` are in pixels, points are shares of the side."""
    image = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(image)
    for line in lines:
        points = [(side * x, side * y) for x, y in line]
        draw.line(points, 255, round(pen), joint="curve")
        for x, y in points:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return image


FOUR = [[(0.4, 0.3), (0.35, 0.52), (0.6, 0.52)], [(0.58, 0.3), (0.58, 0.75)]]


def middle_line_width(image: np.ndarray) -> float:
    """The width of the stem of FOUR near its lower end, in pixels."""
    rows = np.flatnonzero(image.max(axis=1))
    return float(image[rows[-6]].sum() / 255)


@pytest.mark.parametrize("side", [60, 280, 1000, 3000])
@pytest.mark.parametrize("share", [0.15, 0.18, 0.2])
def test_thick_lines_are_thinned_at_any_size(side: int, share: float) -> None:
    grey = np.asarray(strokes(side, share * side, FOUR))
    drawing, unchanged = from_pixels(grey), fit(Ink(grey, grey, "pixels"))
    assert middle_line_width(unchanged.image) > 4.8
    assert 3.2 < middle_line_width(drawing.image) < 4.8
    assert middle_line_width(drawing.image) < middle_line_width(unchanged.image) - 0.5
    assert drawing.fitted is not None
    assert max(drawing.fitted.shape) == 20
    assert drawing.box == pytest.approx(unchanged.box)  # the box is that of the ink as it was sent
    (prediction,) = Classifier.load(engine="onnx").predict([drawing])
    assert (prediction.digit, prediction.verdict) == (4, "digit")


@pytest.mark.parametrize("share", [0.02, 0.05, 0.08])
def test_other_lines_are_not_thinned(share: float) -> None:
    grey = np.asarray(strokes(280, share * 280, FOUR))
    assert np.array_equal(from_pixels(grey).image, fit(Ink(grey, grey, "pixels")).image)


@pytest.mark.parametrize(
    ("pen", "middle", "rows", "width"),
    [(60, (0.2, 0.75), [210], 7), (100, (0.35, 0.65), [20, 260], 5)],
    ids=["inside", "at the edges of the ink"],
)
def test_thick_lines_stay_if_thin_ones_would_vanish(
    pen: int, middle: tuple[float, float], rows: list[int], width: int
) -> None:
    image = strokes(280, pen, [[(0.5, y) for y in middle]])
    for row in rows:
        ImageDraw.Draw(image).line([(20, row), (260, row)], 255, width)
    grey = np.asarray(image)
    assert np.array_equal(from_pixels(grey).image, fit(Ink(grey, grey, "pixels")).image)


def test_images_of_mnists_size_and_training_images_keep_thick_lines(mnist_test: Mnist) -> None:
    for digit in mnist_test[0][:20]:
        thick = np.asarray(Image.fromarray(digit).filter(ImageFilter.MaxFilter(5)))
        assert np.array_equal(from_pixels(thick).image, fit(Ink(thick, thick, "pixels")).image)
    grey = np.asarray(strokes(280, 45, FOUR))
    assert np.array_equal(from_ink(Ink(grey, grey, "pixels")).image, fit(Ink(grey, grey, "pixels")).image)
    assert not np.array_equal(from_ink(Ink(grey, grey, "pixels")).image, from_pixels(grey).image)


def test_a_dot_stays_a_dot() -> None:
    image = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(image).ellipse((100, 100, 160, 160), fill=255)
    grey = np.asarray(image)
    thinned, dot = from_pixels(grey).image.astype(int), fit(Ink(grey, grey, "pixels")).image
    assert np.abs(thinned - dot).max() < 100  # only pixels at its edge differ
    assert abs(thinned.sum() / dot.sum() - 1) < 0.03
