"""Robustness curves: the accuracy on digits that are shifted, rotated, scaled, thickened or made noisy.

The altered images go straight to the network, so the curves measure the network alone. The service would first centre
and scale an image, which undoes most of a shift or of a change in size.
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
RING = 16  # number of points that approximate a circle, with an error of at most 2 % of the radius
SEED = 0  # seed of the noise


@dataclass(frozen=True)
class Point:
    """Accuracy and mean confidence on digits that are altered with this strength."""

    strength: float
    accuracy: float
    confidence: float


@dataclass(frozen=True)
class Curve:
    """The results for one alteration at increasing strengths. At one of these strengths, the digits are unchanged."""

    name: str
    unit: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class _Alteration:
    unit: str
    unchanged: float
    strengths: tuple[float, ...]
    change: Change


def curves(
    network: Network,
    digits: Digits,
    unchanged: Evaluation,
    temperature: float = 1.0,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Curve]:
    """Evaluate the digits at every strength of every alteration.

    `unchanged` is the evaluation of the digits without alteration. `progress` is called with a line of text before each
    new evaluation.
    """
    for name, kind in KINDS.items():
        points = []
        for strength in kind.strengths:
            result = unchanged
            if strength != kind.unchanged:
                progress(f"{name} {strength:g} {kind.unit}")
                changed = torch.cat([kind.change(part, strength) for part in torch.split(digits.images, 1000)])
                result = evaluate(network, Digits(changed, digits.labels, digits.files), temperature)
            points.append(Point(strength, result.accuracy, float(result.confidence.mean())))
        yield Curve(name, kind.unit, tuple(points))


def shifted(images: Tensor, pixels: float) -> Tensor:
    """The images shifted by `pixels`, rounded to whole pixels. Nothing wraps around.

    The first image is shifted right, the second down, the third left, the fourth up, the fifth right again, and so on.
    """
    far = round(pixels)
    result = torch.empty_like(images)
    for turn, (right, down) in enumerate(((far, 0), (0, far), (-far, 0), (0, -far))):
        result[turn::4] = moved(images[turn::4], right, down)
    return result


def moved(images: Tensor, right: int, down: int) -> Tensor:
    """The images, N×28×28, shifted by whole pixels. Nothing wraps around: uncovered pixels become black."""
    far, side = max(abs(right), abs(down)), images.shape[-1]
    padded = F.pad(images, (far, far, far, far))
    return padded[:, far - down : far - down + side, far - right : far - right + side]


def rotated(images: Tensor, degrees: float) -> Tensor:
    """The images rotated clockwise around their centre."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _sampled(images, ((c, s), (-s, c)))


def scaled(images: Tensor, factor: float) -> Tensor:
    """The images enlarged or reduced around their centre. Their size in pixels stays the same."""
    # In a reduced image, a pixel covers several original pixels. With 2×2 samples, no thin line is skipped.
    return _sampled(images, ((1 / factor, 0.0), (0.0, 1 / factor)), finer=2 if factor < 1 else 1)


def widened(images: Tensor, pixels: float) -> Tensor:
    """The images with lines that are `pixels` wider, or narrower if `pixels` is negative.

    Each pixel becomes the maximum (or the minimum) of the ink within a radius of |pixels|/2. Values between pixels are
    interpolated linearly, so an edge that moves by a quarter of a pixel adds a quarter of the ink to the next pixel.
    """
    radius = abs(pixels) / 2
    pick = torch.maximum if pixels > 0 else torch.minimum
    result = original = images.unsqueeze(1).float()
    ring = radius
    while ring > 0:  # rings one pixel apart leave no gaps
        for step in range(RING):
            angle = 2 * math.pi * step / RING
            result = pick(result, _offset(original, ring * math.cos(angle), ring * math.sin(angle)))
        ring -= 1
    return _as_grey(result)


def noisy(images: Tensor, spread: float) -> Tensor:
    """The images with Gaussian noise added to every pixel, clipped to the range from black to white.

    `spread` is the standard deviation of the noise, as a share of white.
    """
    random = torch.Generator().manual_seed(SEED)
    noise = torch.randn(images.shape, generator=random).to(images.device)
    return _as_grey((images + 255 * spread * noise).unsqueeze(1))


def _sampled(images: Tensor, inverse: tuple[tuple[float, float], tuple[float, float]], finer: int = 1) -> Tensor:
    """The images after a linear map around their centre.

    `inverse` is the inverse of the map: a matrix that maps new positions to old ones. Each new pixel is the mean of
    `finer`×`finer` samples.
    """
    side = finer * images.shape[-1]
    matrix = torch.tensor([[[*row, 0.0] for row in inverse]], device=images.device)
    grid = F.affine_grid(matrix, [1, 1, side, side], align_corners=False)
    channels = images.unsqueeze(0).float()  # one image with N channels: they share one sampling grid
    sampled = F.grid_sample(channels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return _as_grey(F.avg_pool2d(sampled, finer).transpose(0, 1))


def _offset(images: Tensor, right: float, down: float) -> Tensor:
    """The images, N×1×28×28, shifted by less than two pixels with linear interpolation. Uncovered pixels are black."""
    x, y = math.floor(right), math.floor(down)
    across, along = right - x, down - y
    side, edge = images.shape[-1], 3
    padded = F.pad(images, (edge, edge, edge, edge))

    def moved(right: int, down: int) -> Tensor:
        return padded[:, :, edge - down : edge - down + side, edge - right : edge - right + side]

    upper = moved(x, y) * (1 - across) + moved(x + 1, y) * across
    lower = moved(x, y + 1) * (1 - across) + moved(x + 1, y + 1) * across
    return upper * (1 - along) + lower * along


def _as_grey(images: Tensor) -> Tensor:
    return images.squeeze(1).round_().clamp_(0, 255).to(torch.uint8)


KINDS: dict[str, _Alteration] = {
    "shift": _Alteration("px", 0, (0, 1, 2, 3, 4, 6), shifted),
    "rotation": _Alteration("°", 0, (-60, -45, -30, -15, 0, 15, 30, 45, 60), rotated),
    "scale": _Alteration("×", 1, (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4), scaled),
    "stroke width": _Alteration("px", 0, (-1.5, -1, -0.5, 0, 0.5, 1, 2, 3), widened),
    "noise": _Alteration("σ", 0, (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), noisy),
}
