"""The images that the in-distribution score is trained on: digits and other images, in a temporary file."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.layers import SIDE
from model.synthetic import handwriting, hard_digits, non_digits

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]

DEFORMED = 50_000  # number of training images that are shown a second time, deformed
THICKENED = 20_000  # number of training images that are shown again with thicker lines
SCANNED = 12_000  # number of training images that are shown again as coarse scans
STROKES = 30_000  # number of synthetic digits from `handwriting`
CARELESS = 30_000  # number of synthetic digits with strong slant and stretch
OUTLIERS = 208_000  # number of images that are not digits


class ImageFile:
    """Images, uint8 (n, 28, 28), in a temporary file, which is deleted when it is closed.

    405,000 images would take 0.3 GB of memory.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=SIDE * SIDE)  # noqa: SIM115 -- __exit__ closes it
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def extend(self, images: Grey) -> None:
        """Add images, uint8 (n, 28, 28)."""
        self._file.seek(0, 2)
        self._file.write(np.ascontiguousarray(images).data)  # without a copy: 50,000 images take 39 MB
        self._count += len(images)

    def read(self, indices: Sequence[int]) -> Grey:
        """The images with these indices."""
        images = np.empty((len(indices), SIDE, SIDE), np.uint8)
        for image, index in zip(images, indices, strict=True):
            self._file.seek(index * SIDE * SIDE)
            image[:] = np.frombuffer(self._file.read(SIDE * SIDE), np.uint8).reshape(SIDE, SIDE)
        return images


def digits(images: Grey, seed: int) -> Iterator[Grey]:
    """The digits, a part at a time: the training images, changed training images and synthetic digits.

    `images` are MNIST's training images, uint8 (n, 28, 28).
    """
    yield images
    yield from hard_digits.deformed(images[:DEFORMED], seed)
    yield from hard_digits.thickened(images[:THICKENED], seed + 6)
    yield from hard_digits.scanned(images[-SCANNED:], seed + 8)
    synthetic = (handwriting.batches(STROKES, seed + 2), hard_digits.careless_batches(CARELESS, seed + 5))
    yield from (part for part, _ in chain(*synthetic))


def others(images: Grey, labels: Labels, seed: int) -> Iterator[Grey]:
    """OUTLIERS images that are not digits, a part at a time."""
    return non_digits.batches(OUTLIERS, seed + 1, images, labels)


def number_of_digits(images: int) -> int:
    """The number of digits that `digits` yields for this number of training images."""
    return images + min(DEFORMED, images) + min(THICKENED, images) + min(SCANNED, images) + STROKES + CARELESS
