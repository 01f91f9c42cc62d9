"""The options of a command that starts a training run. Their limits are those of `settings`."""

import argparse
from collections.abc import Callable
from typing import Any

from model.runs.settings import AUGMENTED, BATCHES, CHANGEABLE, EPOCHS, LEARNING_RATES, SEEDS, SHARES
from model.training.recipes import LESSON, OPTIMISERS, RECIPES


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
    """A `type` of argparse for whole numbers from `least` to `most`."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return value

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """A `type` of argparse for numbers from `least` to `most`."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:  # not a number, either
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return parse
