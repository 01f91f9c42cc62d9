"""Grey of either polarity -> white ink on black: told from paper, board or screen under even or uneven light."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.preprocess.ink import BLANK_BELOW, Grey

_FAINT_IN_PHOTOS = 100  # a shadow's edge leaves traces weaker than this
_SMALL = 64  # px; no photo is as small
_DARKEST = 32.0  # of 255: ground that is darker tells nothing of the light
_EVEN = 8  # of 255: as much may the ground differ from place to place


def extract_ink(grey: Grey, *, lossy: bool = False) -> tuple[Grey, bool, int]:
    """Grey of either polarity -> white ink on black, whether it was inverted, and the faintest ink that counts.

    A picture on a plain background is taken as it is, so that MNIST's own stay what they are. Anything else is a
    photograph: its background is estimated place by place and taken away, and what then stands out is the ink.
    """
    faintest = 24 if lossy else 0
    if _is_framed_in_black(grey) and int(np.maximum.reduce(grey, axis=None)) >= 128:
        return grey, False, faintest  # white on pure black, as the pad and MNIST have it: nothing to be done
    border = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    border.sort()
    ground = int(border[len(border) // 2])  # its median
    if not _is_plain(grey, border, ground, lossy=lossy):
        ink, inverted = _photographed_ink(grey)
        return _without_specks(ink), inverted, _FAINT_IN_PHOTOS
    low, high = int(grey.min()), int(grey.max())
    inverted = _is_light(grey, border, low, high)
    white = 255 - grey if inverted else grey
    level = 255 - ground if inverted else ground
    peak = (255 - low if inverted else high) - level
    if level == 0 and peak >= 128:
        return white, inverted, faintest
    if peak < BLANK_BELOW:
        return np.zeros_like(white), inverted, faintest
    ink = np.clip(white.astype(np.float32) - level, 0, None)
    return np.rint(ink * (255.0 / peak)).astype(np.uint8), inverted, faintest


def _is_framed_in_black(grey: Grey) -> bool:
    """Whether all four edges are zero. Bytes are looked through sooner than an array where there are so few."""
    width = grey.shape[1]
    pixels = grey.tobytes()
    edges = (pixels[:width], pixels[-width:], pixels[::width], pixels[width - 1 :: width])
    return not b"".join(edges).strip(b"\0")


def _between(values: Grey, low: int, high: int) -> int:
    """How many values lie from `low` to `high`."""
    return int(np.count_nonzero((values >= max(low, 0)) & (values <= min(high, 255))))


def _is_light(grey: Grey, border: Grey, low: int, high: int) -> bool:
    """Whether the background is the lighter part: told by the border, and by the majority where the border is mixed."""
    middle = (low + high) // 2 if low < high else 127
    light = np.count_nonzero(border > middle) / border.size
    if 0.35 < light < 0.65:
        light = np.count_nonzero(grey > middle) / grey.size
    return bool(light > 0.5)


def _is_plain(grey: Grey, border: Grey, ground: int, *, lossy: bool) -> bool:
    """Whether ink lies on one and the same grey everywhere, as in drawings made on a computer; not so paper.

    No camera sees the same grey twice, so of more than a few pixels most must be the ground's very own. Shadows can be
    as smooth as that; they show where the ground is looked at place by place.
    """
    few = max(grey.shape) <= _SMALL
    spread = (12 if lossy else 2) if few else 0
    alike = _between(border, ground - spread, ground + spread) / len(border)
    if alike < 0.5 or _between(grey, ground - spread, ground + spread) < grey.size / 5:
        return False
    if few or alike > 0.9:
        return True
    return bool(np.abs(_local_ground(Image.fromarray(grey)).astype(np.int16) - ground).max() <= _EVEN)


def _local_ground(image: Image.Image) -> Grey:
    """The ground's grey place by place, at most 64 px long."""
    small = image.resize(_fit_size(image.size, 64), Image.Resampling.BOX)
    # A window wider than twice any line sees more ground than ink, so its median is the ground.
    window = max(3, min(small.size) // 2 | 1)
    pad = window // 2
    framed = Image.fromarray(np.pad(np.asarray(small), pad, mode="reflect" if min(small.size) > pad else "edge"))
    ground = framed.filter(ImageFilter.MedianFilter(window)).crop((pad, pad, pad + small.size[0], pad + small.size[1]))
    return np.asarray(ground)


def _photographed_ink(grey: Grey) -> tuple[Grey, bool]:
    """Ink on uneven ground, and whether it is darker than that.

    The local ground is taken away, what stands out of the noise is kept and stretched to 255.
    """
    image = Image.fromarray(grey)
    ground = Image.fromarray(_local_ground(image))
    ground = ground.filter(ImageFilter.GaussianBlur(1)).resize(image.size, Image.Resampling.BILINEAR)
    calm = image.filter(ImageFilter.MedianFilter(3)) if min(image.size) > 64 else image
    local = np.asarray(ground, dtype=np.float32)
    above = np.asarray(calm, dtype=np.float32) - local
    noise = 1.4826 * float(np.median(np.abs(above - np.median(above))))  # σ, from the median absolute deviation
    # Ink stands out to one side only, however light or dark the ground is; and in the middle, unlike a patch of light.
    down, across = (np.sin(np.pi * (np.arange(side) + 0.5) / side).astype(np.float32) for side in above.shape)
    dark, light = (down @ np.square(np.clip(side - 2 * noise, 0, None)) @ across for side in (-above, above))
    inverted = bool(dark > light)
    if inverted:
        # Ink takes away a share of the light that falls on it: in the shadow it is as dark beside the paper as outside.
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
    """Take away dust: what does not hang together with anything of at least a fiftieth of the largest part's size."""
    size = _fit_size((ink.shape[1], ink.shape[0]), 96)
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX)) > 48
    left = set(zip(*(axis.tolist() for axis in small.nonzero()), strict=True))
    parts: list[list[tuple[int, int]]] = []
    while left:
        part = [left.pop()]
        for y, x in part:  # grows while it is walked: a flood fill
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            part.extend(near)
        parts.append(part)
    largest = max(map(len, parts), default=0)
    keep = np.zeros(small.shape, np.uint8)
    for part in parts:
        if len(part) * 50 >= largest:
            keep[tuple(zip(*part, strict=True))] = 255
    kept = Image.fromarray(keep).filter(ImageFilter.MaxFilter(3)).resize((ink.shape[1], ink.shape[0]))
    cleaned = ink.copy()
    cleaned[np.asarray(kept) < 128] = 0
    return cleaned


def _fit_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _otsu(values: NDArray[np.float32]) -> float:
    """The threshold that parts positive values with the largest variance between the two classes (Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=255, range=(0.0, 255.0))
    weights = counts / max(1, counts.sum())
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(weights)
    mean = np.cumsum(weights * middles)
    above = 1 - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mean[-1] * below - mean) ** 2 / (below * above)
    return float(middles[int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))])
