"""Functions that create the images that tests send."""

import io
import struct
import zlib

from PIL import Image, ImageDraw


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of_a_line(side: int) -> bytes:
    """A PNG of side × side pixels with a vertical line, which is recognised as a 1."""
    image = Image.new("L", (side, side))
    ImageDraw.Draw(image).line((side // 2, side // 5, side // 2, side * 4 // 5), 255, max(2, side // 10))
    return saved(image)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with_header(width: int, height: int, rows: bytes = bytes(1000)) -> bytes:
    """An 8-bit grey PNG. The size in its header need not be the size of `rows`, the compressed content."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + data + png_chunk(b"IEND", b"")
