"""Recipes: which images a network is trained on, and how. Each recipe trains the convolutional or the dense network.

`lesson` is the lesson's own: five epochs of MNIST, unchanged. `robust` is for digits that people draw: the same network
is trained on MNIST as if written by other hands with other pens, and on synthetic handwriting in styles that MNIST does
not have.
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
HELD_OUT = 5_000  # the last of MNIST's training images; calibration is measured on them


@dataclass(frozen=True)
class Recipe:
    """What a network is trained on, and how.

    epochs         how often every image is shown
    batch          images per step
    learning_rate  the highest learning rate
    weight_decay   share of each weight that a step subtracts, in units of the learning rate
    warm_up        share of the run in which the learning rate rises from 0 to its highest; after that it falls to 0
                   along a cosine. None: the learning rate is constant
    average        decay of an exponential moving average of the weights, over about 1/(1 − average) steps; 0: the
                   last weights are the result
    synthetic      images from model/synthetic/handwriting.py per epoch, shown beside MNIST's
    pool           synthetic images that are generated once; each epoch shows others of them
    augmented      share of the images that an epoch shows augmented, chosen again in every epoch
    held_out       number of training images, the last ones, that the run never sees
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
        """Adam, or AdamW with weight decay. `fused` updates all parameters in one kernel, with the same formula."""
        if self.weight_decay:
            return torch.optim.AdamW(
                network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
            )
        return torch.optim.Adam(network.parameters(), lr=self.learning_rate, fused=True)

    def order(self, count: int, seed: int, epoch: int) -> Tensor:
        """The order in which an epoch shows its images: a permutation of 0 … count − 1, another one in every epoch."""
        return torch.randperm(count, generator=generator(seed, epoch))

    def rate(self, done: float) -> float:
        """The learning rate. `done` is the completed share of the run, 0 to 1."""
        if self.warm_up is None:
            return self.learning_rate
        if done < self.warm_up:
            return self.learning_rate * done / self.warm_up
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up)))

    def training_images(self, digits: Digits, seed: int) -> "TrainingImages":
        """What a run of this recipe is trained on. `digits` are MNIST's training images."""
        return TrainingImages(self, digits, seed)


class TrainingImages:
    """The images of a run, epoch by epoch, on the device of the digits."""

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
        self._normalised = normalised(self._images) if unchanging else None  # of recipes whose epochs are all the same

    def __len__(self) -> int:
        return len(self._labels) + self._synthetic

    def epoch(self, number: int) -> tuple[Tensor, Tensor]:
        """Normalised images, N×1×28×28, and labels, N, of epoch `number` (from 1)."""
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


AUGMENTING, CHOOSING = 1, 2  # purposes of `generator`; without one, it shuffles an epoch


def generator(seed: int, epoch: int, *purpose: int) -> torch.Generator:
    """Random numbers that depend only on the seed, the epoch and the purpose."""
    (mixed,) = np.random.SeedSequence([seed, epoch, *purpose]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed) & LARGEST_SEED)


LESSON = Recipe(
    name="lesson",
    epochs=5,  # a minute or two on a laptop, and about 99 %
    batch=64,  # small enough for 938 steps per epoch, large enough to keep the cores busy
    learning_rate=1e-3,  # Adam's own default
)
ROBUST = Recipe(
    name="robust",
    epochs=80,
    batch=128,
    learning_rate=2e-3,  # the batch is twice the lesson's, so the learning rate is too
    weight_decay=1e-2,  # AdamW's own default
    warm_up=0.02,
    average=0.9995,
    synthetic=20_000,
    pool=100_000,
    augmented=0.7,
    held_out=HELD_OUT,
)
# `robust` without one of its parts each: for the table of what each part gains in model/weights/robust.md.
WITHOUT = (
    replace(ROBUST, name="robust-without-styles", synthetic=0),
    replace(ROBUST, name="robust-without-augmentation", augmented=0.0),
    replace(ROBUST, name="robust-without-averaging", average=0.0),
)
RECIPES = {recipe.name: recipe for recipe in (LESSON, ROBUST, *WITHOUT)}


def weights_name(recipe: str, network: NetworkName = "cnn", shuffled: bool = False) -> str:
    """The name of a run's weights: the recipe, marked if the network or the pixel order is not the lesson's."""
    return f"{'' if network == 'cnn' else f'{network}-'}{recipe}{'-shuffled' if shuffled else ''}"
