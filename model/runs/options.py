"""The options of a command that starts a training run. Their limits are those of `settings`."""

import argparse
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from model.runs.settings import AUGMENTED, BATCHES, CHANGEABLE, EPOCHS, LEARNING_RATES, SEEDS, SHARES
from model.training.recipes import LESSON, OPTIMISERS, RECIPES

N = TypeVar("N", int, float)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add `--recipe`, `--epochs`, `--seed` and the options that change a recipe. Their default is None."""
    parser.add_argument(
        "--recipe",
        choices=tuple(RECIPES),
        metavar="RECIPE",
        help=f"the training recipe, from the list below (default: {LESSON.name})",
    )
    parser.add_argument(
        "--epochs",
        type=whole_number(*EPOCHS),
        metavar="N",
        help="passes over the training images (default: the recipe's)",
    )
    parser.add_argument(
        "--batch", type=whole_number(*BATCHES), metavar="N", help="images per step (default: the recipe's)"
    )
    parser.add_argument(
        "--learning-rate",
        type=number(*LEARNING_RATES),
        metavar="RATE",
        help="the highest learning rate (default: the recipe's)",
    )
    parser.add_argument("--optimiser", choices=OPTIMISERS, help="the optimiser (default: the recipe's)")
    parser.add_argument(
        "--augmented",
        type=number(*AUGMENTED),
        metavar="X",
        help="share of the images that are augmented, 0 to 1 (default: the recipe's)",
    )
    parser.add_argument(
        "--share",
        type=number(*SHARES),
        metavar="X",
        help="share of MNIST's training images that are used: the first ones (default: the recipe's)",
    )
    parser.add_argument(
        "--seed",
        type=whole_number(*SEEDS),
        metavar="S",
        help="seed of the initial weights and of every shuffle (default: 0)",
    )


def changes(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of the recipe for which an option was given, and their values."""
    return {name: value for name in CHANGEABLE if (value := getattr(options, name)) is not None}


def describe_recipes() -> str:
    """A line for each recipe, such as `  lesson   5 epochs of MNIST's images, as in the lesson`."""
    width = max(map(len, RECIPES))
    return "\n".join(
        f"  {recipe.name:{width}}  {recipe.epochs:>3} {'epoch ' if recipe.epochs == 1 else 'epochs'}  {recipe.summary}"
        for recipe in RECIPES.values()
    )


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """An argparse `type` for whole numbers from `least` to `most`."""
    return _within(int, least, most, f"a whole number from {least} to {most}")


def number(least: float, most: float) -> Callable[[str], float]:
    """An argparse `type` for numbers from `least` to `most`."""
    return _within(float, least, most, f"a number from {least:g} to {most:g}")


def _within(convert: Callable[[str], N], least: N, most: N, wanted: str) -> Callable[[str], N]:
    """An argparse `type` for values from `least` to `most`, read with `convert`. The error message says that the value
    must be `wanted`."""

    def parse(text: str) -> N:
        with suppress(ValueError):
            value = convert(text)
            if least <= value <= most:  # false for NaN
                return value
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")

    return parse
