"""Separates ink from its background: dark on light or light on dark, under even or uneven light."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.preprocess.ink import BLANK_BELOW, Grey

_FAINT_IN_PHOTOS = 100  # of 255; the edge of a shadow can leave false ink up to this level
_FAINT_IN_LOSSY = 24  # of 255; lossy compression can leave false ink up to this level
_SMALL = 64  # px; an image with sides of at most this length is not a photo
_DARKEST = 32.0  # of 255; darker backgrounds count as this grey: they do not show how much light falls on them
_EVEN = 8  # of 255; the largest difference between a plain background's local grey and the border's median grey


def extract_ink(grey: Grey, *, lossy: bool = False) -> tuple[Grey, bool, int]:
    """Separate ink from its background.

    Returns the ink, white on black; whether the image was dark on light; and a level: ink at this level or below does
    not count for the bounding box. If the background is plain, it is subtracted and the strongest ink becomes 255; but
    strong ink on pure black or white keeps its levels, so MNIST's images do not change. Any other image is treated as a
    photo: the local background is estimated and subtracted, and what exceeds the noise is the ink.
    """
    faintest = _FAINT_IN_LOSSY if lossy else 0
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    if not border.any() and int(np.maximum.reduce(grey, axis=None)) >= 128:
        return grey, False, faintest  # white on pure black, like MNIST
    border.sort()
    background = int(border[len(border) // 2])  # the median of the border
    if not _is_plain(grey, border, background, lossy=lossy):
        ink, inverted = _ink_in_photo(grey)
        return _without_specks(ink), inverted, _FAINT_IN_PHOTOS
    low, high = int(grey.min()), int(grey.max())
    inverted = _is_light(grey, border, low, high)
    white = 255 - grey if inverted else grey
    level = 255 - background if inverted else background
    peak = (255 - low if inverted else high) - level
    if level == 0 and peak >= 128:
        return white, inverted, faintest
    if peak < BLANK_BELOW:
        return np.zeros_like(white), inverted, faintest
    ink = np.clip(white.astype(np.float32) - level, 0, None)
    return np.rint(ink * (255.0 / peak)).astype(np.uint8), inverted, faintest


def _count_between(values: Grey, low: int, high: int) -> int:
    """The number of values from `low` to `high`, both included."""
    return int(np.count_nonzero((values >= max(low, 0)) & (values <= min(high, 255))))


def _is_light(grey: Grey, border: Grey, low: int, high: int) -> bool:
    """Whether most of the border is light; if about half of it is light, whether most of the image is light."""
    middle = (low + high) // 2 if low < high else 127
    light = np.count_nonzero(border > middle) / border.size
    if 0.35 < light < 0.65:
        light = np.count_nonzero(grey > middle) / grey.size
    return bool(light > 0.5)


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
    if small or same > 0.9:
        return True
    return bool(np.abs(_local_background(Image.fromarray(grey)).astype(np.int16) - background).max() <= _EVEN)


def _local_background(image: Image.Image) -> Grey:
    """An estimate of the background at each place: a median filter over the image, reduced to at most 64×64 px."""
    small = image.resize(_fit_size(image.size, 64), Image.Resampling.BOX)
    # The window is more than twice as wide as a line, so most of it is background, and its median is background too.
    window = max(3, min(small.size) // 2 | 1)
    pad = window // 2
    framed = Image.fromarray(np.pad(np.asarray(small), pad, mode="reflect" if min(small.size) > pad else "edge"))
    median = framed.filter(ImageFilter.MedianFilter(window))
    return np.asarray(median.crop((pad, pad, pad + small.size[0], pad + small.size[1])))


def _ink_in_photo(grey: Grey) -> tuple[Grey, bool]:
    """The ink on an uneven background, and whether it is darker than the background.

    The local background is subtracted. What exceeds the noise is scaled so that typical ink becomes 255.
    """
    image = Image.fromarray(grey)
    background = Image.fromarray(_local_background(image))
    background = background.filter(ImageFilter.GaussianBlur(1)).resize(image.size, Image.Resampling.BILINEAR)
    denoised = image.filter(ImageFilter.MedianFilter(3)) if min(image.size) > 64 else image
    local = np.asarray(background, dtype=np.float32)
    above = np.asarray(denoised, dtype=np.float32) - local
    noise = 1.4826 * float(np.median(np.abs(above - np.median(above))))  # σ, from the median absolute deviation
    # Ink is either darker or lighter than the background: choose the side with the larger sum of squares. A sine window
    # gives more weight to the middle of the image, because a patch of light is usually at the edge.
    down, across = (np.sin(np.pi * (np.arange(side) + 0.5) / side).astype(np.float32) for side in above.shape)
    dark, light = (down @ np.square(np.clip(side - 2 * noise, 0, None)) @ across for side in (-above, above))
    inverted = bool(dark > light)
    if inverted:
        # Ink absorbs a fixed share of the light, so the ratio of ink to paper is the same inside and outside a shadow.
        share = 255 / np.maximum(local, _DARKEST)
        above *= -share
        noise *= float(np.median(share))
    threshold = max(_otsu(above), 4 * noise, 10.0)
    strong = above[above > threshold]
    if strong.size == 0 or (peak := float(np.median(strong))) < 20:
        return np.zeros_like(grey), inverted
    faint = threshold / 2
    ink: NDArray[np.float32] = np.clip((above - faint) / (peak - faint), 0.0, 1.0)
    return np.rint(ink * 255).astype(np.uint8), inverted


def _without_specks(ink: Grey) -> Grey:
    """Remove dust: connected components with less than 1/50 of the pixels of the largest one."""
    size = _fit_size((ink.shape[1], ink.shape[0]), 96)
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX)) > 48
    unvisited = set(zip(*(axis.tolist() for axis in small.nonzero()), strict=True))
    components: list[list[tuple[int, int]]] = []
    while unvisited:
        component = [unvisited.pop()]
        for y, x in component:  # flood fill: the component grows during the loop
            neighbours = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & unvisited
            unvisited -= neighbours
            component.extend(neighbours)
        components.append(component)
    largest = max(map(len, components), default=0)
    keep = np.zeros(small.shape, np.uint8)
    for component in components:
        if len(component) * 50 >= largest:
            keep[tuple(zip(*component, strict=True))] = 255
    mask = Image.fromarray(keep).filter(ImageFilter.MaxFilter(3)).resize((ink.shape[1], ink.shape[0]))
    cleaned = ink.copy()
    cleaned[np.asarray(mask) < 128] = 0
    return cleaned


def _fit_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height, reduced in proportion so that the longer side is at most `side`."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _otsu(values: NDArray[np.float32]) -> float:
    """Otsu's threshold for values from 0 to 255: it maximises the variance between the two classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=255, range=(0.0, 255.0))
    weights = counts / max(1, counts.sum())
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(weights)
    mean = np.cumsum(weights * middles)
    above = 1 - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mean[-1] * below - mean) ** 2 / (below * above)
    return float(middles[int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))])
