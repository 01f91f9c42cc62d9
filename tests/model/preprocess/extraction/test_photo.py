"""Ink is separated from the background (paper, boards, screens) under even and uneven light, as in photos."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from model.inference.classifier import Classifier
from tests.model.preprocess.images import (
    Grey,
    Mnist,
    encoded,
    upload,
)

WIDTH, HEIGHT = 330, 220  # px, of a photo; the background of a narrow, small photo is estimated faster
DIGIT = 140  # px, the side of the digit's image in the photo


def drawn(pixels: Grey) -> NDArray[np.float64]:
    """The ink of a digit, DIGIT pixels wide and high, from 0 to 1."""
    return np.asarray(Image.fromarray(pixels).resize((DIGIT, DIGIT), Image.Resampling.BICUBIC), dtype=float) / 255


def photo(pixels: Grey, seed: int) -> Image.Image:
    """A digit in dark ink on grey paper under a lamp, with a brightness gradient, a sharp shadow, noise and blur."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((HEIGHT, WIDTH))
    top, left = int(rng.integers(10, HEIGHT - DIGIT - 10)), int(rng.integers(10, WIDTH - DIGIT - 10))
    canvas[top : top + DIGIT, left : left + DIGIT] = drawn(pixels)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    paper = 175 - 45 * x / WIDTH + 20 * y / HEIGHT
    paper = np.where(x + 0.4 * y > 0.67 * WIDTH, paper * 0.72, paper)
    paper = np.asarray(Image.fromarray(paper.astype(np.uint8)).filter(ImageFilter.GaussianBlur(6)), dtype=float)
    seen = paper * (1 - 0.7 * canvas) + rng.normal(0, 4, canvas.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def on_paper(pixels: Grey, light: NDArray[np.float64], noise: float) -> Image.Image:
    """A digit in dark ink in the middle of a sheet of paper. `light` is the brightness of each pixel of the paper, as
    a share of its grey; `noise` is the standard deviation of the camera's noise, in grey levels."""
    ink = np.zeros(light.shape)
    top, left = (HEIGHT - DIGIT) // 2, (WIDTH - DIGIT) // 2
    ink[top : top + DIGIT, left : left + DIGIT] = drawn(pixels)
    seen = 205 * light * (1 - 0.7 * ink) + np.random.default_rng(3).normal(0, noise, ink.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).convert("RGB")


Y, X = np.mgrid[:HEIGHT, :WIDTH] / HEIGHT
X -= (WIDTH / HEIGHT - 1) / 2  # from 0 to 1 in the square in the middle
LIGHTS = {
    "even": np.ones((HEIGHT, WIDTH)),
    "slope": 1 - 0.2 * (X + Y) / 2,
    "shadow over a third": 1 - 0.35 / (1 + np.exp(-80 * (X + 0.3 * Y - 0.75))),
    "deep shadow over most": 1 - 0.6 / (1 + np.exp(-50 * (X - 0.4))),
    "light on a corner": 1 - 0.6 / (1 + np.exp(-50 * (X + 0.3 * Y - 0.3))),
    "edge across the digit": 1 - 0.5 / (1 + np.exp(-400 * (X + 0.3 * Y - 0.55))),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_of_grey_paper_with_a_shadow_is_recognised(mnist_test: Mnist, kind: str) -> None:
    drawings = [
        upload(encoded(photo(pixels, i), kind, compress_level=1)) for i, pixels in enumerate(mnist_test[0][:25])
    ]
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:25].tolist(), strict=True)) >= 24


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize(("noise", "kind"), [(0.0, "PNG"), (2.0, "JPEG"), (6.0, "JPEG")])
def test_photos_of_paper_are_recognised_under_any_light_and_camera_noise(
    mnist_test: Mnist, light: str, kind: str, noise: float
) -> None:
    photos = [on_paper(each, LIGHTS[light], noise) for each in mnist_test[0][:10]]
    drawings = [upload(encoded(each, kind, compress_level=1)) for each in photos]  # the level is only for PNG
    assert all(drawing.inverted for drawing in drawings)
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:10].tolist(), strict=True)) >= 9


def test_chalk_on_a_board_in_the_shade_is_light_on_dark(mnist_test: Mnist) -> None:
    light = LIGHTS["shadow over a third"]
    boards = [Image.fromarray(255 - np.asarray(on_paper(each, light, 4).convert("L"))) for each in mnist_test[0][:20]]
    drawings = [upload(encoded(board, "JPEG")) for board in boards]
    assert not any(drawing.inverted for drawing in drawings)
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:20].tolist(), strict=True)) >= 18


def test_a_photo_of_paper_with_nothing_on_it_is_blank() -> None:
    assert upload(encoded(photo(np.zeros((28, 28), np.uint8), 3), "JPEG")).blank


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_upload_of_one_colour_is_blank(level: int) -> None:
    assert upload(encoded(np.full((60, 80), level, np.uint8))).blank


def test_a_light_grey_pencil_line_on_white_is_recognised() -> None:
    image = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(image).line([(80, 60), (220, 60), (130, 250)], fill=190, width=9)
    prepared = upload(encoded(image))
    assert prepared.inverted
    assert prepared.stages()["ink"].max() == 255
    assert Classifier.load(engine="onnx").predict([prepared])[0].digit == 7
