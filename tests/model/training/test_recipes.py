"""The recipes determine the learning rate, the order and the images of every epoch."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.layers import MEAN, STD
from model.network import CNN
from model.synthetic import handwriting
from model.training import recipes
from tests.support.training_runs import Both

AUGMENTED = recipes.Recipe(
    name="augmented",
    epochs=3,
    batch=64,
    learning_rate=2e-3,
    weight_decay=1e-2,
    warm_up=0.1,
    average=0.9,
    synthetic=100,
    pool=300,
    augmented=0.75,
    held_out=50,
)


def test_the_lesson_recipe_has_the_lessons_settings() -> None:
    recipe = recipes.RECIPES["lesson"]
    assert (recipe.epochs, recipe.batch, recipe.learning_rate) == (5, 64, 1e-3)
    optimiser = recipe.optimiser(CNN())
    unaugmented = torch.optim.Adam(CNN().parameters(), lr=1e-3)
    assert isinstance(optimiser, torch.optim.Adam)
    assert {**optimiser.defaults, "fused": None} == unaugmented.defaults


def test_every_epoch_and_every_seed_has_a_different_order() -> None:
    orders = [recipes.LESSON.order(1000, seed, epoch).tolist() for seed in (0, 1) for epoch in (1, 2)]
    assert all(sorted(order) == list(range(1000)) for order in orders)
    assert len({tuple(order) for order in orders}) == 4
    assert orders[0] == recipes.LESSON.order(1000, 0, 1).tolist()
    assert orders[0] != list(range(1000))


def test_the_learning_rate_rises_once_and_falls_once_and_the_lessons_rate_is_constant() -> None:
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


def test_held_out_images_are_never_used_for_training(few: Both) -> None:
    training = AUGMENTED.training_images(few[0].first(500), seed=1)
    assert len(training) == 450 + 100
    images, labels = training.epoch(1)
    assert torch.equal(labels[:450], few[0].labels[:450])
    assert len(images) == len(labels) == 550
    again, labels_again = training.epoch(1)
    assert torch.equal(again, images)
    assert torch.equal(labels_again, labels)
    assert not torch.equal(training.epoch(2)[0], images)


def test_every_epoch_has_different_synthetic_digits(few: Both) -> None:
    unaugmented = replace(AUGMENTED, augmented=0.0).training_images(few[0].first(500), seed=1)
    epochs = [unaugmented.epoch(number) for number in range(1, 13)]
    assert all(torch.equal(images[:450], epochs[0][0][:450]) for images, _ in epochs)
    seen = [{image.numpy().tobytes() for image in images[450:]} for images, _ in epochs]
    assert all(len(each) >= 98 for each in seen), "no image is shown twice in an epoch, but two may look the same"
    assert len(seen[0] & seen[1]) < 60
    assert len(set[bytes]().union(*seen)) > 280, "of the 300 in the pool"
    labels = torch.cat([labels[450:] for _, labels in epochs])
    assert torch.bincount(labels, minlength=10).min() > 60
    everything, digits = handwriting.images(300, 1)
    pool = {image.tobytes(): digit for image, digit in zip(everything, digits.tolist(), strict=True)}
    back = ((epochs[4][0][450:, 0] * STD + MEAN) * 255).round().to(torch.uint8)
    assert [pool[image.numpy().tobytes()] for image in back] == epochs[4][1][450:].tolist()


def test_the_name_of_the_weights_contains_the_differences_from_the_lesson() -> None:
    assert recipes.weights_name("lesson") == "lesson"
    assert recipes.weights_name("robust", "dense", shuffled=True) == "dense-robust-shuffled"
