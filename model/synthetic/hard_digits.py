"""Unusual digits that must still be accepted as digits, for training the in-distribution score.

People draw with their thumbs, in small corners and in haste. Their lines are thick, and their digits are slanted or
stretched. MNIST contains few such digits.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from model.layers import CLASSES, SIDE
from model.preprocess.ink import Ink
from model.preprocess.pipeline import RawDrawing, preprocess_all
from model.synthetic.devices import BATCH, UPLOAD, Lines, boxed, uploads, with_random_pen
from model.synthetic.handwriting import collected, strokes
from model.synthetic.non_digits import fitted

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]

# px, range of the stroke width in uploaded images after the fit to 20 px. Example: a digit whose points extend over
# 56 px, drawn with a 26 px pen, has a stroke width of 20 · 26 / (56 + 26) = 6.3 px after the fit.
THICK = (2.5, 6.4)
BLOCK = 250  # images changed together: their float32 grids take 10 MB, those of 1,000 images would take 40 MB


def deformed(images: Grey, seed: int) -> Iterator[Grey]:
    """Digits slanted, rotated, stretched and bent by random amounts, then scaled and centred again as the service does.

    Takes uint8 (n, 28, 28), and yields as many images, some at a time. One image in four also gets thicker lines.
    """
    rng, count = torch.Generator().manual_seed(seed), len(images)
    strength = 0.3 + 1.7 * torch.rand(count, generator=rng)
    turn, lean, wide, high = strength * torch.randn(4, count, generator=rng)
    turn, lean, wide, high = 0.12 * turn, 0.14 * lean, torch.exp(0.09 * wide), torch.exp(0.09 * high)
    cos, sin, zero = torch.cos(turn), torch.sin(turn), torch.zeros(count)
    matrices = torch.stack([wide * cos, lean - sin, zero, sin, high * cos, zero], dim=1).reshape(-1, 2, 3)
    # A grid of 4×4 random displacements, interpolated smoothly, bends the image by about a pixel.
    bends = 0.05 * strength[:, None, None, None] * torch.randn(count, 2, 4, 4, generator=rng)
    thicker = torch.rand(count, 1, 1, 1, generator=rng) < 0.25
    for block in _blocks(count):
        ink = torch.from_numpy(images[block].astype(np.float32))[:, None]
        grid = F.affine_grid(matrices[block], list(ink.shape), align_corners=False)
        bend = F.interpolate(bends[block], size=SIDE, mode="bicubic", align_corners=True)
        ink = F.grid_sample(ink, grid + bend.permute(0, 2, 3, 1), align_corners=False)
        mixed = torch.where(thicker[block], (ink + 2 * F.max_pool2d(ink, 3, 1, 1)) / 3, ink)
        yield fitted(mixed[:, 0].round().clamp(0, 255).to(torch.uint8).numpy())


def thickened(images: Grey, seed: int) -> Iterator[Grey]:
    """Digits with lines up to two pixels wider, scaled and centred again as the service does.

    Takes uint8 (n, 28, 28), and yields as many images, some at a time.
    """
    shares = torch.rand(len(images), 1, 1, 1, generator=torch.Generator().manual_seed(seed))
    for block in _blocks(len(images)):
        ink = torch.from_numpy(images[block].astype(np.float32))[:, None]
        mixed = shares[block] * F.max_pool2d(ink, 3, 1, 1) + (1 - shares[block]) * ink
        yield fitted(mixed[:, 0].round().to(torch.uint8).numpy())


def scanned(images: Grey, seed: int) -> Iterator[Grey]:
    """Digits stretched into images of 16×16 px, like coarse scans, then scaled and centred as the service does.

    Takes uint8 (n, 28, 28), and yields as many images, some at a time.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, len(images), BATCH):
        coarse = [boxed(image, rng) for image in images[start : start + BATCH]]
        preprocessed = preprocess_all([Ink(image, image, "pixels") for image in coarse])
        yield np.stack([each.image for each in preprocessed])


def _blocks(count: int) -> Iterator[slice]:
    """Slices of BLOCK images each."""
    return (slice(start, start + BLOCK) for start in range(0, count, BLOCK))


def careless(count: int, seed: int, looseness: float = 1.0) -> tuple[Grey, Labels]:
    """`count` synthetic digits with strong slant and stretch, uint8 (count, 28, 28), and their labels, int64 (count,).

    Half of them are preprocessed like uploaded images, with lines so wide that some loops close. The others are
    preprocessed like strokes. `looseness` multiplies the random slant, stretch and rotation. With a looseness of 1, the
    standard deviations are 12° for the slant, 20 % for the stretch and 6° for the rotation.
    """
    return collected(count, careless_batches(count, seed, looseness))


def careless_batches(count: int, seed: int, looseness: float = 1.0) -> Iterator[tuple[Grey, Labels]]:
    """The digits of `careless` and their labels, BATCH at a time."""
    rng = np.random.default_rng(seed)
    digits = rng.permutation(np.arange(count, dtype=np.int64) % CLASSES)
    for start in range(0, count, BATCH):
        labels = digits[start : start + BATCH]
        batch = [_slanted(strokes(digit, rng), looseness, rng) for digit in labels.tolist()]
        cut = len(batch) // 2
        places = [(rng.uniform(*THICK), UPLOAD * rng.uniform(0.3, 0.9), *(4 * rng.random(2))) for _ in range(cut)]
        drawings: list[RawDrawing] = [
            *uploads(batch[:cut], places),
            *(with_random_pen(lines, rng) for lines in batch[cut:]),
        ]
        yield np.stack([preprocessed.image for preprocessed in preprocess_all(drawings)]), labels


def _slanted(lines: Lines, looseness: float, rng: np.random.Generator) -> Lines:
    """The lines of a digit with a random slant, stretch and rotation, all multiplied by `looseness`."""
    wide, lean, turn = rng.normal(0, looseness, 3) * (0.18, 0.22, 0.1)
    wide = math.exp(wide)
    cos, sin = math.cos(turn), math.sin(turn)
    posture = np.array([[wide, 0.0], [-lean * wide, 1.0]]) @ np.array([[cos, sin], [-sin, cos]])
    return [list(map(tuple, (np.array(line) @ posture).tolist())) for line in lines]
