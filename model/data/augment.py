"""Data augmentation: varies MNIST's images as if other people had written them, with other pens and devices.

Each image gets a random stroke width. It is slanted, rotated, stretched and bent at random, then scaled to 20 px and
centred as the service does (model/preprocess/fit.py). Some images are stretched to a square, and some get blur, coarse
pixels, sharp edges or noise. Training images then resemble the drawings that the network will have to recognise:

    augment(digits.images, generator)   # uint8 N×28×28 -> float32 N×1×28×28, 0 to 255

All random numbers come from one generator on the CPU, so a GPU trains with the same random numbers as a CPU.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from model.layers import SIDE
from model.preprocess.fit import FIT

HALF = SIDE / 2
CHUNK = 1000  # images processed at a time, few enough for the intermediate tensors to stay in the CPU caches
FAINT = 0.15  # share of the strongest ink; fainter pixels are edge blur, which the bounding box excludes

TURN = math.radians(9)  # radians, standard deviation of the rotation
SLANT = 0.15  # standard deviation of the horizontal shear
STRETCH = 0.14  # standard deviation of log(width / height)
BEND = 0.8  # px, scale of the displacement by all waves together
WAVES = 4  # number of waves that bend an image
WAVELENGTHS = (12.0, 40.0)  # px, shortest and longest
BOXED = 0.1  # share of the images that are stretched to a square, as in old scans of 16×16 px
BOXED_LIMITS = (1.2, 8.0)  # the ratio of width and height changes at most by this factor, which varies between images
FIRST_SCALE = 0.62  # scale of the first sampling in `_deform`; so small that no ink leaves the image


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """A random variation of each image.

    Takes uint8, N×28×28 or N×1×28×28, and returns float32, N×1×28×28, both from 0 to 255.
    """
    flat = images.reshape(-1, 1, SIDE, SIDE)
    return torch.cat([_augment(part.float() / 255, generator) for part in torch.split(flat, CHUNK)]).mul_(255)


def _augment(ink: Tensor, generator: torch.Generator) -> Tensor:
    random = _Random(generator, len(ink), ink.device)
    ink = _change_pen(ink, random)
    boxed = random.chance(BOXED)
    ink = _deform(ink, boxed, random)
    return _change_device(ink, boxed, random)


class _Random:
    """Random numbers for `count` images: every method returns a tensor with one row per image."""

    def __init__(self, generator: torch.Generator, count: int, device: torch.device) -> None:
        self._generator, self._count, self._device = generator, count, device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(self._count, *shape, generator=self._generator).to(self._device) * (high - low) + low

    def normal(self, deviation: float, *shape: int) -> Tensor:
        return torch.randn(self._count, *shape, generator=self._generator).to(self._device) * deviation

    def chance(self, probability: float) -> Tensor:
        """One boolean per image, which is True with this probability."""
        return torch.rand(self._count, generator=self._generator).to(self._device) < probability


def _per_image(values: Tensor) -> Tensor:
    return values[:, None, None, None]


# ---------------------------------------------------------------- stroke width


def _change_pen(ink: Tensor, random: _Random) -> Tensor:
    """Change the stroke width of some images at random.

    In half of the images, lines grow by up to 2.8 px on each side, mostly by less than 1 px. In a fifth of the images,
    they shrink by up to 0.6 px on each side.

    This is grey-scale dilation and erosion: each pixel becomes the maximum or the minimum of its neighbourhood.
    Dilation by discs with a radius of 1, 2 and 3 px is approximated in three steps: the neighbourhood is a plus of five
    pixels in the first and third step, and a square of 3×3 pixels in the second. Between the radii 0, 1, 2 and 3 px,
    the result is interpolated linearly.
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
        result += _per_image(weight) * stage
    return torch.lerp(result, -_plus(-ink), _per_image(thinner))


def _plus(ink: Tensor) -> Tensor:
    across = F.max_pool2d(ink, (1, 3), stride=1, padding=(0, 1))
    down = F.max_pool2d(ink, (3, 1), stride=1, padding=(1, 0))
    return torch.maximum(across, down)


def _square(ink: Tensor) -> Tensor:
    return F.max_pool2d(ink, 3, stride=1, padding=1)


# ---------------------------------------------------------------- shape


def _deform(ink: Tensor, boxed: Tensor, random: _Random) -> Tensor:
    """The ink rotated, slanted, stretched and bent, then scaled to 20 px and centred on its centre of mass.

    If `boxed` is True for an image, its shorter side is stretched to 20 px, too, or as far as BOXED_LIMITS allow.

    The bounding box of the deformed ink is not known in advance. So the original image is sampled twice: first at a
    smaller scale, to find the bounding box and the centre of mass; then at the final scale and position.
    """
    angle, slant, stretch = random.normal(TURN), random.normal(SLANT), random.normal(STRETCH)
    cos, sin, root = angle.cos(), angle.sin(), (stretch / 2).exp()
    # The inverse of slant, stretch and rotation: it maps a new pixel to the position in the original image.
    from_x = (cos / root, (sin - slant * cos) * root)  # coefficients: x in the original = from_x[0]·x + from_x[1]·y
    from_y = (-sin / root, (cos + slant * sin) * root)
    bend = _Bend(random)
    axis = torch.arange(SIDE, device=ink.device) + 0.5 - HALF

    def sampled(x: Tensor, y: Tensor) -> Tensor:
        """The deformed ink on a grid, N×1×28×28. `x` and `y`, N×28 each, are the grid's columns and rows.

        Both are in px from the centre of the image.
        """
        right, down = bend(x, y)
        right, down = right.add_(x[:, None, :]), down.add_(y[:, :, None])
        source = [a[:, None, None] * right + b[:, None, None] * down for a, b in (from_x, from_y)]
        return F.grid_sample(ink, torch.stack(source, 3).div_(HALF), padding_mode="zeros", align_corners=False)

    small = axis.expand(len(ink), SIDE) / FIRST_SCALE
    first = sampled(small, small).squeeze(1)
    columns, rows = first.amax(1), first.amax(2)
    left, right = _start_and_end(columns)
    top, bottom = _start_and_end(rows)
    width, height = (right - left).clamp(min=1), (bottom - top).clamp(min=1)
    scale = FIT / torch.maximum(width, height)
    low, high = map(math.log, BOXED_LIMITS)
    largest = torch.where(boxed, scale * random.uniform(low, high).exp(), scale)
    mass = first.sum((1, 2)).clamp(min=1e-6)
    index = torch.arange(SIDE, device=ink.device) + 0.5
    x = _source_positions(left, right, (first.sum(1) * index).sum(1) / mass, torch.minimum(FIT / width, largest))
    y = _source_positions(top, bottom, (first.sum(2) * index).sum(1) / mass, torch.minimum(FIT / height, largest))
    return sampled((x - HALF) / FIRST_SCALE, (y - HALF) / FIRST_SCALE)


def _start_and_end(strongest: Tensor) -> tuple[Tensor, Tensor]:
    """The start and the end of the ink along one axis, px, N each.

    `strongest`, N×28, holds the strongest ink of each row or of each column.
    """
    counts = strongest > FAINT * strongest.amax(1, keepdim=True)
    begin = counts.int().argmax(1)
    end = SIDE - counts.flip(1).int().argmax(1)
    return begin.float(), end.float()


def _source_positions(begin: Tensor, end: Tensor, centre: Tensor, scale: Tensor) -> Tensor:
    """The positions of the final image's 28 pixels in the first sampling, along one axis: px, N×28.

    `begin`, `end` and `centre` are the start, the end and the centre of mass of the ink in the first sampling, px. In
    the final image, the ink is `scale` times as long. It is placed as in `place` of model/preprocess/fit.py: it starts
    at a whole pixel and stays inside the image, and its centre of mass is as near as possible to the middle of pixel
    14, which is at 14.5 px.
    """
    length = (end - begin) * scale
    offset = torch.ceil(HALF - (centre - begin) * scale).clamp(min=0)
    offset = torch.minimum(offset, SIDE - length.round())
    pixels = torch.arange(SIDE, device=begin.device) + 0.5
    return (pixels - offset[:, None]) / scale[:, None] + begin[:, None]


class _Bend:
    """A smooth displacement field: a sum of plane waves with random direction, wavelength, phase and amplitude."""

    def __init__(self, random: _Random) -> None:
        frequency = 2 * math.pi / random.uniform(*WAVELENGTHS, 1, WAVES)
        direction = random.uniform(0, 2 * math.pi, 1, WAVES)
        self.across, self.down = frequency * direction.cos(), frequency * direction.sin()
        self.phase = random.uniform(0, 2 * math.pi, 1, WAVES)
        strength = random.normal(BEND / WAVES**0.5, 2, 1, WAVES) * _per_image(random.uniform(0, 1.5))
        self.strength = torch.cat((strength, -strength), 3)

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The displacements to the right and downwards on a grid, px, N×28×28 each.

        `x` and `y`, N×28 each, are the grid's columns and rows. Because cos(a + b) = cos a cos b − sin a sin b, a wave
        on a grid is the sum of two outer products.
        """
        a, b = x[:, :, None] * self.across + self.phase, y[:, :, None] * self.down
        columns = torch.cat((a.cos(), a.sin()), 2).transpose(1, 2)
        rows = torch.cat((b.cos(), b.sin()), 2)
        return (rows * self.strength[:, 0]) @ columns, (rows * self.strength[:, 1]) @ columns


# ---------------------------------------------------------------- recording device


def _change_device(ink: Tensor, boxed: Tensor, random: _Random) -> Tensor:
    """The ink as scanners, screens and small bitmaps record it.

    Contrast, blur, sharp edges, coarse pixels and noise are changed independently, each in a random part of the images.
    Coarse pixels are most frequent in the images that are `boxed`.
    """
    gain = torch.where(random.chance(0.5), random.uniform(0.75, 1.8), 1.0)
    ink = (ink * _per_image(gain)).clamp_(0, 1)
    blurred = F.avg_pool2d(F.pad(ink, (1, 1, 1, 1)), 3, stride=1)
    ink = torch.lerp(ink, blurred, _per_image(torch.where(random.chance(0.15), random.uniform(0.3, 1), 0.0)))
    sharp = random.chance(0.1)  # only black and white pixels, as without antialiasing
    ink = torch.where(_per_image(sharp), (ink > _per_image(random.uniform(0.3, 0.6))).float(), ink)
    coarse = random.uniform(0, 1) < torch.where(boxed, 0.6, 0.12)
    if coarse.any():
        ink[coarse] = _coarsened(ink[coarse], random.uniform(0.2, 0.6)[coarse], random.chance(0.6)[coarse])
    noisy = torch.where(random.chance(0.06), random.uniform(0.02, 0.12), 0.0)
    ink = ink + _per_image(noisy) * random.normal(1.0, 1, SIDE, SIDE) * (ink > 0.02)
    return ink.clamp_(0, 1)


def _coarsened(ink: Tensor, threshold: Tensor, binary: Tensor) -> Tensor:
    """The images reduced, so that the longer side of a digit is 16 px instead of 20 px, and enlarged again.

    If `binary` is True for an image, its reduced image has only black and white pixels: a pixel is white if its ink is
    above `threshold`.
    """
    side = round(SIDE * 16 / FIT)
    low = F.interpolate(ink, size=(side, side), mode="area")
    low = torch.where(_per_image(binary), (low > _per_image(threshold)).float(), low)
    return F.interpolate(low, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
