"""Reduces an image file to its pixels, before Pillow parses it.

Metadata can cost a thousand times more than the image: Pillow reads every chunk and every EXIF entry, and decompresses
every text and every colour profile. The service only needs the orientation.
"""

import re
from struct import error, unpack_from
from typing import NamedTuple

_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8\xff"
_PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_WEBP_PIXELS = (b"VP8X", b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF")
_MAX_PARTS = 2_000  # chunks or segments; a PNG file of 1 MB usually has about a hundred
_MAX_TABLES = 64 * 1024  # bytes before the first scan of a JPEG, which usually are less than 2 kB
_JPEG_MARKER = re.compile(rb"\xff([\x01-\xfe])")  # Pillow, too, skips the bytes between the segments
_START_OF_SCAN = b"\xff\xda"
_ORIENTATION = 0x0112  # the EXIF tag
_MAX_ENTRIES = 200  # EXIF entries that are searched for the orientation; it is one of the first


class DamagedFileError(ValueError):
    """The file's structure is damaged, or it has thousands of parts."""


class ImageFile(NamedTuple):
    """An image file without metadata.

    orientation  how viewers must turn the image, 1 to 8, as in EXIF
    animated     whether the file has several frames; it is not meant to be decoded then
    scans        how often the pixels are encoded; 1 except in JPEG
    size         width and height if the file is WebP, whose decoder allocates its memory at once; otherwise (0, 0)
    """

    content: bytes
    orientation: int = 1
    animated: bool = False
    scans: int = 1
    size: tuple[int, int] = (0, 0)


def without_metadata(content: bytes) -> ImageFile:
    """The file with only the parts that its pixels need. Files that are not PNG, JPEG or WebP stay as they are. Raises
    DamagedFileError."""
    try:
        if content.startswith(_PNG_START):
            return _png(content)
        if content.startswith(_JPEG_START):
            return _jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
    except error as incomplete:
        raise DamagedFileError from incomplete
    return ImageFile(content)


def _png(content: bytes) -> ImageFile:
    kept, orientation, animated = [_PNG_START], 1, False
    start = len(_PNG_START)
    for _ in range(_MAX_PARTS):
        length, kind = unpack_from(">I4s", content, start)
        end = start + 12 + length
        if end > len(content):
            break
        if kind in _PNG_PIXELS:
            kept.append(content[start:end])
        elif kind == b"eXIf":
            orientation = _orientation(content[start + 8 : end - 4])
        elif kind == b"acTL":
            animated = unpack_from(">I", content, start + 8)[0] > 1
        if kind == b"IEND":
            return ImageFile(b"".join(kept), orientation, animated)
        start = end
    raise DamagedFileError


def _jpeg(content: bytes) -> ImageFile:
    kept, orientation, position, tables = [content[:2]], 1, 2, 0
    application_segments: set[int] = set()
    for _ in range(_MAX_PARTS):
        found = _JPEG_MARKER.search(content, position)
        if found is None:
            break
        start, marker = found.start(), found[1][0]
        if marker == _START_OF_SCAN[1]:
            kept.append(content[start:])
            return ImageFile(b"".join(kept), orientation, scans=content.count(_START_OF_SCAN, start))
        position = found.end()
        if marker == 0x01 or 0xD0 <= marker <= 0xD9:  # a marker without a segment
            continue
        position += unpack_from(">H", content, position)[0]
        if marker == 0xE1 and content[start + 4 : start + 10] == b"Exif\0\0":
            orientation = _orientation(content[start + 10 : position])
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            # The colours depend on the first segment APP0 (JFIF) and the first APP14 (Adobe).
            if marker not in (0xE0, 0xEE) or marker in application_segments:
                continue
            application_segments.add(marker)
        kept.append(content[start:position])
        tables += position - start
        if tables > _MAX_TABLES:
            break
    raise DamagedFileError


def _webp(content: bytes) -> ImageFile:
    kept: list[bytes] = []
    orientation, frames, start = 1, 0, 12
    for _ in range(_MAX_PARTS):
        if start >= len(content):
            break
        kind, length = unpack_from("<4sI", content, start)
        end = start + 8 + length + length % 2
        if start + 8 + length > len(content):
            raise DamagedFileError
        if kind in _WEBP_PIXELS:
            kept.append(content[start:end])
            frames += kind == b"ANMF"
        elif kind == b"EXIF":
            orientation = _orientation(content[start + 8 : end].removeprefix(b"Exif\0\0"))
        start = end
    if not kept or start < len(content):
        raise DamagedFileError
    pixels = b"".join(kept)
    header = b"RIFF" + (len(pixels) + 4).to_bytes(4, "little") + b"WEBP"
    return ImageFile(header + pixels, orientation, frames > 1, size=_webp_size(pixels))


def _webp_size(chunk: bytes) -> tuple[int, int]:
    """Width and height, from the first chunk."""
    if chunk.startswith(b"VP8X"):
        return int.from_bytes(chunk[12:15], "little") + 1, int.from_bytes(chunk[15:18], "little") + 1
    if chunk.startswith(b"VP8L"):
        (bits,) = unpack_from("<I", chunk, 9)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = unpack_from("<HH", chunk, 14)
    return width & 0x3FFF, height & 0x3FFF


def _orientation(exif: bytes) -> int:
    """The orientation in EXIF data, without the prefix "Exif"; 1 if there is none."""
    order = "<" if exif.startswith(b"II") else ">"
    try:
        (start,) = unpack_from(f"{order}I", exif, 4)
        (count,) = unpack_from(f"{order}H", exif, start)
        for entry in range(min(count, _MAX_ENTRIES)):
            tag, value = unpack_from(f"{order}H6xH", exif, start + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value) if 1 <= value <= 8 else 1
    except error:  # damaged metadata does not make the image unreadable
        pass
    return 1
