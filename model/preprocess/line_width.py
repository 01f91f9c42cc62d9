"""Corrects lines that are far thinner or thicker than MNIST's.

MNIST's writers used felt-tip pens. Relative to the digit, the line of a ball pen is only a tenth as wide. When such a
digit is scaled to 20 px, the line covers so little of each pixel that hardly any ink is left. The lines of a small
digit drawn with a thick pen, on the other hand, run into each other.
"""

import numpy as np
from PIL import Image, ImageFilter

from model.preprocess.ink import Grey
from model.preprocess.resize import resize

_KEPT = 0.7  # lines are thickened if a smaller share of the strength is left: then they are under about 0.7 px wide
_WORKING_SIDE = 90  # px, the longer side of the image in which lines are changed
_MARGIN = 0.8  # px at the final size, added on each side of a line
_FAINT = 8  # of 255: weaker pixels do not count as ink
_THICK = 4.0  # px at the final size: wider lines are thinned
_THINNED = 3.4  # px at the final size, the width at which thinning aims; MNIST's lines are 2 to 2.8 px wide
_BROAD = 0.9  # lines are thinned only if this share of the ink is as wide as the part that would be taken away


def is_too_faint(original: Grey, scaled: Grey) -> bool:
    """Whether scaling made the ink too weak. Then the original lines must be thickened and scaled again."""
    strength = _strength(scaled)
    return strength < _KEPT * 255 and strength < _KEPT * _strength(original)


def scale_thickened(ink: Grey, side: int) -> tuple[Grey, float]:
    """Make lines about 1.6 px wider and scale the longer side to `side` pixels. Returns the ink and the scale."""
    ink, reduction = _reduced(ink)
    margin = max(1, round(_MARGIN / side * max(ink.shape)))
    full = np.minimum(ink.astype(np.float32) * (255 / _strength(ink)), 255).astype(np.uint8)
    thick = np.asarray(Image.fromarray(np.pad(full, margin)).filter(ImageFilter.MaxFilter(2 * margin + 1)))
    return _scaled(thick, side, reduction)


def is_too_thick(scaled: Grey) -> bool:
    """Whether the lines of ink at its final size are much wider than MNIST's."""
    return _line_width(scaled) > _THICK


def scale_thinned(ink: Grey, side: int) -> tuple[Grey, float] | None:
    """Make thick lines 3 to 4 px wide and scale the longer side to `side` pixels.

    Returns the ink and the scale, or None if parts of the ink are so thin that they would vanish.
    """
    ink, reduction = _reduced(ink)
    # With m pixels taken from each side of a line, its width w and the longer side s become w - 2m and s - 2m. Their
    # ratio must be r = _THINNED / side, so m = (w - r·s) / (2·(1 - r)).
    ratio = _THINNED / side
    margin = max(1, round((_line_width(ink) - ratio * max(ink.shape)) / (2 * (1 - ratio))))
    thin = _minimum(ink, margin)
    widened = 255 - _minimum(255 - thin, margin, outside=255)  # the ink without the parts that vanished
    if widened.sum() < _BROAD * ink.sum():
        return None
    rows, columns = (np.flatnonzero(thin.max(axis=axis) >= _FAINT) for axis in (1, 0))
    return _scaled(thin[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], side, reduction)


def _reduced(ink: Grey) -> tuple[Grey, float]:
    """The ink at the size at which lines are changed, and its size divided by the original one."""
    reduction = min(_WORKING_SIDE / max(ink.shape), 1.0)
    return (ink if reduction == 1.0 else _resized(ink, reduction)), reduction


def _scaled(ink: Grey, side: int, reduction: float) -> tuple[Grey, float]:
    """The ink with its longer side scaled to `side` pixels, and the scale relative to the original."""
    scale = side / max(ink.shape)
    return _resized(ink, scale), scale * reduction


def _resized(ink: Grey, scale: float) -> Grey:
    return resize(ink, *(max(1, round(length * scale)) for length in ink.shape))


def _line_width(ink: Grey) -> float:
    """Roughly the width of the lines in pixels; of a dot, half its diameter.

    A line of width w and length l has the area w·l. Without the outermost pixels on both sides it is 2·l smaller.
    """
    area = int(ink.sum())
    inner = np.asarray(Image.fromarray(np.pad(ink, 1)).filter(ImageFilter.MinFilter(3)))
    return 2 * area / max(area - int(inner.sum()), 1)


def _minimum(grey: Grey, radius: int, outside: int = 0) -> Grey:
    """The smallest value within `radius` pixels of each pixel. Outside of the image all values are `outside`."""
    height, width = grey.shape
    padded = np.pad(grey, radius, constant_values=outside)
    result = grey
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down * down + right * right <= radius * (radius + 0.5):
                top, left = radius + down, radius + right
                result = np.minimum(result, padded[top : top + height, left : left + width])
    return result


def _strength(ink: Grey) -> int:
    """The 90th percentile of the levels of the inked pixels, 0 to 255; 255 if there is no ink."""
    inked = ink[ink >= _FAINT]
    rank = len(inked) * 9 // 10
    return int(np.partition(inked, rank)[rank]) if len(inked) else 255
