"""What is trained on what, and how. Two recipes; either trains the convolutional network, or the dense one.

`lesson` is the lesson's own: five epochs of MNIST as it is. `robust` is for reading what people draw: the same network,
shown MNIST as other hands and pens would have written it, and digits in styles that MNIST's writers did not use.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from model.data.augment import augment
from model.data.mnist import Digits, normalised
from model.network import CNN, Dense

LARGEST_SEED = 2**63 - 1
HELD_BACK = 5_000  # of MNIST's training pictures, the last ones: what calibration is measured on


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how.

    epochs         times that every picture is shown
    batch          pictures to a step
    learning_rate  at its highest
    weight_decay   what every weight loses in a step, as a share of it and in units of the learning rate
    warm_up        share of the run in which the learning rate rises to its highest; it then falls as a cosine to 0.
                   None keeps it where it is
    average        the weights that count are the mean over about 1/(1 − average) steps; 0 takes the last ones
    generated      digits from model/synthetic/handwriting.py that are shown beside MNIST's, in every epoch others
    drawn          so many of them there are to choose from
    augmented      share of the pictures that are, anew in every epoch, shown as another version of themselves
    held_back      of the training pictures, the last so many, which the run does not see
    """

    name: str
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.0
    warm_up: float | None = None
    average: float = 0.0
    generated: int = 0
    drawn: int = 0
    augmented: float = 0.0
    held_back: int = 0
    network: type[CNN] | type[Dense] = CNN

    def optimiser(self, network: torch.nn.Module) -> torch.optim.Optimizer:
        """Adam, all parameters updated in one kernel: the formula of the plain one, without its round trips."""
        if self.weight_decay:
            return torch.optim.AdamW(
                network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
            )
        return torch.optim.Adam(network.parameters(), lr=self.learning_rate, fused=True)

    def order(self, count: int, seed: int, epoch: int) -> Tensor:
        """The order in which an epoch shows its pictures: a permutation of 0 … count − 1, shuffled anew every epoch."""
        return torch.randperm(count, generator=generator(seed, epoch))

    def rate(self, done: float) -> float:
        """The learning rate when this share of the run, 0 to 1, is behind it."""
        if self.warm_up is None:
            return self.learning_rate
        if done < self.warm_up:
            return self.learning_rate * done / self.warm_up
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up)))

    def material(self, digits: Digits, seed: int) -> "Material":
        """What a run of this recipe is shown, given MNIST's training pictures."""
        return Material(self, digits, seed)


class Material:
    """The pictures of a run, epoch by epoch, on the device that the digits are on."""

    def __init__(self, recipe: Recipe, digits: Digits, seed: int) -> None:
        self._recipe, self._seed = recipe, seed
        count = max(len(digits) - recipe.held_back, 1)
        self._pictures, self._labels = digits.images[:count], digits.labels[:count]
        self._generated = min(recipe.generated, count)
        if self._generated:
            from model.synthetic import handwriting

            pictures, labels = handwriting.images(max(min(recipe.drawn, 5 * count), self._generated), seed)
            device = digits.images.device
            self._drawn = torch.from_numpy(pictures).to(device), torch.from_numpy(labels).to(device)
        unchanging = not self._generated and recipe.augmented == 0
        self._same = normalised(self._pictures) if unchanging else None

    def __len__(self) -> int:
        return len(self._labels) + self._generated

    def epoch(self, number: int) -> tuple[Tensor, Tensor]:
        """Normalised pictures, N×1×28×28, and labels, N, of epoch `number` (from 1)."""
        if self._same is not None:
            return self._same, self._labels
        pictures, labels = self._pictures, self._labels
        if self._generated:
            order = torch.randperm(len(self._drawn[1]), generator=generator(self._seed, number, CHOOSING))
            chosen = order[: self._generated].to(labels.device)
            pictures, labels = (torch.cat((a, b[chosen])) for a, b in zip((pictures, labels), self._drawn, strict=True))
        shown = pictures.unsqueeze(1).float()
        if self._recipe.augmented > 0:
            random = generator(self._seed, number, AUGMENTING)
            changed = (torch.rand(len(self), generator=random) < self._recipe.augmented).to(labels.device)
            shown[changed] = augment(pictures[changed], random)
        return normalised(shown), labels


AUGMENTING, CHOOSING = 1, 2  # other random numbers than those for shuffling an epoch, and than each other


def generator(seed: int, epoch: int, *purpose: int) -> torch.Generator:
    """Random numbers for one epoch of one seed; no two epochs share them, and none depends on those before it."""
    (mixed,) = np.random.SeedSequence([seed, epoch, *purpose]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed) & LARGEST_SEED)


LESSON = Recipe(
    name="lesson",
    epochs=5,  # a minute or two on a laptop, and about 99 %
    batch=64,  # small enough for 938 steps an epoch, large enough for the matrix units
    learning_rate=1e-3,  # Adam's own default
)
ROBUST = Recipe(
    name="robust",
    epochs=80,
    batch=128,
    learning_rate=2e-3,  # twice the lesson's, as the batch is
    weight_decay=1e-2,  # AdamW's own default
    warm_up=0.02,
    average=0.9995,
    generated=20_000,
    drawn=100_000,
    augmented=0.7,
    held_back=HELD_BACK,
)
# What each part of `robust` is worth: the same without it. For the table in model/weights/robust.md.
WITHOUT = (
    replace(ROBUST, name="robust-without-styles", generated=0),
    replace(ROBUST, name="robust-without-augmentation", augmented=0.0),
    replace(ROBUST, name="robust-without-averaging", average=0.0),
)
RECIPES = {recipe.name: recipe for recipe in (LESSON, ROBUST, *WITHOUT)}
