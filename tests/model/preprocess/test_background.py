"""Ink is separated from the background (paper, boards, screens) under even and uneven light."""

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


def photo(pixels: Grey, seed: int) -> Image.Image:
    """A digit in dark ink on grey paper under a lamp, with a brightness gradient, a sharp shadow, noise and blur."""
    rng = np.random.default_rng(seed)
    ink = np.asarray(Image.fromarray(pixels).resize((280, 280), Image.Resampling.BICUBIC), dtype=float) / 255
    canvas = np.zeros((480, 640))
    top, left = int(rng.integers(20, 180)), int(rng.integers(20, 340))
    canvas[top : top + 280, left : left + 280] = ink
    y, x = np.mgrid[:480, :640]
    paper = 175 - 45 * x / 640 + 20 * y / 480
    paper = np.where(x + 0.4 * y > 430, paper * 0.72, paper)
    paper = np.asarray(Image.fromarray(paper.astype(np.uint8)).filter(ImageFilter.GaussianBlur(12)), dtype=float)
    seen = paper * (1 - 0.7 * canvas) + rng.normal(0, 4, canvas.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def on_paper(pixels: Grey, light: NDArray[np.float64], noise: float) -> Image.Image:
    """A digit in dark ink in the middle of a sheet of paper. `light` is the brightness of each pixel of the paper, and
    `noise` the standard deviation of the camera's noise, both in grey levels."""
    ink = np.zeros(light.shape)
    ink[70:350, 70:350] = (
        np.asarray(Image.fromarray(pixels).resize((280, 280), Image.Resampling.BICUBIC), dtype=float) / 255
    )
    seen = 205 * light * (1 - 0.7 * ink) + np.random.default_rng(3).normal(0, noise, ink.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).convert("RGB")


Y, X = np.mgrid[:420, :420] / 420
LIGHTS = {
    "even": np.ones((420, 420)),
    "slope": 1 - 0.2 * (X + Y) / 2,
    "shadow over a third": 1 - 0.35 / (1 + np.exp(-80 * (X + 0.3 * Y - 0.75))),
    "deep shadow over most": 1 - 0.6 / (1 + np.exp(-50 * (X - 0.4))),
    "light on a corner": 1 - 0.6 / (1 + np.exp(-50 * (X + 0.3 * Y - 0.3))),
    "edge across the digit": 1 - 0.5 / (1 + np.exp(-400 * (X + 0.3 * Y - 0.55))),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_of_grey_paper_with_a_shadow_is_recognised(mnist_test: Mnist, kind: str) -> None:
    drawings = [upload(encoded(photo(pixels, i), kind)) for i, pixels in enumerate(mnist_test[0][:25])]
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:25].tolist(), strict=True)) >= 24


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
def test_photos_of_paper_are_recognised_under_any_light_and_camera_noise(
    mnist_test: Mnist, light: str, kind: str, noise: float
) -> None:
    drawings = [upload(encoded(on_paper(each, LIGHTS[light], noise), kind)) for each in mnist_test[0][:10]]
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
