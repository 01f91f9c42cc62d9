"""An uploaded file -> white ink on black: any polarity, alpha, grey paper, uneven light, 1 to 16 bits a channel."""

import io
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from model.fitting import BLANK_BELOW, Grey, Ink

MAX_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
_FAINT_IN_PHOTOS = 100  # a shadow's edge leaves traces weaker than this
_SMALL = 64  # px; no photo is as small
_DARKEST = 32.0  # of 255: ground that is darker tells nothing of the light
_EVEN = 8  # of 255: as much may the ground differ from place to place
_WORKING_SIDE = 1024  # px; larger uploads are reduced to about this first
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SCAN = b"\xff\xda"  # begins one; a progressive picture comes in about ten, each of which is gone through whole
_MOST_SCANS = 100
_CUT_OFF = "The picture is damaged: it ends too early or does not decode."
_PLAIN_START = _PNG + b"\x00\x00\x00\x0dIHDR"
_PLAIN_KIND = b"\x08\x00\x00\x00\x00"  # 8 bits, grey, the usual compression and filters, not interlaced
_PLAIN_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PLAIN_SIDE = 64  # px, the longest side of a picture that is decoded at once


class PictureError(ValueError):
    """What was sent is no picture that can be read; the text says why, in a sentence for the sender."""


class PictureTooLargeError(PictureError):
    """More pixels than are ever decoded."""


class PictureUnreadableError(PictureError):
    """The bytes are no picture, or a damaged one."""


class PictureAnimatedError(PictureError):
    """Several pictures in one."""


def open_image(content: bytes) -> Image.Image:
    """Read an upload's header: PNG, JPEG or WebP, one frame, at most 16 megapixels. Nothing large is decoded yet.

    Raises PictureUnreadableError, PictureTooLargeError or PictureError.
    """
    if (plain := _plain_png(content)) is not None:
        return plain
    try:
        if content.startswith(_PNG):  # most of what comes; asking each format whether it knows the file takes time
            if _PLAIN_END not in content:  # whatever comes after it
                raise PictureUnreadableError(_CUT_OFF)
            image: Image.Image = PngImageFile(io.BytesIO(content))
        elif content.startswith(_JPEG):
            if content.count(_SCAN) > _MOST_SCANS:
                raise PictureTooLargeError(f"A JPEG may have at most {_MOST_SCANS} scans.")
            image = JpegImageFile(io.BytesIO(content))  # of the several that cameras put into one file, the first
        else:
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise PictureTooLargeError(_too_large()) from None
    except Exception:
        raise PictureUnreadableError("This is not a PNG, JPEG or WebP picture, or its beginning is damaged.") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureTooLargeError(_too_large())
    if getattr(image, "n_frames", 1) > 1:
        raise PictureAnimatedError("This picture is animated. Send one picture, without animation.")
    return image


def png_size(content: bytes) -> int:
    """How many pixels a PNG says it has; a number without meaning where the bytes are no PNG."""
    return int.from_bytes(content[16:20]) * int.from_bytes(content[20:24])


def _plain_png(content: bytes) -> Image.Image | None:
    """The picture in a small grey PNG of the plainest make: one header, one block of pixels, the end. None for others.

    That is what programs send that have 28×28 pixels to ask about. Walking through a file's blocks in general takes
    longer than its decoder does; here each block has its place, its checksum is compared, and Pillow's decoder does
    the rest. Whatever is not just so is left to Pillow's reader, which also knows what is wrong with it.
    """
    length = int.from_bytes(content[33:37])
    end = 41 + length
    if not (content.startswith(_PLAIN_START) and content[24:29] == _PLAIN_KIND and content[37:41] == b"IDAT"):
        return None
    if content[end + 4 :] != _PLAIN_END or content[end : end + 4] != crc32(content[37:end]).to_bytes(4):
        return None
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    if (
        not (width and height)
        or max(width, height) > _PLAIN_SIDE
        or content[29:33] != crc32(content[12:29]).to_bytes(4)
    ):
        return None
    try:
        return Image.frombytes("L", (width, height), content[41:end], "zip", "L", 0)
    except Exception:
        return None


def _too_large() -> str:
    return f"A picture may have at most {MAX_PIXELS // 1_000_000} megapixels."


def ink_of(image: Image.Image, *, as_it_is: bool = False) -> Ink:
    """Decode an opened upload and find its ink; with `as_it_is` its grey is taken for ink already.

    Raises PictureUnreadableError when the picture turns out to be damaged.
    """
    try:
        lossy = image.format == "JPEG" or (image.format == "WEBP" and image.mode != "L")
        grey, reduced = _grey(image)
    except Exception:
        raise PictureUnreadableError(_CUT_OFF) from None
    if as_it_is:
        return Ink(grey, grey, "image", reduced=reduced)
    ink, inverted, faintest = extract_ink(grey, lossy=lossy)
    return Ink(ink, grey, "image", inverted, faintest, reduced)


def _grey(image: Image.Image) -> tuple[Grey, int]:
    """Decode to uint8 grey, upright, on a plain background where it is transparent; and by how much it was reduced."""
    longest = max(image.size)
    if image.format == "JPEG" and longest > 2 * _WORKING_SIDE:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))  # decode at a fraction: an exact halving, done by the codec
    if image.mode == "L" and longest <= _WORKING_SIDE:
        # Most of what comes is small and grey already. Decoding is what fills in `info` to its end.
        plain = image.tobytes()
        if "exif" not in image.info and "transparency" not in image.info:
            return np.frombuffer(plain, np.uint8).reshape(image.height, image.width), 1
    image.load()
    if "exif" in image.info:
        image = ImageOps.exif_transpose(image)
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I"):
        image = Image.fromarray((np.clip(np.asarray(image), 0, 65535) // 257).astype(np.uint8))
    elif image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = _flatten(image if image.mode == "RGBA" else image.convert("RGBA"))
    elif image.mode != "L":
        image = image.convert("L")
    factor = max(image.size) // _WORKING_SIDE
    if factor > 1:
        image = image.reduce(factor)
    width, height = image.size
    grey = np.frombuffer(image.tobytes(), np.uint8).reshape(height, width)
    return grey, max(1, round(longest / max(width, height)))


def _flatten(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white if what is opaque is dark, else on black, so that its ink shows."""
    transparency = image.getchannel("A")
    if transparency.getextrema() == (255, 255):  # as most are
        return image.convert("L")
    # As histograms: a large picture as an array of floats would take half a gigabyte.
    weight, lit = (_sum(band) for band in (transparency, ImageChops.multiply(image.convert("L"), transparency)))
    dark = weight > 0 and lit / weight < 128 / 255
    background = Image.new("RGBA", image.size, (255, 255, 255, 255) if dark else (0, 0, 0, 255))
    return Image.alpha_composite(background, image).convert("L")


def _sum(band: Image.Image) -> int:
    return sum(value * count for value, count in enumerate(band.histogram()))


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
