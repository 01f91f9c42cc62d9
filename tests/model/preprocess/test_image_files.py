"""Files are reduced to their pixels, so that metadata costs neither time nor memory."""

import io
import struct
import time
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, ImageOps

from model.preprocess.decode import ImageError, ImageTooLargeError, ImageUnreadableError, ink_from_image, open_image
from model.preprocess.image_files import DamagedFileError, without_metadata
from model.preprocess.ink import Grey

SIZE = (64, 40)
MIB = 1024 * 1024


def picture() -> Image.Image:
    levels = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    levels[4:20, 10:14] = 0
    return Image.fromarray(levels)


def saved(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture().convert("RGB").save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks: bytes) -> bytes:
    plain = saved("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def exif(entries: int, *, order: str = ">", orientation: int = 1) -> bytes:
    """EXIF data whose first entry is the orientation, followed by others."""
    first = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    others = b"".join(struct.pack(f"{order}HHII", 0x0200 + i % 60_000, 4, 1, i) for i in range(entries - 1))
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, min(entries, 65_535))
    return start + first + others + bytes(4)


def jpeg_with(segments: bytes) -> bytes:
    plain = saved("JPEG")
    return plain[:2] + segments + plain[2:]


def grey(content: bytes) -> Grey:
    return ink_from_image(open_image(content)).grey


PROFILE = zlib.compress(bytes(MIB), 9)
COSTLY = {
    "colour profiles": png_with(*[chunk(b"iCCP", b"p\0\0" + PROFILE)] * 980),
    "texts": png_with(*[chunk(b"zTXt", b"k\0\0" + PROFILE)] * 900),
    "EXIF entries": png_with(chunk(b"eXIf", exif(60_000))),
    "empty chunks": png_with(*[chunk(b"aaAa")] * 80_000),
    "fill bytes": jpeg_with(b"\xff" * 1_000_000),
    "junk": jpeg_with(bytes(1_000_000)),
    "comments": jpeg_with(b"\xff\xfe\0\2" * 240_000),
    "segments": jpeg_with(b"\xff\xe0\0\2" * 240_000),
    "tables": jpeg_with((b"\xff\xdb" + struct.pack(">H", 65_002) + (b"\0" + b"\1" * 64) * 1000) * 15),
    "WebP chunks": saved("WEBP") + b"abcd\0\0\0\0" * 100_000,
    "WebP EXIF": saved("WEBP", exif=exif(60_000)),
}  # fmt: skip


@pytest.mark.parametrize("content", COSTLY.values(), ids=COSTLY)
def test_opening_a_file_full_of_metadata_takes_a_few_milliseconds(content: bytes) -> None:
    assert len(content) <= MIB
    seconds = []
    for _ in range(3):
        started = time.process_time()
        with suppress(ImageError):
            ink_from_image(open_image(content))
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.04  # Pillow alone needs 0.2 s to 3 s


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_metadata_is_removed_and_the_pixels_and_the_orientation_stay(kind: str, order: str) -> None:
    data = exif(9, order=order, orientation=6)
    file = without_metadata(saved(kind, exif=(b"Exif\0\0" if kind == "JPEG" else b"") + data, icc_profile=bytes(5000)))
    assert len(file.content) <= len(saved(kind)) + 20
    assert (file.orientation, file.animated, file.scans) == (6, False, 1)
    with Image.open(io.BytesIO(file.content)) as stripped, Image.open(io.BytesIO(saved(kind))) as plain:
        assert np.array_equal(np.asarray(stripped), np.asarray(plain))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied_as_pillow_does(orientation: int) -> None:
    upright = picture()
    data = Image.Exif()
    data[0x0112] = orientation
    file = io.BytesIO()
    upright.save(file, "PNG", exif=data)
    with Image.open(io.BytesIO(file.getvalue())) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(grey(file.getvalue()), expected)


@pytest.mark.parametrize(
    "data", [b"", b"MM", b"MM\0*\xff\xff\xff\xff", exif(3, orientation=77), b"II*\0\x08\0\0\0\xff\xff"]
)
def test_damaged_exif_does_not_make_an_image_unreadable(data: bytes) -> None:
    assert np.array_equal(grey(png_with(chunk(b"eXIf", data))), np.asarray(picture()))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_cut_off_anywhere_is_damaged_or_decoded_but_never_fails_otherwise(kind: str) -> None:
    whole = saved(kind, exif=exif(5))
    for end in range(len(whole)):
        with suppress(ImageUnreadableError):
            grey(whole[:end])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_start_alone_is_damaged(kind: str) -> None:
    with pytest.raises(DamagedFileError):
        without_metadata(saved(kind)[:20])


def test_the_size_of_a_webp_image_is_known_before_its_decoder_allocates_memory() -> None:
    lossy, lossless = saved("WEBP"), saved("WEBP", lossless=True)
    extended = saved("WEBP", exif=exif(3))
    assert [without_metadata(content).size for content in (lossy, lossless, extended)] == [SIZE] * 3
    huge = b"WEBPVP8X" + struct.pack("<IIHBHB", 10, 0, 16_383, 0, 16_383, 0)
    with pytest.raises(ImageTooLargeError, match=r"A WebP image may have at most 2\.5 megapixels"):
        open_image(b"RIFF" + struct.pack("<I", len(huge)) + huge)


@pytest.mark.parametrize(("mode", "allowed"), [("1", True), ("L", True), ("P", True), ("RGB", False), ("RGBA", False)])
def test_a_large_png_in_colour_is_refused_because_it_takes_four_times_the_memory(mode: str, allowed: bool) -> None:
    file = io.BytesIO()
    Image.new(mode, (4000, 2600)).save(file, "PNG")
    if allowed:
        assert open_image(file.getvalue()).size == (4000, 2600)
    else:
        with pytest.raises(ImageTooLargeError, match="A PNG image in colour may have at most 10 megapixels"):
            open_image(file.getvalue())


def test_a_progressive_jpeg_has_limits_of_its_own() -> None:
    file = io.BytesIO()
    Image.new("L", (4000, 2600)).save(file, "JPEG", progressive=True)
    with pytest.raises(ImageTooLargeError, match="A progressive JPEG may have at most 10 megapixels"):
        open_image(file.getvalue())
    file = io.BytesIO()
    Image.new("L", (3000, 3000)).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    with pytest.raises(ImageTooLargeError, match="too many scans"):
        open_image(whole[:-2] + scan * 30 + whole[-2:])
