"""Augmented images are varied, recognisable digits that are fitted and centred."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from model.data import mnist
from model.data.augment import augment
from model.data.mnist import Digits, normalised
from model.inference.classifier import Classifier
from model.layers import SIDE
from model.preprocess.pipeline import from_pixels


@pytest.fixture(scope="module")
def digits(data_dir: Path) -> Digits:
    return mnist.load(data_dir)[1].first(1000)


@pytest.fixture(scope="module")
def augmented(digits: Digits) -> Tensor:
    return augment(digits.images, torch.Generator().manual_seed(1))


def test_every_image_changes_but_keeps_its_format(digits: Digits, augmented: Tensor) -> None:
    assert (augmented.shape, augmented.dtype) == ((1000, 1, SIDE, SIDE), torch.float32)
    assert 0 <= augmented.min() < augmented.max() <= 255
    assert torch.isfinite(augmented).all()
    change = (augmented[:, 0] - digits.images).abs().mean((1, 2))
    assert change.median() > 8
    assert (augmented.amax((1, 2, 3)) > 60).all(), "no image is blank"


def test_the_same_seed_gives_the_same_images_and_another_seed_gives_others(digits: Digits, augmented: Tensor) -> None:
    again = augment(digits.images, torch.Generator().manual_seed(1))
    assert torch.equal(again, augmented)
    assert not torch.equal(augment(digits.images, torch.Generator().manual_seed(2)), augmented)


def test_augmented_images_are_fitted_and_centred_as_in_the_service(augmented: Tensor) -> None:
    ink = augmented[:, 0]
    visible = ink > 0.2 * ink.amax((1, 2), keepdim=True)
    longest = torch.maximum(visible.any(1).sum(1), visible.any(2).sum(1))
    assert ((longest >= 17) & (longest <= 23)).float().mean() > 0.97
    index = torch.arange(SIDE, dtype=torch.float32)
    for along in (1, 2):
        centre = (ink.sum(along) * index).sum(1) / ink.sum((1, 2))
        assert ((centre - 14).abs() <= 1.2).float().mean() > 0.97


def test_some_augmented_images_are_stretched_to_a_square(digits: Digits, augmented: Tensor) -> None:
    """An upright 1 is 2 to 8 px wide. Slant, rotation and stretch alone hardly make it 16 px wide."""

    def wide(images: Tensor) -> Tensor:
        ones = images[digits.labels == 1]
        across = (ones > 0.2 * ones.amax((1, 2), keepdim=True)).any(1).sum(1)
        return (across >= 16).float().mean()

    assert wide(digits.images.float()) < 0.02
    assert 0.01 < wide(augmented[:, 0]) < 0.12


def test_some_augmented_images_have_sharp_edges(augmented: Tensor) -> None:
    grey = ((augmented > 5) & (augmented < 250)).float().mean((1, 2, 3))
    assert 0.03 < (grey < 0.002).float().mean() < 0.15


def test_an_augmented_digit_is_still_recognised(digits: Digits, augmented: Tensor) -> None:
    classifier = Classifier.load(engine="onnx")
    predictions = classifier.predict([from_pixels(p.astype(np.float64)) for p in augmented[:, 0].round().numpy()])
    correct = [prediction.digit == label for prediction, label in zip(predictions, digits.labels.tolist(), strict=True)]
    assert np.mean(correct) > 0.85, "an augmented digit keeps its class"


def test_the_function_and_the_method_normalise_in_the_same_way(digits: Digits) -> None:
    assert torch.equal(normalised(digits.images), digits.normalised())
