"""MNIST as other hands and pens would have written it, and the recipe that is shown it."""

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
def other(digits: Digits) -> Tensor:
    return augment(digits.images, torch.Generator().manual_seed(1))


# ---------------------------------------------------------------- augmentation


def test_each_picture_becomes_another_one_of_the_same_kind(digits: Digits, other: Tensor) -> None:
    assert (other.shape, other.dtype) == ((1000, 1, SIDE, SIDE), torch.float32)
    assert 0 <= other.min() < other.max() <= 255
    assert torch.isfinite(other).all()
    change = (other[:, 0] - digits.images).abs().mean((1, 2))
    assert change.median() > 8
    assert (other.amax((1, 2, 3)) > 60).all(), "none is blank"


def test_the_same_generator_gives_the_same_pictures_and_another_one_others(digits: Digits, other: Tensor) -> None:
    again = augment(digits.images, torch.Generator().manual_seed(1))
    assert torch.equal(again, other)
    assert not torch.equal(augment(digits.images, torch.Generator().manual_seed(2)), other)


def test_what_comes_out_is_fitted_and_centred_as_the_service_does_it(other: Tensor) -> None:
    ink = other[:, 0]
    seen = ink > 0.2 * ink.amax((1, 2), keepdim=True)
    longest = torch.maximum(seen.any(1).sum(1), seen.any(2).sum(1))
    assert ((longest >= 17) & (longest <= 23)).float().mean() > 0.97
    index = torch.arange(SIDE, dtype=torch.float32)
    for along in (1, 2):
        centre = (ink.sum(along) * index).sum(1) / ink.sum((1, 2))
        assert ((centre - 14).abs() <= 1.2).float().mean() > 0.97


def test_a_digit_stays_what_it_is(digits: Digits, other: Tensor) -> None:
    classifier = Classifier.load(engine="onnx")
    answers = classifier.predict([from_pixels(p.astype(np.float64)) for p in other[:, 0].round().numpy()])
    right = [answer.digit == label for answer, label in zip(answers, digits.labels.tolist(), strict=True)]
    assert np.mean(right) > 0.85, "read by a network that was never shown anything of the kind"


def test_normalised_is_what_the_lessons_transforms_give(digits: Digits) -> None:
    assert torch.equal(normalised(digits.images), digits.normalised())
