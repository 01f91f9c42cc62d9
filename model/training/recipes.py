"""Recipes: which images a network is trained on, and how. Each recipe can train the convolutional or the dense network.

`lesson` is the recipe of the lesson: five epochs of unchanged MNIST images. `fast` reaches an accuracy of 99 % with one
pass over 80 % of them. `robust` is for digits that people draw on a screen: it trains on augmented MNIST images, and on
synthetic handwriting in styles that MNIST does not contain.

This module does not import PyTorch, so that the command line can list and check recipes at once.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

from model.layers import NetworkName

LARGEST_SEED = 2**63 - 1
Optimiser = Literal["adam", "sgd"]
OPTIMISERS = get_args(Optimiser)
HELD_OUT = 5_000  # number of images at the end of MNIST's training set that are kept for calibration


@dataclass(frozen=True)
class Recipe:
    """The training images of a network, and the settings of its training.

    summary        what the training images are, in a few words
    epochs         number of epochs; each shows every MNIST training image once, except the held-out images
    batch          number of images per step
    learning_rate  the highest learning rate
    betas          Adam's decays of the moving averages of the gradient and of its square
    weight_decay   each step subtracts learning rate × `weight_decay` × weight from each weight
    warm_up        share of the run in which the learning rate rises from 0 to its highest value; after that it falls to
                   0 along a cosine. None means that the learning rate is constant
    average        decay of an exponential moving average of the weights, over about 1/(1 − average) steps; the result
                   is this average. 0 means that the weights after the last step are the result
    synthetic      number of synthetic digits that each epoch adds to MNIST's images
    pool           number of synthetic digits that are generated; each epoch chooses from them at random
    augmented      share of the images that are augmented; each epoch chooses them at random
    held_out       number of images at the end of MNIST's training set that are not used for training
    network        the name of the network
    smoothing      share of the target probability that is spread evenly over the ten digits (label smoothing)
    optimiser      `adam`, or `sgd`: w − learning rate × gradient
    share          share of MNIST's training images that are used: the first ones
    """

    name: str
    summary: str
    epochs: int
    batch: int
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)  # the defaults of Adam
    weight_decay: float = 0.0
    warm_up: float | None = None
    average: float = 0.0
    synthetic: int = 0
    pool: int = 0
    augmented: float = 0.0
    held_out: int = 0
    network: NetworkName = "cnn"
    smoothing: float = 0.0
    optimiser: Optimiser = "adam"
    share: float = 1.0

    def rate(self, done: float) -> float:
        """The learning rate when the share `done` of the run, 0 to 1, is complete."""
        if self.warm_up is None:
            return self.learning_rate
        if done < self.warm_up:
            return self.learning_rate * done / self.warm_up
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up)))


LESSON = Recipe(
    name="lesson",
    summary="of MNIST's images, as in the lesson",
    epochs=5,  # takes a minute or two on a laptop and reaches about 99 %
    batch=64,  # small enough for many steps per epoch (938), large enough to use all cores
    learning_rate=1e-3,  # the default of Adam
)
ROBUST = Recipe(
    name="robust",
    summary="of MNIST's images, augmented, and of synthetic digits",
    epochs=60,
    batch=128,
    learning_rate=2e-3,  # twice the lesson's, because the batch is also twice as large
    weight_decay=1e-2,  # the default of AdamW
    warm_up=0.02,
    average=0.9995,
    synthetic=30_000,
    pool=150_000,
    augmented=0.7,
    held_out=HELD_OUT,
)
# It computes in float32: on a Xeon with AVX512-BF16 but without matrix instructions (AMX), the second convolution of a
# batch takes 5.4 ms in bfloat16 and 3.1 ms in float32. With two threads, the seeds 0 to 2 reached an accuracy of 99.10
# to 99.28 %; with one thread, which rounds differently, the seeds 0 to 3 reached 99.08 to 99.21 %.
FAST = Recipe(
    name="fast",
    summary="of MNIST's images: 99 % in the shortest time",
    epochs=1,
    batch=128,  # half as many steps as the lesson's, and larger batches keep the cores busier
    learning_rate=6e-3,  # as high as one epoch allows; the fall to 0 at the end replaces the lesson's later epochs
    betas=(0.8, 0.95),  # Adam's default averages the squared gradient over 1,000 steps, but this run has only 375
    warm_up=0.25,  # at this rate, Adam's first steps must be small, because its averages are not yet reliable
    smoothing=0.1,  # adds about 0.2 points (Szegedy et al. 2016, arXiv:1512.00567)
    share=0.8,  # with label smoothing, so many images suffice
)
# Each of these recipes is `robust` without one of its parts. model/weights/robust.md compares their results.
WITHOUT = (
    replace(ROBUST, name="robust-without-styles", summary="as robust, without synthetic digits", synthetic=0),
    replace(ROBUST, name="robust-without-augmentation", summary="as robust, without augmentation", augmented=0.0),
    replace(ROBUST, name="robust-without-averaging", summary="as robust, without averaging the weights", average=0.0),
)
RECIPES = {recipe.name: recipe for recipe in (LESSON, FAST, ROBUST, *WITHOUT)}


def weights_name(recipe: str, network: NetworkName = "cnn", shuffled: bool = False) -> str:
    """The name of a run's weights: the recipe, with a prefix and a suffix for variants.

    The prefix is `dense-` for the dense network, and the suffix is `-shuffled` for shuffled pixels.
    """
    return f"{'' if network == 'cnn' else f'{network}-'}{recipe}{'-shuffled' if shuffled else ''}"
