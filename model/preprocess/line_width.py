"""Thickens thin lines, which area averaging would make too faint.

MNIST's writers used felt-tip pens. Relative to the digit, the line of a ball pen is only a tenth as wide. When such a
digit is scaled to 20 px, the line covers so little of each pixel that hardly any ink is left.
"""

import numpy as np
from PIL import Image, ImageFilter

from model.preprocess.ink import Grey
from model.preprocess.resize import resize

_KEPT = 0.7  # lines are thickened if a smaller share of the strength is left: then they are under about 0.7 px wide
_WORKING_SIDE = 90  # px, the longer side of the image in which lines are thickened
_MARGIN = 0.8  # px at the final size, added on each side of a line
_FAINT = 8  # of 255: weaker pixels do not count as ink


def is_too_faint(original: Grey, scaled: Grey) -> bool:
    """Whether scaling made the ink too weak. Then the original lines must be thickened and scaled again."""
    strength = _strength(scaled)
    return strength < _KEPT * 255 and strength < _KEPT * _strength(original)


def scale_thickened(ink: Grey, side: int) -> tuple[Grey, float]:
    """Make lines about 1.6 px wider and scale the longer side to `side` pixels. Returns the ink and the scale."""
    reduction = min(_WORKING_SIDE / max(ink.shape), 1.0)
    if reduction < 1.0:
        ink = resize(ink, *(max(1, round(length * reduction)) for length in ink.shape))
    margin = max(1, round(_MARGIN / side * max(ink.shape)))
    full = np.minimum(ink.astype(np.float32) * (255 / _strength(ink)), 255).astype(np.uint8)
    thick = np.asarray(Image.fromarray(np.pad(full, margin)).filter(ImageFilter.MaxFilter(2 * margin + 1)))
    scale = side / max(thick.shape)
    return resize(thick, *(max(1, round(length * scale)) for length in thick.shape)), scale * reduction


def _strength(ink: Grey) -> int:
    """The 90th percentile of the levels of the inked pixels, 0 to 255; 255 if there is no ink."""
    inked = ink[ink >= _FAINT]
    rank = len(inked) * 9 // 10
    return int(np.partition(inked, rank)[rank]) if len(inked) else 255
