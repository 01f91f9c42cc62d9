"""The images that a network is trained on: their order in each epoch, augmentation and synthetic digits.

All random numbers depend only on the seed, the epoch and their purpose.
"""

import numpy as np
import torch
from torch import Tensor

from model.data.augment import augment
from model.data.mnist import Digits, normalised
from model.training.recipes import LARGEST_SEED, Recipe


def epoch_order(count: int, seed: int, epoch: int) -> Tensor:
    """The order of the images in an epoch: a random permutation of 0 … count − 1, different in each epoch."""
    return torch.randperm(count, generator=generator(seed, epoch))


class TrainingImages:
    """The images that a run of a recipe is trained on, for each epoch.

    `digits` are MNIST's training images. The images of each epoch are on the same device.
    """

    def __init__(self, recipe: Recipe, digits: Digits, seed: int) -> None:
        self._recipe, self._seed = recipe, seed
        count = max(round(recipe.share * (len(digits) - recipe.held_out)), 1)
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


AUGMENTING, CHOOSING = 1, 2  # values for `purpose` in `generator`; `epoch_order` uses no purpose


def generator(seed: int, epoch: int, *purpose: int) -> torch.Generator:
    """A generator of random numbers, which depend only on the seed, the epoch and the purpose."""
    (mixed,) = np.random.SeedSequence([seed, epoch, *purpose]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed) & LARGEST_SEED)
