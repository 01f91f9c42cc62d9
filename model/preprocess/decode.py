"""Decodes uploads (PNG, JPEG or WebP, with or without alpha, 1 to 16 bits a channel) and finds their ink."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageChops

from model.preprocess.extraction.background import extract_ink
from model.preprocess.image_files import DamagedFileError, without_metadata
from model.preprocess.ink import Grey, Ink

MAX_PIXELS = 16_000_000
_MAX_SCANNED = (
    200_000_000  # pixels times scans of a JPEG; a progressive one has about ten scans, each as slow as a whole image
)
_MAX_SCANS = 100
# With these limits, no image takes more than 64 MB.
MAX_COSTLY = 10_000_000  # pixels of a PNG in colour, which needs 4 bytes for each pixel, and of a progressive JPEG (6)
MAX_WEBP = 2_500_000  # pixels of a WebP image, whose decoder needs up to 22 bytes for each pixel
FORMATS = ("PNG", "JPEG", "WEBP")
_WORKING_SIDE = 1024  # px; larger uploads are first reduced to about this size
_WORKING_PIXELS = 2_000_000  # separating ink from the background of a photo needs 24 bytes for each pixel
_STRIP = 1 << 18  # pixels that are converted at a time, so that a large image needs no copy
_DAMAGED = "The image is damaged: it is incomplete or cannot be decoded. Save and send it again."
_SMALL_MODES = ("1", "L", "P", "I;16")  # Pillow stores them with one or two bytes for each pixel
_ALPHA_MODES = ("LA", "PA", "RGBA", "La", "RGBa")
# How an image must be turned, for each EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

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

    Its EXIF orientation is in `info["orientation"]`; other metadata is ignored. Raises ImageUnreadableError if it is
    not a PNG, JPEG or WebP image, ImageTooLargeError if it has too many pixels, ImageAnimatedError if it has several
    frames.
    """
    if not content:
        raise ImageUnreadableError("The image file is empty.")
    try:
        file = without_metadata(content)
    except DamagedFileError:
        raise ImageUnreadableError(_DAMAGED) from None
    if file.animated:
        raise ImageAnimatedError("This image is animated. Send an image without animation.")
    # Check the size before the decoder of WebP allocates the memory.
    _limit_pixels(file.size[0] * file.size[1], MAX_WEBP, "A WebP image", "or send it as a JPEG")
    try:
        image = Image.open(io.BytesIO(file.content), formats=FORMATS)
    except Exception:
        raise ImageUnreadableError(
            "This is not a PNG, JPEG or WebP image, or its start is damaged. Save it as a PNG or JPEG."
        ) from None
    pixels = image.width * image.height
    _limit_pixels(pixels, MAX_PIXELS, "An image")
    if file.scans > 1:
        _limit_pixels(pixels, MAX_COSTLY, "A progressive JPEG", "or save it as a baseline JPEG")
    if image.format == "PNG" and image.mode not in _SMALL_MODES:
        _limit_pixels(pixels, MAX_COSTLY, "A PNG image in colour", "or send it as a JPEG")
    if file.scans * pixels > _MAX_SCANNED or file.scans > _MAX_SCANS:
        raise ImageTooLargeError("This JPEG has too many scans. Save it as a baseline JPEG, not as a progressive one.")
    image.info["orientation"] = file.orientation
    return image


def _limit_pixels(pixels: int, limit: int, kind: str, remedy: str = "") -> None:
    if pixels > limit:
        advice = f"Make it smaller, {remedy}." if remedy else "Make it smaller."
        raise ImageTooLargeError(f"{kind} may have at most {limit / 1e6:g} megapixels. {advice}")


def ink_from_image(image: Image.Image, *, as_ink: bool = False) -> Ink:
    """Decode an opened upload and separate its ink from the background.

    If `as_ink` is true, the image has no background to separate: its grey levels are the ink. Raises
    ImageUnreadableError if the image is damaged.
    """
    try:
        lossy = image.format == "JPEG" or (image.format == "WEBP" and image.mode != "L")
        grey, reduced = _decode_grey(image)
        image.close()  # frees its pixels
    except Exception:
        raise ImageUnreadableError(_DAMAGED) from None
    if as_ink:
        return Ink(grey, grey, "image", reduced=reduced)
    found = extract_ink(grey, lossy=lossy)
    return Ink(found.ink, grey, "image", found.inverted, found.faintest, reduced, found.profile, thin_lines=True)


def _decode_grey(image: Image.Image) -> tuple[Grey, int]:
    """The image as upright grey levels, uint8, without transparency; and the factor by which its sides were reduced."""
    longest = max(image.size)
    if longest > 2 * _WORKING_SIDE:
        image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))  # only JPEG can be decoded at ½, ¼ or ⅛ of its size
    image.load()
    factor = max(1, max(image.size) // _WORKING_SIDE)
    if image.width * image.height > factor * factor * _WORKING_PIXELS:
        factor += 1
    background = _background(image, factor)
    strips = [_reduced(_grey(strip, background), factor) for strip in _strips(image, factor)]
    grey = strips[0]
    if len(strips) > 1:
        grey = Image.new("L", (grey.width, sum(strip.height for strip in strips)))
        for index, strip in enumerate(strips):
            grey.paste(strip, (0, index * strips[0].height))
    if (turn := _TURNS.get(image.info.get("orientation", 1))) is not None:
        grey = grey.transpose(turn)
    return _levels(grey), max(1, round(longest / max(grey.size)))


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """The image with its sides divided by `factor`; the same image, not a copy, if it is 1."""
    return image if factor == 1 else image.reduce(factor)


def _strips(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    """The image in strips of about _STRIP pixels. All but the last have the same height, a multiple of `factor`."""
    width, height = image.size
    rows = max(1, _STRIP // (width * factor)) * factor
    if rows >= height:
        yield image
        return
    for top in range(0, height, rows):
        yield image.crop((0, top, width, min(top + rows, height)))


def _background(image: Image.Image, factor: int) -> int | None:
    """The level on which a transparent image is put: 255 if the image is dark, else 0. None if it is opaque."""
    if image.mode not in _ALPHA_MODES and "transparency" not in image.info:
        return None
    if all(_levels(_rgba(strip).getchannel("A")).min() == 255 for strip in _strips(image, factor)):
        return None
    alpha_sum = light_sum = 0
    for strip in _strips(image, factor):
        coloured = _rgba(strip)
        alpha = coloured.getchannel("A")
        light = ImageChops.multiply(coloured.convert("L"), alpha)
        alpha_sum += int(_levels(alpha).sum(dtype=np.int64))
        light_sum += int(_levels(light).sum(dtype=np.int64))
    return 255 if alpha_sum > 0 and light_sum / alpha_sum < 128 / 255 else 0


def _rgba(image: Image.Image) -> Image.Image:
    """The image with its transparency in a channel of its own; the same image, not a copy, if it has one already."""
    return image if image.mode == "RGBA" else image.convert("RGBA")


def _levels(image: Image.Image) -> Grey:
    """The levels of an image with one channel. NumPy's `asarray` takes longer."""
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width)


def _grey(image: Image.Image, background: int | None) -> Image.Image:
    """The grey levels of an image, on the background if it has one."""
    if image.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I"):
        return Image.fromarray((np.clip(np.asarray(image), 0, 65535) // 257).astype(np.uint8))
    if background is not None:
        coloured = _rgba(image)
        grey = Image.new("L", image.size, background)
        grey.paste(coloured.convert("L"), mask=coloured.getchannel("A"))
        return grey
    if "transparency" in image.info:  # opaque after all
        image = _rgba(image)
    return image if image.mode == "L" else image.convert("L")
