"""Digits as odd as people draw them, which are digits all the same: what familiarity must not refuse.

A thumb is thicker than a pen, a corner is small, a hand in a hurry leans and stretches. MNIST has little of it.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from model.layers import CLASSES, SIDE
from model.preprocess.pipeline import Drawn, prepare_all
from model.synthetic.handwriting import BATCH, UPLOAD, Lines, sent, strokes, with_a_pen
from model.synthetic.non_digits import fitted

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]

THICK = (2.5, 6.4)  # px of 28: the pen of a drawing sent as a picture; 26 px for ink of 56 px is 6.4


def deformed(pictures: Grey, seed: int) -> Grey:
    """Digits that lean, turn, stretch and bend otherwise, some a little and some a lot, prepared again.

    One in four is in a thicker pen.
    """
    rng = torch.Generator().manual_seed(seed)
    shown = torch.from_numpy(pictures.astype(np.float32))[:, None]
    count = len(shown)
    strength = 0.3 + 1.7 * torch.rand(count, generator=rng)
    turn, lean, wide, high = strength * torch.randn(4, count, generator=rng)
    turn, lean, wide, high = 0.12 * turn, 0.14 * lean, torch.exp(0.09 * wide), torch.exp(0.09 * high)
    cos, sin, none = torch.cos(turn), torch.sin(turn), torch.zeros(count)
    matrices = torch.stack([wide * cos, lean - sin, none, sin, high * cos, none], dim=1).reshape(-1, 2, 3)
    grid = F.affine_grid(matrices, list(shown.shape), align_corners=False)
    # 4×4 random arrows, smoothly between them, bend the picture by about a pixel
    arrows = 0.05 * strength[:, None, None, None] * torch.randn(count, 2, 4, 4, generator=rng)
    grid += F.interpolate(arrows, size=shown.shape[-1], mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    shown = F.grid_sample(shown, grid, align_corners=False)
    thicker = torch.rand(count, 1, 1, 1, generator=rng) < 0.25
    mixed = torch.where(thicker, (shown + 2 * F.max_pool2d(shown, 3, 1, 1)) / 3, shown)
    return fitted(mixed[:, 0].round().clamp(0, 255).to(torch.uint8).numpy())


def thickened(pictures: Grey, seed: int) -> Grey:
    """Digits in a pen that is up to two pixels wider, prepared again."""
    rng = torch.Generator().manual_seed(seed)
    shown = torch.from_numpy(pictures.astype(np.float32))[:, None]
    share = torch.rand(len(shown), 1, 1, 1, generator=rng)
    mixed = share * F.max_pool2d(shown, 3, 1, 1) + (1 - share) * shown
    return fitted(mixed[:, 0].round().to(torch.uint8).numpy())


def careless(count: int, seed: int, looseness: float = 1.0) -> tuple[Grey, Labels]:
    """`count` generated digits, uint8 (count, 28, 28), that lean and stretch far, and what they are, int64 (count,).

    Half of them come as pictures, in pens up to so wide that loops close. `looseness` says how far they lean, stretch
    and turn; at 1 by 12°, a fifth and 6°, these being standard deviations.
    """
    rng = np.random.default_rng(seed)
    digits = rng.permutation(np.arange(count, dtype=np.int64) % CLASSES)
    found = np.empty((count, SIDE, SIDE), np.uint8)
    for start in range(0, count, BATCH):
        batch = [_leaning(strokes(digit, rng), looseness, rng) for digit in digits[start : start + BATCH].tolist()]
        cut = len(batch) // 2
        places = [(rng.uniform(*THICK), UPLOAD * rng.uniform(0.3, 0.9), *(4 * rng.random(2))) for _ in range(cut)]
        drawings: list[Drawn] = [*sent(batch[:cut], places), *(with_a_pen(lines, rng) for lines in batch[cut:])]
        for i, prepared in enumerate(prepare_all(drawings), start):
            found[i] = prepared.picture
    return found, digits


def _leaning(lines: Lines, looseness: float, rng: np.random.Generator) -> Lines:
    """Lines as a hand draws them that leans, stretches and turns more than is usual."""
    wide, lean, turn = rng.normal(0, looseness, 3) * (0.18, 0.22, 0.1)
    wide = math.exp(wide)
    cos, sin = math.cos(turn), math.sin(turn)
    posture = np.array([[wide, 0.0], [-lean * wide, 1.0]]) @ np.array([[cos, sin], [-sin, cos]])
    return [list(map(tuple, (np.array(line) @ posture).tolist())) for line in lines]
