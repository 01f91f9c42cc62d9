"""MNIST's pictures as other hands, pens and devices would have made them, on whatever device the pictures lie.

Each picture is given another pen, slanted, turned, stretched and bent, then fitted to 20 pixels and centred as the
service does (model/preprocess/fit.py), so that training images look like those the network will be given:

    augment(digits.pictures, generator)   # uint8 N×28×28 -> float32 N×1×28×28, 0 to 255

Everything random comes from one generator on the CPU, so that a GPU is shown the same as a CPU.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from model.layers import SIDE

FIT = 20.0  # px, the longer side of the ink
HALF = SIDE / 2
CHUNK = 1000  # pictures at a time, so that what is being worked on stays in the cache
FAINT = 0.15  # of the strongest ink; what is below is the blur of an edge and does not count for where the ink ends

TURN = math.radians(9)  # standard deviation of the rotation
SLANT = 0.15  # of the horizontal shear
STRETCH = 0.14  # of the logarithm of width over height
BEND = 0.8  # px, of the displacement of one wave
WAVES = 4
WAVELENGTHS = (12.0, 40.0)  # px
MAIN_WIDTH = 0.62  # of the first look at a bent picture, so that none of its ink leaves the field


def augment(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Another version of each picture. uint8 N×28×28 (or ×1×28×28) to float32 N×1×28×28, 0 to 255."""
    flat = pictures.reshape(-1, 1, SIDE, SIDE)
    return torch.cat([_augment(part.float() / 255, generator) for part in torch.split(flat, CHUNK)]).mul_(255)


def _augment(ink: Tensor, generator: torch.Generator) -> Tensor:
    random = _Random(generator, len(ink), ink.device)
    ink = _repen(ink, random)
    ink = _rewrite(ink, random)
    return _redigitise(ink, random)


class _Random:
    """One random number, or several, for each of `count` pictures."""

    def __init__(self, generator: torch.Generator, count: int, device: torch.device) -> None:
        self._generator, self._count, self._device = generator, count, device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(self._count, *shape, generator=self._generator).to(self._device) * (high - low) + low

    def normal(self, deviation: float, *shape: int) -> Tensor:
        return torch.randn(self._count, *shape, generator=self._generator).to(self._device) * deviation

    def chance(self, probability: float) -> Tensor:
        """True for about so many of them."""
        return torch.rand(self._count, generator=self._generator).to(self._device) < probability


def _each(values: Tensor) -> Tensor:
    return values[:, None, None, None]


# ---------------------------------------------------------------- the pen


def _repen(ink: Tensor, random: _Random) -> Tensor:
    """Another pen: half get a thicker one, by up to 3 px and most by less than 1; a fifth a thinner one.

    Grey dilation and erosion (the maximum, the minimum over a neighbourhood), in steps of half a pixel's radius: a
    plus, then a square, then a plus again come nearest to a disc. Fractions are blended.
    """
    kind = random.uniform(0, 1)
    strength = random.uniform(0, 1)
    thicker = torch.where(kind > 0.5, 2.4 * strength**3 + 0.4 * strength, 0)
    thinner = torch.where(kind < 0.2, 0.6 * strength, 0)
    stages = [ink, _plus(ink)]
    stages.append(_square(stages[-1]))
    stages.append(_plus(stages[-1]))
    result = torch.zeros_like(ink)
    for radius, stage in enumerate(stages):
        weight = (1 - (thicker - radius).abs()).clamp_(min=0)
        result += _each(weight) * stage
    return torch.lerp(result, -_plus(-ink), _each(thinner))


def _plus(ink: Tensor) -> Tensor:
    across = F.max_pool2d(ink, (1, 3), stride=1, padding=(0, 1))
    down = F.max_pool2d(ink, (3, 1), stride=1, padding=(1, 0))
    return torch.maximum(across, down)


def _square(ink: Tensor) -> Tensor:
    return F.max_pool2d(ink, 3, stride=1, padding=1)


# ---------------------------------------------------------------- the hand


def _rewrite(ink: Tensor, random: _Random) -> Tensor:
    """Turned, slanted, stretched and bent; then fitted to 20 px and centred by its mass.

    Where the ink will end is not known before it is bent, so it is looked at twice: once smaller, to find its box and
    its centre of mass, and then sampled anew from the original with the box where it belongs.
    """
    angle, slant, stretch = random.normal(TURN), random.normal(SLANT), random.normal(STRETCH)
    cos, sin, root = angle.cos(), angle.sin(), (stretch / 2).exp()
    # From where a pixel is to where its ink comes from: the inverse of slanting, stretching and turning.
    from_x = (cos / root, (sin - slant * cos) * root)  # of x and of y, to the x that the ink comes from
    from_y = (-sin / root, (cos + slant * sin) * root)
    bend = _Bend(random)
    axis = torch.arange(SIDE, device=ink.device) + 0.5 - HALF

    def sampled(x: Tensor, y: Tensor) -> Tensor:
        """The ink at (x, y) of the new picture, N×28 each, px from its middle."""
        right, down = bend(x, y)
        right, down = right.add_(x[:, None, :]), down.add_(y[:, :, None])
        source = [a[:, None, None] * right + b[:, None, None] * down for a, b in (from_x, from_y)]
        return F.grid_sample(ink, torch.stack(source, 3).div_(HALF), padding_mode="zeros", align_corners=False)

    small = axis.expand(len(ink), SIDE) / MAIN_WIDTH
    first = sampled(small, small).squeeze(1)
    columns, rows = first.amax(1), first.amax(2)
    left, right = _ends(columns)
    top, bottom = _ends(rows)
    scale = FIT / torch.maximum(right - left, bottom - top).clamp(min=1)
    mass = first.sum((1, 2)).clamp(min=1e-6)
    index = torch.arange(SIDE, device=ink.device) + 0.5
    x = _along(left, right, (first.sum(1) * index).sum(1) / mass, scale)
    y = _along(top, bottom, (first.sum(2) * index).sum(1) / mass, scale)
    return sampled((x - HALF) / MAIN_WIDTH, (y - HALF) / MAIN_WIDTH)


def _ends(strongest: Tensor) -> tuple[Tensor, Tensor]:
    """Where the ink begins and ends, px, from the strongest ink of each row or column, N×28."""
    counts = strongest > FAINT * strongest.amax(1, keepdim=True)
    begin = counts.int().argmax(1)
    end = SIDE - counts.flip(1).int().argmax(1)
    return begin.float(), end.float()


def _along(begin: Tensor, end: Tensor, centre: Tensor, scale: Tensor) -> Tensor:
    """For each of 28 pixels where it lies in the first look, N×28.

    The ink is `scale` times as long in the end, and begins at the whole pixel that brings its centre of mass nearest to
    index 14, which is at 14.5 px; it is never pushed over the edge (model/preprocess/fit.py: place).
    """
    length = (end - begin) * scale
    offset = torch.ceil(HALF - (centre - begin) * scale).clamp(min=0)
    offset = torch.minimum(offset, SIDE - length.round())
    pixels = torch.arange(SIDE, device=begin.device) + 0.5
    return (pixels - offset[:, None]) / scale[:, None] + begin[:, None]


class _Bend:
    """A smooth displacement: the sum of a few plane waves of random direction, length, phase and strength."""

    def __init__(self, random: _Random) -> None:
        frequency = 2 * math.pi / random.uniform(*WAVELENGTHS, 1, WAVES)
        direction = random.uniform(0, 2 * math.pi, 1, WAVES)
        self.across, self.down = frequency * direction.cos(), frequency * direction.sin()
        self.phase = random.uniform(0, 2 * math.pi, 1, WAVES)
        strength = random.normal(BEND / WAVES**0.5, 2, 1, WAVES) * _each(random.uniform(0, 1.5))
        self.strength = torch.cat((strength, -strength), 3)

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """px to move by to the right and down, N×28×28 each, at the points of a grid, x and y N×28.

        cos(a + b) = cos a cos b − sin a sin b, so a wave over a grid is two outer products.
        """
        a, b = x[:, :, None] * self.across + self.phase, y[:, :, None] * self.down
        columns = torch.cat((a.cos(), a.sin()), 2).transpose(1, 2)
        rows = torch.cat((b.cos(), b.sin()), 2)
        return (rows * self.strength[:, 0]) @ columns, (rows * self.strength[:, 1]) @ columns


# ---------------------------------------------------------------- the device


def _redigitise(ink: Tensor, random: _Random) -> Tensor:
    """What a scanner, a screen or a small bitmap does: other contrast, blur, coarse pixels, noise; each to a few."""
    gain = torch.where(random.chance(0.5), random.uniform(0.75, 1.8), 1.0)
    ink = (ink * _each(gain)).clamp_(0, 1)
    blurred = F.avg_pool2d(F.pad(ink, (1, 1, 1, 1)), 3, stride=1)
    ink = torch.lerp(ink, blurred, _each(torch.where(random.chance(0.15), random.uniform(0.3, 1), 0.0)))
    coarse = random.chance(0.12)
    if coarse.any():
        ink[coarse] = _coarse(ink[coarse], random.uniform(0.2, 0.6)[coarse], random.chance(0.6)[coarse])
    noisy = torch.where(random.chance(0.06), random.uniform(0.02, 0.12), 0.0)
    ink = ink + _each(noisy) * random.normal(1.0, 1, SIDE, SIDE) * (ink > 0.02)
    return ink.clamp_(0, 1)


def _coarse(ink: Tensor, threshold: Tensor, binary: Tensor) -> Tensor:
    """As a bitmap of 16 px to the digit, in grey or in black and white, enlarged again."""
    side = round(SIDE * 16 / FIT)
    low = F.interpolate(ink, size=(side, side), mode="area")
    low = torch.where(_each(binary), (low > _each(threshold)).float(), low)
    return F.interpolate(low, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
