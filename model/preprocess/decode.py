"""Decodes uploads (PNG, JPEG or WebP, with or without alpha, 1 to 16 bits a channel) and finds their ink."""

import io

import numpy as np
from PIL import Image, ImageChops, ImageOps, ImageStat

from model.preprocess.background import extract_ink
from model.preprocess.ink import Grey, Ink

MAX_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
_WORKING_SIDE = 1024  # px; larger uploads are first reduced to about this size
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG_START = b"\xff\xd8\xff"
_JPEG_SCAN = b"\xff\xda"  # starts a scan; a progressive JPEG has about ten, and each takes as long as a whole image
_MAX_SCANS = 100
_DAMAGED = "The image is damaged: it is incomplete or cannot be decoded."
_TOO_LARGE = f"An image may have at most {MAX_PIXELS // 1_000_000} megapixels."

Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit only warns at first; `open_image` checks a lower limit


class ImageError(ValueError):
    """The upload cannot be used as an image. The message, for the client, says why."""


class ImageTooLargeError(ImageError):
    """The image has more pixels than the service decodes."""


class ImageUnreadableError(ImageError):
    """The bytes are not an image, or the image is damaged."""


class ImageAnimatedError(ImageError):
    """The image has several frames."""


def open_image(content: bytes) -> Image.Image:
    """Open an upload and check its header. The pixels are not decoded yet.

    Raises ImageUnreadableError if it is not a PNG, JPEG or WebP image, ImageTooLargeError if it has more than 16
    megapixels, ImageAnimatedError if it has several frames.
    """
    # Pillow would not notice a missing end until it decodes the pixels.
    if content.startswith(_PNG_START) and _PNG_END not in content:
        raise ImageUnreadableError(_DAMAGED)
    if content.startswith(_JPEG_START) and content.count(_JPEG_SCAN) > _MAX_SCANS:
        raise ImageTooLargeError(f"A JPEG may have at most {_MAX_SCANS} scans.")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Exception:
        raise ImageUnreadableError("This is not a PNG, JPEG or WebP image, or its start is damaged.") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(_TOO_LARGE)
    # Some cameras put several images into one JPEG file ("MPO"); the first one is read.
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise ImageAnimatedError("This image is animated. Send an image without animation.")
    return image


def ink_from_image(image: Image.Image, *, as_ink: bool = False) -> Ink:
    """Decode an opened upload and separate its ink from the background.

    If `as_ink` is true, the image has no background to separate: its grey levels are the ink. Raises
    ImageUnreadableError if the image is damaged.
    """
    try:
        lossy = image.format in ("JPEG", "MPO") or (image.format == "WEBP" and image.mode != "L")
        grey, reduced = _decode_grey(image)
    except Exception:
        raise ImageUnreadableError(_DAMAGED) from None
    if as_ink:
        return Ink(grey, grey, "image", reduced=reduced)
    ink, inverted, faintest = extract_ink(grey, lossy=lossy)
    return Ink(ink, grey, "image", inverted, faintest, reduced)


def _decode_grey(image: Image.Image) -> tuple[Grey, int]:
    """The image as upright grey levels, uint8, without transparency; and the factor by which its sides were reduced."""
    longest = max(image.size)
    if longest > 2 * _WORKING_SIDE:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))  # only JPEG can be decoded at ½, ¼ or ⅛ of its size
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
    grey = np.frombuffer(image.tobytes(), np.uint8).reshape(height, width)  # faster than asarray for small images
    return grey, max(1, round(longest / max(width, height)))


def _flatten(image: Image.Image) -> Image.Image:
    """Put a transparent image on a background, white if the image is dark, else black. Returns grey levels."""
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):  # opaque, like most images
        return image.convert("L")
    # Pillow computes these sums from histograms. An array of floats would take half a gigabyte for a large image.
    light = ImageChops.multiply(image.convert("L"), alpha)
    (alpha_sum,), (light_sum,) = (ImageStat.Stat(band).sum for band in (alpha, light))
    dark = alpha_sum > 0 and light_sum / alpha_sum < 128 / 255
    background = Image.new("RGBA", image.size, (255, 255, 255, 255) if dark else (0, 0, 0, 255))
    return Image.alpha_composite(background, image).convert("L")
