"""The recipes: their settings, their learning rates and the names of their weights."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from model.network import CNN
from model.training import recipes, trainer
from tests import ROOT

AUGMENTED = recipes.Recipe(
    name="augmented",
    summary="for tests",
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
    optimiser = trainer.optimiser(recipe, CNN())
    unaugmented = torch.optim.Adam(CNN().parameters(), lr=1e-3)
    assert isinstance(optimiser, torch.optim.Adam)
    assert {**optimiser.defaults, "fused": None} == unaugmented.defaults


def test_the_fast_recipe_trains_one_epoch_with_short_averages_in_adam() -> None:
    recipe = recipes.RECIPES["fast"]
    assert (recipe.epochs, recipe.batch, recipe.share, recipe.smoothing) == (1, 128, 0.8, 0.1)
    optimiser = trainer.optimiser(recipe, CNN())
    assert isinstance(optimiser, torch.optim.Adam)
    assert optimiser.defaults["betas"] == (0.8, 0.95)
    assert [recipe.rate(done) for done in (0, 0.125, 0.25, 0.625, 1)] == pytest.approx([0, 3e-3, 6e-3, 3e-3, 0])


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


def test_the_name_of_the_weights_contains_the_differences_from_the_lesson() -> None:
    assert recipes.weights_name("lesson") == "lesson"
    assert recipes.weights_name("robust", "dense", shuffled=True) == "dense-robust-shuffled"


def test_the_recipes_are_known_without_importing_pytorch() -> None:
    script = "import sys; from model.training.recipes import RECIPES; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
