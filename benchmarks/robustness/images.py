"""Image files with as many pixels as the service accepts, in less than a mebibyte."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.preprocess.decode import MAX_COSTLY, MAX_PIXELS, MAX_WEBP

SIDE = int(MAX_PIXELS**0.5)
COSTLY_SIDE = int(MAX_COSTLY**0.5)
WEBP_SIDE = int(MAX_WEBP**0.5)


def texture(side: int, mode: str, kind: str = "PNG", **options: object) -> bytes:
    """A file with much ink that compresses well: a tile that is repeated."""
    tile = np.random.default_rng(3).integers(0, 2, (8, 8)).astype(np.uint8) * 255
    grey = Image.fromarray(np.tile(tile, (-(-side // 8), -(-side // 8)))[:side, :side])
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert(mode)
        if mode in ("LA", "RGBA"):
            image.putalpha(grey)
    return _saved(image, kind, **options)


def interlaced() -> bytes:
    """An interlaced PNG of grey pixels; Pillow does not write any."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for left, top, across, down in passes:
        width, height = len(range(left, SIDE, across)), len(range(top, SIDE, down))
        rows += (b"\0" + b"\x80" * width) * height
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def long() -> bytes:
    """A PNG with very long rows."""
    return _saved(Image.new("L", (MAX_PIXELS // 16, 16), 200), "PNG")


def chessboard() -> bytes:
    """A PNG of 64×64 pixels with as many edges as possible."""
    return _saved(Image.fromarray((np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)), "PNG")


def photo(kind: str = "PNG", side: int = 1000) -> bytes:
    """An image with uneven light and noise; by default, of nearly a mebibyte."""
    noise: NDArray[np.uint8] = np.random.default_rng(4).integers(0, 16, (side, side)).astype(np.uint8)
    light = np.add.outer(np.linspace(60, 200, side), np.linspace(0, 40, side))
    image = Image.fromarray((light + noise).astype(np.uint8))
    return _saved(image, kind) if kind == "PNG" else _saved(image.resize((2400, 2400)), kind, quality=60)


def plain_jpeg(mode: str) -> bytes:
    """A JPEG of a single colour with as many pixels as possible."""
    return _saved(Image.new(mode, (SIDE, SIDE)), "JPEG", quality=20)


def jpeg_with_scans() -> bytes:
    """A progressive JPEG with as many scans as possible: the last one is repeated."""
    whole = _saved(Image.new("RGB", (COSTLY_SIDE, COSTLY_SIDE)), "JPEG", quality=20, progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * 9 + whole[-2:]


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
