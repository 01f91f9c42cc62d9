"""Robustness curves: how accuracy falls as the test digits are moved, rotated, scaled, drawn wider, made noisy.

The changed pictures go to the network as they are. The service would first centre and scale them, which undoes most of
a shift and of a scale; these curves show the network alone.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from model.data.mnist import Digits
from model.evaluation.accuracy import Evaluation, evaluate
from model.network import Network

Change = Callable[[Tensor, float], Tensor]  # uint8 N×28×28 and a strength -> uint8 N×28×28
RING = 16  # directions in which a pen reaches; between two of them its edge is off by 2 % of how far it reaches
SEED = 0  # of the noise


@dataclass(frozen=True)
class Point:
    """The digits changed by `strength`: the share read right, and the mean confidence of the answers."""

    strength: float
    accuracy: float
    confidence: float


@dataclass(frozen=True)
class Curve:
    """One kind of change at several strengths, the weakest number first; at one of them nothing is changed."""

    name: str
    unit: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class _Kind:
    unit: str
    unchanged: float
    strengths: tuple[float, ...]
    change: Change


def curves(
    network: Network,
    digits: Digits,
    unchanged: Evaluation,
    temperature: float = 1.0,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Curve]:
    """Read the digits again at every strength of every change. `unchanged` is their evaluation as they are.

    `say` is told what is being read, before it is.
    """
    for name, kind in KINDS.items():
        points = []
        for strength in kind.strengths:
            result = unchanged
            if strength != kind.unchanged:
                say(f"{name} {strength:g} {kind.unit}")
                changed = torch.cat([kind.change(part, strength) for part in torch.split(digits.images, 1000)])
                result = evaluate(network, Digits(changed, digits.labels, digits.files), temperature)
            points.append(Point(strength, result.accuracy, float(result.confidence.mean())))
        yield Curve(name, kind.unit, tuple(points))


def shifted(pictures: Tensor, pixels: float) -> Tensor:
    """Moved by whole pixels: right, down, left, up by turns. What leaves the picture is gone, nothing wraps."""
    far = round(pixels)
    result = torch.empty_like(pictures)
    for turn, (right, down) in enumerate(((far, 0), (0, far), (-far, 0), (0, -far))):
        result[turn::4] = moved(pictures[turn::4], right, down)
    return result


def moved(pictures: Tensor, right: int, down: int) -> Tensor:
    """Moved by whole pixels, N×28×28. What leaves the picture is gone, nothing wraps."""
    far, side = max(abs(right), abs(down)), pictures.shape[-1]
    padded = F.pad(pictures, (far, far, far, far))
    return padded[:, far - down : far - down + side, far - right : far - right + side]


def rotated(pictures: Tensor, degrees: float) -> Tensor:
    """Turned clockwise about the middle."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _sampled(pictures, ((c, s), (-s, c)))


def scaled(pictures: Tensor, factor: float) -> Tensor:
    """Larger or smaller about the middle; what leaves the picture is gone."""
    # Smaller, one new pixel covers several old ones: the mean of 2×2 samples keeps thin lines from falling between.
    return _sampled(pictures, ((1 / factor, 0.0), (0.0, 1 / factor)), finer=2 if factor < 1 else 1)


def widened(pictures: Tensor, pixels: float) -> Tensor:
    """Lines wider, or with a negative number narrower, by so many pixels.

    Each pixel becomes the strongest (narrower: the weakest) within pixels/2 of it. Between pixels the picture is read
    linearly, so an edge moved by a quarter of a pixel leaves a quarter of the ink in the next one.
    """
    radius = abs(pixels) / 2
    pick = torch.maximum if pixels > 0 else torch.minimum
    result = whole = pictures.unsqueeze(1).float()
    ring = radius
    while ring > 0:  # rings a pixel apart leave no gap
        for step in range(RING):
            angle = 2 * math.pi * step / RING
            result = pick(result, _offset(whole, ring * math.cos(angle), ring * math.sin(angle)))
        ring -= 1
    return _as_grey(result)


def noisy(pictures: Tensor, spread: float) -> Tensor:
    """Normal noise on every pixel, its standard deviation a share of the range from black to white, then clipped."""
    random = torch.Generator().manual_seed(SEED)
    noise = torch.randn(pictures.shape, generator=random).to(pictures.device)
    return _as_grey((pictures + 255 * spread * noise).unsqueeze(1))


def _sampled(pictures: Tensor, inverse: tuple[tuple[float, float], tuple[float, float]], finer: int = 1) -> Tensor:
    """A linear map about the middle, given as its inverse: for each new place, where in the old picture to look."""
    side = finer * pictures.shape[-1]
    matrix = torch.tensor([[[*row, 0.0] for row in inverse]], device=pictures.device)
    grid = F.affine_grid(matrix, [1, 1, side, side], align_corners=False)
    whole = pictures.unsqueeze(0).float()  # the pictures as channels of one: all are looked up at the same places
    found = F.grid_sample(whole, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return _as_grey(F.avg_pool2d(found, finer).transpose(0, 1))


def _offset(pictures: Tensor, right: float, down: float) -> Tensor:
    """N×1×28×28 moved by less than two pixels, read linearly between pixels; black comes in from outside."""
    x, y = math.floor(right), math.floor(down)
    across, along = right - x, down - y
    side, edge = pictures.shape[-1], 3
    padded = F.pad(pictures, (edge, edge, edge, edge))

    def moved(right: int, down: int) -> Tensor:
        return padded[:, :, edge - down : edge - down + side, edge - right : edge - right + side]

    upper = moved(x, y) * (1 - across) + moved(x + 1, y) * across
    lower = moved(x, y + 1) * (1 - across) + moved(x + 1, y + 1) * across
    return upper * (1 - along) + lower * along


def _as_grey(pictures: Tensor) -> Tensor:
    return pictures.squeeze(1).round_().clamp_(0, 255).to(torch.uint8)


KINDS: dict[str, _Kind] = {
    "shift": _Kind("px", 0, (0, 1, 2, 3, 4, 6), shifted),
    "rotation": _Kind("°", 0, (-60, -45, -30, -15, 0, 15, 30, 45, 60), rotated),
    "scale": _Kind("×", 1, (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4), scaled),
    "stroke width": _Kind("px", 0, (-1.5, -1, -0.5, 0, 0.5, 1, 2, 3), widened),
    "noise": _Kind("σ", 0, (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), noisy),
}
