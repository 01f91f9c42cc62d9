"""Recipes: which images a network is trained on, and how. Each recipe can train the convolutional or the dense network.

`lesson` is the recipe of the lesson: five epochs of unchanged MNIST images. `robust` is for digits that people draw on
a screen. It trains on augmented MNIST images, and on synthetic handwriting in styles that MNIST does not contain.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from model.data.augment import augment
from model.data.mnist import Digits, normalised
from model.layers import NetworkName
from model.network import CNN, Dense

LARGEST_SEED = 2**63 - 1
HELD_OUT = 5_000  # number of images at the end of MNIST's training set that are kept for calibration


@dataclass(frozen=True)
class Recipe:
    """The training images of a network, and the settings of its training.

    epochs         number of epochs; each shows every MNIST training image once, except the held-out images
    batch          number of images per step
    learning_rate  the highest learning rate
    weight_decay   each step subtracts learning rate × `weight_decay` × weight from each weight
    warm_up        share of the run in which the learning rate rises from 0 to its highest value; after that it falls to
                   0 along a cosine. None means that the learning rate is constant
    average        decay of an exponential moving average of the weights, over about 1/(1 − average) steps; the result
                   is this average. 0 means that the weights after the last step are the result
    synthetic      number of synthetic digits that each epoch adds to MNIST's images
    pool           number of synthetic digits that are generated; each epoch chooses from them at random
    augmented      share of the images that are augmented; each epoch chooses them at random
    held_out       number of images at the end of MNIST's training set that are not used for training
    network        the class of the network
    """

    name: str
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.0
    warm_up: float | None = None
    average: float = 0.0
    synthetic: int = 0
    pool: int = 0
    augmented: float = 0.0
    held_out: int = 0
    network: type[CNN] | type[Dense] = CNN

    def optimiser(self, network: torch.nn.Module) -> torch.optim.Optimizer:
        """The optimiser: Adam without weight decay, and AdamW with weight decay.

        With PyTorch's option `fused`, one kernel updates all parameters; the formula is the same.
        """
        if self.weight_decay:
            return torch.optim.AdamW(
                network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
            )
        return torch.optim.Adam(network.parameters(), lr=self.learning_rate, fused=True)

    def order(self, count: int, seed: int, epoch: int) -> Tensor:
        """The order of the images in an epoch: a random permutation of 0 … count − 1, different in each epoch."""
        return torch.randperm(count, generator=generator(seed, epoch))

    def rate(self, done: float) -> float:
        """The learning rate when the share `done` of the run, 0 to 1, is complete."""
        if self.warm_up is None:
            return self.learning_rate
        if done < self.warm_up:
            return self.learning_rate * done / self.warm_up
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up)))

    def training_images(self, digits: Digits, seed: int) -> "TrainingImages":
        """The images that a run of this recipe is trained on. `digits` are MNIST's training images."""
        return TrainingImages(self, digits, seed)


class TrainingImages:
    """The training images of a run, for each epoch. They are on the same device as the MNIST digits that are given."""

    def __init__(self, recipe: Recipe, digits: Digits, seed: int) -> None:
        self._recipe, self._seed = recipe, seed
        count = max(len(digits) - recipe.held_out, 1)
        self._images, self._labels = digits.images[:count], digits.labels[:count]
        self._synthetic = min(recipe.synthetic, count)
        if self._synthetic:
            from model.synthetic import handwriting

            images, labels = handwriting.images(max(min(recipe.pool, 5 * count), self._synthetic), seed)
            device = digits.images.device
            self._pool = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
        unchanging = not self._synthetic and recipe.augmented == 0
        # If all epochs use the same images, they are normalised only once.
        self._normalised = normalised(self._images) if unchanging else None

    def __len__(self) -> int:
        return len(self._labels) + self._synthetic

    def epoch(self, number: int) -> tuple[Tensor, Tensor]:
        """The normalised images, N×1×28×28, and the labels, N, of an epoch. The first epoch is number 1."""
        if self._normalised is not None:
            return self._normalised, self._labels
        images, labels = self._images, self._labels
        if self._synthetic:
            order = torch.randperm(len(self._pool[1]), generator=generator(self._seed, number, CHOOSING))
            chosen = order[: self._synthetic].to(labels.device)
            images, labels = (torch.cat((a, b[chosen])) for a, b in zip((images, labels), self._pool, strict=True))
        shown = images.unsqueeze(1).float()
        if self._recipe.augmented > 0:
            random = generator(self._seed, number, AUGMENTING)
            changed = (torch.rand(len(self), generator=random) < self._recipe.augmented).to(labels.device)
            shown[changed] = augment(images[changed], random)
        return normalised(shown), labels


AUGMENTING, CHOOSING = 1, 2  # values for `purpose` in `generator`; the order of an epoch uses no purpose


def generator(seed: int, epoch: int, *purpose: int) -> torch.Generator:
    """A generator of random numbers, which depend only on the seed, the epoch and the purpose."""
    (mixed,) = np.random.SeedSequence([seed, epoch, *purpose]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed) & LARGEST_SEED)


LESSON = Recipe(
    name="lesson",
    epochs=5,  # takes a minute or two on a laptop and reaches about 99 %
    batch=64,  # small enough for many steps per epoch (938), large enough to use all cores
    learning_rate=1e-3,  # the default of Adam
)
ROBUST = Recipe(
    name="robust",
    epochs=80,
    batch=128,
    learning_rate=2e-3,  # twice the lesson's, because the batch is also twice as large
    weight_decay=1e-2,  # the default of AdamW
    warm_up=0.02,
    average=0.9995,
    synthetic=20_000,
    pool=100_000,
    augmented=0.7,
    held_out=HELD_OUT,
)
# Each of these recipes is `robust` without one of its parts. model/weights/robust.md compares their results.
WITHOUT = (
    replace(ROBUST, name="robust-without-styles", synthetic=0),
    replace(ROBUST, name="robust-without-augmentation", augmented=0.0),
    replace(ROBUST, name="robust-without-averaging", average=0.0),
)
RECIPES = {recipe.name: recipe for recipe in (LESSON, ROBUST, *WITHOUT)}


def weights_name(recipe: str, network: NetworkName = "cnn", shuffled: bool = False) -> str:
    """The name of a run's weights: the recipe, with a prefix and a suffix for variants.

    The prefix is `dense-` for the dense network, and the suffix is `-shuffled` for shuffled pixels.
    """
    return f"{'' if network == 'cnn' else f'{network}-'}{recipe}{'-shuffled' if shuffled else ''}"
