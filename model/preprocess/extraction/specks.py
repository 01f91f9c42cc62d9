"""Removes specks from ink: dust, single wrong pixels, and noise too faint to see.

A speck must not set the bounding box, or a clear digit would shrink to a corner of the network's input.
"""

import numpy as np

from model.layers import SIDE
from model.preprocess.extraction.components import MOST_RUNS, Components, Mask, connected_components, count_runs
from model.preprocess.fit import FIT
from model.preprocess.ink import Grey, Profile, without_faint

_FAINT = 0.1  # of the strongest ink: fainter pixels are ink only beside stronger ones
_SMALL = 1 / 50  # of the area of the largest component
_DOT = 0.35  # of the squared stroke width; a dot that the pen makes has π/4
_TINY = 1 / 250  # of the area of the largest component: too small even for a dot of the thinnest pen
_DUSTY = 12  # small components; if there are more, the image is full of dust, and its clumps are removed too
_CLUMP = 12  # of the median area of the small components
_LARGE_CLUMP = 1 / 10  # of the area of the largest component: anything larger is not a clump
_MARGIN = 2 / 3  # of the stroke width: faint pixels at most this far from ink belong to it
_FAINT_END = 4  # px, and 1/50 of the image: ink may fade out over this distance
_FILLED = 0.75  # of the image's width and height


def without_specks(ink: Grey, faintest: int = 0) -> Grey:
    """The ink without specks, uint8 of the same shape; the same array if it clearly has none.

    `faintest` is the level up to which ink may be noise. A speck is a component that is far smaller than the largest
    one and than a dot that the same pen makes. Faint pixels are removed too, except beside the ink.
    """
    profile = Profile.of(ink)
    if not may_have_specks(profile, faintest) or _is_like_mnist(profile):
        return ink
    peak = int(ink.max())
    mask = ink > max(faintest, int(_FAINT * peak))
    if not 0 < count_runs(mask) <= MOST_RUNS:
        return ink
    components = connected_components(mask)
    largest = int(components.areas.argmax())
    stroke_width = float(components.stroke_widths()[largest])
    specks = _specks(components, largest, stroke_width)
    kept = components.mask(~specks, max(1, round(_MARGIN * stroke_width)))
    if specks.any():
        kept &= ~components.mask(specks)
    return ink if kept.all() else np.where(kept, ink, np.uint8(0))


def may_have_specks(profile: Profile, faintest: int = 0) -> bool:
    """Whether specks could set the bounding box: an empty row or column divides the ink, the faint ink reaches further
    than the rest, or the ink is nearly everywhere.

    One piece of ink has no gap in its profile, so this quick test is false for nearly all drawings.
    """
    filled = True
    weakest = max(faintest, int(_FAINT * profile.peak))
    for levels in profile:
        across = without_faint(levels, faintest).strip(b"\0")
        end = _FAINT_END + len(levels) // 50
        if b"\0" in across or max(across[:end], default=255) <= weakest or max(across[-end:], default=255) <= weakest:
            return True
        filled = filled and len(across) >= _FILLED * len(levels)
    return filled


def _is_like_mnist(profile: Profile) -> bool:
    """Whether the image and its ink are as large as MNIST's. Some of MNIST's images have specks, which must stay."""
    across = [len(levels.strip(b"\0")) for levels in profile]
    return len(profile.rows) == len(profile.columns) == SIDE and max(across) == FIT


def _specks(components: Components, largest: int, stroke_width: float) -> Mask:
    """Which components are specks."""
    areas, most = components.areas, int(components.areas[largest])
    small = areas < _SMALL * most
    specks: Mask = small & (areas < max(_DOT * stroke_width**2, _TINY * most))
    if np.count_nonzero(small) > _DUSTY:
        specks |= areas < min(_CLUMP * float(np.median(areas[small])), _LARGE_CLUMP * most)
    return specks
