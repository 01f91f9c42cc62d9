"""Separates ink from a background with noise and uneven light, as in a photo."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.preprocess.extraction.median import median_of_nine, median_of_windows
from model.preprocess.ink import Grey

FAINT_IN_PHOTOS = 100  # of 255; the edge of a shadow can leave false ink up to this level
_DARKEST = 32.0  # of 255; darker backgrounds count as this grey: they do not show how much light falls on them


def local_background(image: Image.Image) -> Grey:
    """An estimate of the background at each place: a median filter over the image, reduced to at most 64×64 px."""
    small = image.resize(_fit_size(image.size, 64), Image.Resampling.BOX)
    # The window is more than twice as wide as a line, so most of it is background, and its median is background too.
    window = max(3, min(small.size) // 2 | 1)
    pad = window // 2
    framed = np.pad(np.asarray(small), pad, mode="reflect" if min(small.size) > pad else "edge")
    return median_of_windows(framed, window)


def ink_in_photo(grey: Grey) -> tuple[Grey, bool]:
    """The ink on an uneven background, and whether it is darker than the background.

    The local background is subtracted. What exceeds the noise is scaled so that typical ink becomes 255.
    """
    image = Image.fromarray(grey)
    background = Image.fromarray(local_background(image))
    background = background.filter(ImageFilter.GaussianBlur(1)).resize(image.size, Image.Resampling.BILINEAR)
    denoised = median_of_nine(grey) if min(image.size) > 64 else grey
    local = np.asarray(background, dtype=np.float32)
    above = denoised.astype(np.float32) - local
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
    return _without_specks(np.rint(ink * 255).astype(np.uint8)), inverted


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
