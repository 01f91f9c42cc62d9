"""Separates ink from its background: dark on light or light on dark, under even or uneven light."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from model.preprocess.extraction.intruders import without_intruders
from model.preprocess.extraction.photo import FAINT_IN_PHOTOS, ink_in_photo, local_background
from model.preprocess.extraction.polarity import Polarity, border_of, is_light, polarity_of_crop
from model.preprocess.extraction.specks import may_have_specks, without_specks
from model.preprocess.extraction.strips import CONTRAST, median_grey, without_strips
from model.preprocess.ink import BLANK_BELOW, Grey, Profile

_FAINT_IN_LOSSY = 24  # of 255; lossy compression can leave false ink up to this level
_SMALL = 64  # px; an image with sides of at most this length is not a photo
_EVEN = 8  # of 255; the largest difference between a plain background's local grey and the border's median grey
_BILEVEL = 0.9  # of the pixels: at least this share is black or white in a bilevel scan, even after resizing
_PURE = 2  # of 255; levels this near to black or white are black and white


class Extracted(NamedTuple):
    """Ink, white on black, and how it was found.

    ink       the ink, uint8, of the shape of the image
    inverted  whether the image was dark on light
    faintest  ink at this level or below does not count for the bounding box
    profile   the profile of the ink, if it is known
    """

    ink: Grey
    inverted: bool = False
    faintest: int = 0
    profile: Profile | None = None


def extract_ink(grey: Grey, *, lossy: bool = False) -> Extracted:
    """Separate ink from its background, and from specks and strips.

    If the background is plain, it is subtracted and the strongest ink becomes 255; but strong ink on pure black or
    white keeps its levels, so MNIST's images do not change. Any other image is treated as a photo: the local background
    is estimated and subtracted, and what exceeds the noise is the ink.
    """
    profile = Profile.of(grey)
    if profile.is_framed_by_black and profile.peak >= 128 and not _is_mostly_light(grey):
        faintest = _FAINT_IN_LOSSY if lossy else 0
        if may_have_specks(profile, faintest):
            return Extracted(_scaled(without_specks(grey, faintest), 0), faintest=faintest)
        return Extracted(grey, faintest=faintest, profile=profile)  # white on pure black, like MNIST
    border = border_of(grey)
    if not _has_other_sides(grey, border):
        return _subtract_background(grey, border, lossy=lossy)
    if polarity := polarity_of_crop(grey, border):
        return _on_plain(grey, polarity, lossy=lossy)
    paper = without_strips(grey)
    found = _subtract_background(paper, border_of(paper), lossy=lossy)
    if paper is not grey and int(found.ink.max()) < BLANK_BELOW:  # there is nothing but strips
        return _subtract_background(grey, border, lossy=lossy)
    return found


def clean_ink(ink: Grey) -> Extracted:
    """Ink on pure black, without specks and strips."""
    profile = Profile.of(ink)
    if not profile.is_framed_by_black:
        cleared = without_strips(ink, paper=0)
        if cleared is not ink and int(cleared.max()) >= BLANK_BELOW:
            ink, profile = cleared, Profile.of(cleared)
    return Extracted(without_specks(ink)) if may_have_specks(profile) else Extracted(ink, profile=profile)


def _is_mostly_light(grey: Grey) -> bool:
    """Whether a large image is mostly light: then it is paper on black ground. Small images are not examined."""
    return max(grey.shape) > _SMALL and median_grey(grey) >= 128


def _has_other_sides(grey: Grey, border: Grey) -> bool:
    """Whether there may be strips: the border, sorted, has several greys, or its grey differs from most of the
    image."""
    darkest, lightest = int(border[0]), int(border[-1])
    return lightest - darkest >= CONTRAST or abs(median_grey(grey) - darkest) >= CONTRAST


def _subtract_background(grey: Grey, border: Grey, *, lossy: bool) -> Extracted:
    """`extract_ink` for an image without strips. `border` has the levels of its outermost pixels, sorted."""
    background = int(border[len(border) // 2])  # the median of the border
    if _is_plain(grey, border, background, lossy=lossy):
        polarity = Polarity(is_light(grey, border, int(grey.min()), int(grey.max())), background)
        return _on_plain(grey, polarity, lossy=lossy)
    ink, inverted = ink_in_photo(grey)
    ink = without_specks(without_intruders(ink, FAINT_IN_PHOTOS), FAINT_IN_PHOTOS)
    return Extracted(ink, inverted, FAINT_IN_PHOTOS)


def _on_plain(grey: Grey, polarity: Polarity, *, lossy: bool) -> Extracted:
    """The ink on a background that has the same grey everywhere."""
    inverted, background = polarity
    faintest = _FAINT_IN_LOSSY if lossy else 0
    white = 255 - grey if inverted else grey
    level = 255 - background if inverted else background
    ink = _scaled(np.maximum(white, level) - np.uint8(level) if level else white, level)
    clean = ink if max(ink.shape) <= _SMALL else without_intruders(ink, max(faintest, 127))
    if (clean := without_specks(clean, faintest)) is not ink:
        ink = _scaled(clean, level)  # what was removed may have been the strongest ink
    return Extracted(ink, inverted, faintest)


def _scaled(ink: Grey, level: int) -> Grey:
    """The ink, scaled so that the strongest becomes 255. Strong ink on a background of level 0 keeps its levels."""
    peak = int(ink.max())
    if level == 0 and peak >= 128:
        return ink
    if peak < BLANK_BELOW:
        return np.zeros_like(ink)
    scaled: Grey = np.rint(ink.astype(np.float32) * (255.0 / peak)).astype(np.uint8)
    return scaled


def _is_plain(grey: Grey, border: Grey, background: int, *, lossy: bool) -> bool:
    """Whether the background is the same grey everywhere, as in images made on a computer.

    A camera adds noise, so few pixels of a photo have exactly the median grey. A smooth shadow may have no noise; it
    is found by comparing the local background with the median.
    """
    small = max(grey.shape) <= _SMALL
    tolerance = (12 if lossy else 2) if small else 0
    low, high = background - tolerance, background + tolerance
    same = _count_between(border, low, high) / len(border)
    if same < 0.5 or _count_between(grey, low, high) < grey.size / 5:
        return False
    if small or same > 0.9 or _is_bilevel(grey):
        return True
    return bool(np.abs(local_background(Image.fromarray(grey)).astype(np.int16) - background).max() <= _EVEN)


def _is_bilevel(grey: Grey) -> bool:
    """Whether nearly all pixels are black or white, as in a bilevel scan, even if the paper is full of dust."""
    return _count_between(grey, 0, _PURE) + _count_between(grey, 255 - _PURE, 255) >= _BILEVEL * grey.size


def _count_between(values: Grey, low: int, high: int) -> int:
    """The number of values from `low` to `high`, both included."""
    return int(np.count_nonzero((values >= max(low, 0)) & (values <= min(high, 255))))
