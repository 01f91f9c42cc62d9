"""The row of MNIST digits below the pad."""

import json

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect

from tests import ROOT
from tests.support.visitor import ONE, Visitor


def test_a_sample_is_sent_as_its_pixels_and_pressing_again_gives_another(visitor: Visitor) -> None:
    visitor.sample(3)
    first = json.loads(visitor.feature_map_requests()[-1]["body"])["pixels"]
    sheet = np.asarray(Image.open(ROOT / "static/samples/digits.png").convert("L"))
    assert np.array_equal(first, sheet[:28, 3 * 28 : 4 * 28])
    assert visitor.digit == "3"
    expect(visitor.find('#samples [aria-pressed="true"]')).to_have_count(1)
    second = json.loads(visitor.sample(3).feature_map_requests()[-1]["body"])["pixels"]
    assert np.array_equal(second, sheet[28:56, 3 * 28 : 4 * 28])


def test_samples_are_mnist_test_images_that_preprocessing_does_not_change(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    about = json.loads((ROOT / "static/samples/digits.json").read_text())
    sheet = np.asarray(Image.open(ROOT / "static/samples/digits.png").convert("L"))
    images, labels = mnist_test
    levels = np.fromfile(ROOT / "static/samples/digits.bin", np.uint8).reshape(len(about["digits"]), 28, 28)
    for sample, level in zip(about["digits"], levels, strict=True):
        row, column = 28 * sample["row"], 28 * sample["column"]
        image = sheet[row : row + 28, column : column + 28]
        assert np.array_equal(image, images[sample["index"]])
        assert np.array_equal(image, level), "the pages read these bytes instead of the PNG"
        assert labels[sample["index"]] == sample["label"]
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20


def test_drawing_on_a_sample_replaces_it_and_undo_restores_it(visitor: Visitor) -> None:
    visitor.sample(5).draw(ONE)
    assert "pixels" not in json.loads(visitor.feature_map_requests()[-1]["body"])
    assert visitor.digit == "1"
    expect(visitor.find("#message")).to_have_text("Your drawing has replaced the image. Undo brings it back.")
    visitor.press("#undo").settle()
    assert "pixels" in json.loads(visitor.feature_map_requests()[-1]["body"])
    assert visitor.digit == "5"
