"""MNIST as other hands and pens would have written it, and the recipe that is shown it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from model.data import mnist
from model.data.augment import augment
from model.data.mnist import Digits, normalised
from model.inference.classifier import Classifier
from model.layers import MEAN, SIDE, STD
from model.preprocess.pipeline import from_pixels
from model.synthetic import handwriting
from model.training import recipes, trainer
from model.training.trainer import EpochDone, Progress, Trainer, TrainingError
from tests.model.training.test_trainer import assert_same_run, stop_in_epoch

FEW = recipes.Recipe(
    name="few",
    epochs=3,
    batch=64,
    learning_rate=2e-3,
    weight_decay=1e-2,
    warm_up=0.1,
    average=0.9,
    generated=100,
    drawn=300,
    augmented=0.75,
    held_back=50,
)


@pytest.fixture(scope="module")
def digits(data_dir: Path) -> Digits:
    return mnist.load(data_dir)[1].first(1000)


@pytest.fixture(scope="module")
def other(digits: Digits) -> Tensor:
    return augment(digits.images, torch.Generator().manual_seed(1))


@pytest.fixture
def few(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Digits, Digits]:
    monkeypatch.setitem(recipes.RECIPES, "few", FEW)
    train, test = mnist.load(data_dir)
    return train.first(500), test.first(100)


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


# ---------------------------------------------------------------- the recipe


def test_the_learning_rate_rises_and_falls_once_and_the_lessons_stays() -> None:
    robust, lesson = recipes.RECIPES["robust"], recipes.RECIPES["lesson"]
    assert robust.warm_up is not None
    rates = [robust.rate(done) for done in np.linspace(0, 1, 201)]
    top = int(np.argmax(rates))
    assert rates[0] == 0
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert rates[top] == pytest.approx(robust.learning_rate)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert {lesson.rate(done) for done in (0.0, 0.3, 1.0)} == {1e-3}


def test_what_is_held_back_is_never_shown(few: tuple[Digits, Digits]) -> None:
    material = FEW.material(few[0], seed=1)
    assert len(material) == 450 + 100
    pictures, labels = material.epoch(1)
    assert torch.equal(labels[:450], few[0].labels[:450])
    assert len(pictures) == len(labels) == 550
    again, labels_again = material.epoch(1)
    assert torch.equal(again, pictures)
    assert torch.equal(labels_again, labels)
    assert not torch.equal(material.epoch(2)[0], pictures)


def test_every_epoch_shows_others_of_the_generated_digits(few: tuple[Digits, Digits]) -> None:
    plain = replace(FEW, augmented=0.0).material(few[0], seed=1)
    epochs = [plain.epoch(number) for number in range(1, 13)]
    assert all(torch.equal(pictures[:450], epochs[0][0][:450]) for pictures, _ in epochs)
    seen = [{picture.numpy().tobytes() for picture in pictures[450:]} for pictures, _ in epochs]
    assert all(len(each) >= 98 for each in seen), "none is shown twice in an epoch; two may look the same"
    assert len(seen[0] & seen[1]) < 60
    assert len(set[bytes]().union(*seen)) > 280, "of the 300 that were drawn"
    labels = torch.cat([labels[450:] for _, labels in epochs])
    assert torch.bincount(labels, minlength=10).min() > 60
    everything, digits = handwriting.images(300, 1)
    drawn = {picture.tobytes(): digit for picture, digit in zip(everything, digits.tolist(), strict=True)}
    back = ((epochs[4][0][450:, 0] * STD + MEAN) * 255).round().to(torch.uint8)
    assert [drawn[picture.numpy().tobytes()] for picture in back] == epochs[4][1][450:].tolist()


def test_the_weights_that_count_are_the_average(few: tuple[Digits, Digits]) -> None:
    trainer = Trainer(FEW, 1, "cpu")
    expected = {key: values.clone() for key, values in trainer.network.state_dict().items()}
    pictures, labels = FEW.material(few[0], 1).epoch(1)
    for step in range(1, 4):
        trainer.step(pictures[:64], labels[:64])
        kept = min(FEW.average, (1 + step) / (10 + step))
        for key, values in trainer.network.state_dict().items():
            expected[key] = kept * expected[key] + (1 - kept) * values
    for key, values in trainer.weights().items():
        assert torch.allclose(values, expected[key], atol=1e-6), key
        assert not torch.equal(values, trainer.network.state_dict()[key])


def test_a_run_that_augments_and_averages_is_the_same_again_and_when_it_was_stopped(
    few: tuple[Digits, Digits], tmp_path: Path
) -> None:
    for event in trainer.train(tmp_path / "whole", *few, recipe="few", seed=3):
        if isinstance(event, EpochDone):
            last = event
    assert last.correct > 30
    stop_in_epoch(2, trainer.train(tmp_path / "stopped", *few, recipe="few", seed=3))
    events = list(trainer.train(tmp_path / "stopped", *few, resume=True))
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [2, 3]
    assert next(event.images for event in reversed(events) if isinstance(event, Progress)) == 550
    assert_same_run(tmp_path / "whole", tmp_path / "stopped", tensors_each=5)


def test_a_run_with_a_planned_learning_rate_is_not_made_longer(few: tuple[Digits, Digits], tmp_path: Path) -> None:
    stop_in_epoch(2, trainer.train(tmp_path / "run", *few, recipe="few", seed=3))
    with pytest.raises(TrainingError, match="plans its learning rate"):
        list(trainer.train(tmp_path / "run", *few, resume=True, epochs=9))
