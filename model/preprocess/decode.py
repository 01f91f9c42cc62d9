"""An uploaded file -> the ink in it: PNG, JPEG or WebP, with or without alpha, 1 to 16 bits a channel."""

import io
from zlib import crc32

import numpy as np
from PIL import Image, ImageChops, ImageOps, ImageStat
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from model.preprocess.background import extract_ink
from model.preprocess.fit import Grey, Ink

MAX_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
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


class ImageError(ValueError):
    """What was sent is no picture that can be read; the text says why, in a sentence for the sender."""


class ImageTooLargeError(ImageError):
    """More pixels than are ever decoded."""


class ImageUnreadableError(ImageError):
    """The bytes are no picture, or a damaged one."""


class ImageAnimatedError(ImageError):
    """Several pictures in one."""


def open_image(content: bytes) -> Image.Image:
    """Read an upload's header: PNG, JPEG or WebP, one frame, at most 16 megapixels. Nothing large is decoded yet.

    Raises ImageUnreadableError, ImageTooLargeError or ImageError.
    """
    if (plain := _plain_png(content)) is not None:
        return plain
    png, jpeg = content.startswith(_PNG), content.startswith(_JPEG)
    if png and _PLAIN_END not in content:  # whatever comes after it
        raise ImageUnreadableError(_CUT_OFF)
    if jpeg and content.count(_SCAN) > _MOST_SCANS:
        raise ImageTooLargeError(f"A JPEG may have at most {_MOST_SCANS} scans.")
    try:
        if png:  # most of what comes; asking each format whether it knows the file takes time
            image: Image.Image = PngImageFile(io.BytesIO(content))
        elif jpeg:
            image = JpegImageFile(io.BytesIO(content))  # of the several that cameras put into one file, the first
        else:
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise ImageTooLargeError(_too_large()) from None
    except Exception:
        raise ImageUnreadableError("This is not a PNG, JPEG or WebP picture, or its beginning is damaged.") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(_too_large())
    if getattr(image, "n_frames", 1) > 1:
        raise ImageAnimatedError("This picture is animated. Send one picture, without animation.")
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

    Raises ImageUnreadableError when the picture turns out to be damaged.
    """
    try:
        lossy = image.format == "JPEG" or (image.format == "WEBP" and image.mode != "L")
        grey, reduced = _grey(image)
    except Exception:
        raise ImageUnreadableError(_CUT_OFF) from None
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
    # By histograms: a large picture as an array of floats would take half a gigabyte.
    light = ImageChops.multiply(image.convert("L"), transparency)
    (weight,), (lit,) = (ImageStat.Stat(band).sum for band in (transparency, light))
    dark = weight > 0 and lit / weight < 128 / 255
    background = Image.new("RGBA", image.size, (255, 255, 255, 255) if dark else (0, 0, 0, 255))
    return Image.alpha_composite(background, image).convert("L")
