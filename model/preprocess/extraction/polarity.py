"""Whether an image is dark on light or light on dark."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.preprocess.extraction.components import Mask, connected_components, count_runs
from model.preprocess.ink import Grey

_MIXED = 0.06  # of the border: in a cropped image, at least this much of it is ink
_PIECES = 0.25  # of the border: in a cropped image, at least this much of it is background
_MARGIN = 0.1  # of the shorter side: the widest margin around the ink in a cropped image, with its blurred edge
_NARROW = 1.6  # the height divided by the width of an image that may be cropped to a 1
_CONTRAST = 40  # of 255, between ink and background in a cropped image
_PIECE = 0.004  # of the image: smaller pieces of the background may be dust
_TWO_TONES = 0.75  # of the variance of all levels: the part that is explained by two tones
_FILLED = 0.8  # of the image: more than this is paper, and what lies around it is cut off by its edges
_MOST_RUNS = 40_000  # of a cropped digit, in up to 2,000 rows; what has more is noise or a pattern
_LARGEST = 0.85  # of the ink: the component that touches all four sides has at least this share


class Polarity(NamedTuple):
    """Whether the ink is dark, and the grey of the background."""

    inverted: bool
    background: int


def border_of(grey: Grey) -> Grey:
    """The levels of the outermost pixels, in ascending order."""
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    border.sort()
    return border


def polarity_of_crop(grey: Grey, border: Grey) -> Polarity | None:
    """The polarity of an image that is cropped to its ink; None if it is not, or if that is unclear.

    Ink that reaches all four sides cuts the background into pieces, none of which reaches all four. So if one
    component of light pixels or of dark pixels touches all four sides, and the other pixels are in several pieces, it
    is the ink. A margin of a few pixels is allowed. `border` is the result of `border_of`.
    """
    least = min(grey.shape)
    steps = {round(least * _MARGIN * part / 4) for part in range(1, 5)}
    margins = [margin for margin in sorted({0, 1, 2, *steps}) if 8 * margin < least]
    inner = {margin: grey[margin : grey.shape[0] - margin, margin : grey.shape[1] - margin] for margin in margins}
    borders = {margin: border_of(each) if margin else border for margin, each in inner.items()}
    mixed = [margin for margin in margins if _has_two_tones(borders[margin])]
    if not mixed:
        return None
    threshold, explained = otsu(np.bincount(grey.ravel(), minlength=256))
    if explained < _TWO_TONES:
        return None
    is_light = grey > threshold
    for margin in mixed:
        mask = is_light[margin : grey.shape[0] - margin, margin : grey.shape[1] - margin]
        dark = int(np.searchsorted(borders[margin], threshold, "right"))
        for inverted, background in ((False, borders[margin][:dark]), (True, borders[margin][dark:])):
            if _PIECES <= len(background) / len(borders[margin]) <= 1 - _MIXED and _spans(mask != inverted):
                return Polarity(inverted, int(background[len(background) // 2]))
    return None


def _has_two_tones(border: Grey) -> bool:
    """Whether a border, sorted, has both ink and background."""
    few = round(_MIXED * len(border))
    return int(border[-1 - few]) - int(border[few]) >= _CONTRAST


def _spans(ink: Mask) -> bool:
    """Whether one component of the ink touches all four sides, and the background at the sides is in several pieces.

    In a narrow image, the ink may be a 1: then it need not touch the left and the right side.
    """
    if count_runs(ink) > _MOST_RUNS:
        return False
    components = connected_components(ink)
    largest = int(components.areas.argmax())
    _, top, _, bottom = touched = components.sides()[largest]
    narrow = ink.shape[0] > _NARROW * ink.shape[1]
    if (
        not (touched.all() or (narrow and top and bottom))
        or components.areas[largest] < _LARGEST * components.areas.sum()
        or components.areas[largest] > _FILLED * ink.size
    ):
        return False
    pieces = connected_components(~ink)
    return int(np.count_nonzero(pieces.sides().any(axis=1) & (pieces.areas > _PIECE * ink.size))) > 1


def is_light(grey: Grey, border: Grey, low: int, high: int) -> bool:
    """Whether most of the border is light; if about half of it is light, whether most of the image is light."""
    middle = (low + high) // 2 if low < high else 127
    light = np.count_nonzero(border > middle) / border.size
    if 0.35 < light < 0.65:
        light = np.count_nonzero(grey > middle) / grey.size
    return bool(light > 0.5)


def otsu(counts: NDArray[np.intp]) -> tuple[int, float]:
    """Otsu's threshold for levels, and the share of their variance that the two classes explain (Otsu, 1979).

    `counts` is the number of pixels of each level from 0 to 255. The lower class has the levels up to the threshold.
    """
    weights = counts / max(1, int(counts.sum()))
    levels = np.arange(len(counts))
    below, mean = np.cumsum(weights), np.cumsum(weights * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nan_to_num((mean[-1] * below - mean) ** 2 / (below * (1 - below)), posinf=0.0)
    between[below >= 1 - 1e-12] = 0.0
    threshold = int(between.argmax())
    total = float(weights @ (levels - mean[-1]) ** 2)
    return threshold, float(between[threshold]) / total if total else 0.0
