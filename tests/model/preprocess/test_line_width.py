"""Only the lines of a thin pen are thickened."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_pixels
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
