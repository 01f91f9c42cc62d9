"""Saved corrections as one NumPy archive, in the format of the human drawings that evaluations read.

Strokes and pixels cannot share an array: drawings that were sent as strokes are in `points` and related arrays,
drawings that were sent as pixels are in `img` and related arrays. The documentation of GET /corrections.npz lists all
arrays.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from app import __version__
from app.corrections.rows import Row
from model.layers import CLASSES, SIDE

NOT_A_DIGIT = "not_a_digit"
_CHUNK = 256 * 1024  # bytes of the archive that are sent at a time


class _Array(NamedTuple):
    """An array of the archive; its content comes in parts."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    parts: Iterable[bytes]


class _Buffer:
    """A file that keeps what is written to it until `take` returns it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def write(self, content: bytes) -> int:
        self.parts.append(bytes(content))
        self.size += len(content)
        return len(content)

    def flush(self) -> None:
        """Called by zipfile."""

    def take(self) -> bytes:
        """What has been written since the last call."""
        content, self.parts, self.size = b"".join(self.parts), [], 0
        return content


def npz(rows: Callable[[], Iterator[Row]]) -> Iterator[bytes]:
    """The archive, in chunks. Each call of `rows` reads the corrections again.

    The archive contains no Python objects, so it can be loaded without pickle. The points are copied row by row,
    because all drawings together may not fit into memory.
    """
    buffer = _Buffer()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]
        for name, array in _arrays(rows).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                description = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
                write_array_header_1_0(entry, description)
                for part in array.parts:
                    entry.write(part)
                    if buffer.size > _CHUNK:
                        yield buffer.take()
    yield buffer.take()


def _arrays(rows: Callable[[], Iterator[Row]]) -> dict[str, _Array]:
    """The arrays by name. The large ones, `points` and `stroke`, read the rows again."""
    strokes: list[Row] = []
    images: list[Row] = []
    counts: list[int] = []
    for row in rows():
        if row.points is None:
            images.append(row)
        else:
            counts.append(len(row.points) // 8)
            strokes.append(row._replace(points=None, lengths=None))
    total = sum(counts)
    meta = {
        "source": f"corrections saved by Inkling {__version__}",
        "unit": "free: each client's own, isotropic, x right, y down",
        "labels": f"0 to 9, or {NOT_A_DIGIT}; in y, -1",
    }
    small: dict[str, NDArray[Any]] = {
        "offsets": np.cumsum([0, *counts], dtype=np.int64),
        "label": _text([NOT_A_DIGIT if row.label is None else str(row.label) for row in strokes]),
        "writer": _text(["unknown"] * len(strokes)),  # the service does not ask who made a drawing
        "source": _text(["inkling"] * len(strokes)),
        "split": _text(["kept"] * len(strokes)),
        "pen": _numbers([row.pen for row in strokes]),
        "canvas": _numbers([size for row in strokes for size in (row.width, row.height)]).reshape(-1, 2),
        **_predictions(strokes),
        "img": np.frombuffer(b"".join(row.picture or b"" for row in images), np.uint8).reshape(-1, SIDE, SIDE),
        "y": _digits([row.label for row in images]),
        **{f"img_{name}": array for name, array in _predictions(images).items()},
        "meta": np.array(json.dumps(meta)),
    }
    return {
        "points": _Array(np.dtype("<f4"), (total, 2), (row.points for row in rows() if row.points is not None)),
        "stroke": _Array(np.dtype("<i2"), (total,), map(_stroke_indices, rows())),
        **{name: _Array(array.dtype, array.shape, [array.tobytes()]) for name, array in small.items()},
    }


def _stroke_indices(row: Row) -> bytes:
    lengths = np.frombuffer(row.lengths or b"", "<i4")
    return np.repeat(np.arange(lengths.size, dtype="<i2"), lengths).tobytes()


def _predictions(rows: Sequence[Row]) -> dict[str, NDArray[Any]]:
    """The arrays that strokes and pixels both have: the predictions, the weights, the mode, the day and the id."""
    return {
        "answer": _digits([row.digit for row in rows]),
        "probabilities": np.frombuffer(b"".join(row.probabilities for row in rows), "<f4").reshape(-1, CLASSES),
        "verdict": _text([row.verdict or "" for row in rows]),
        "familiarity": _numbers([row.familiarity for row in rows]),
        "model": _text([row.model for row in rows]),
        "prepare": _text([row.prepare for row in rows]),
        "day": _text([row.day for row in rows]),
        "id": _text([row.id for row in rows]),
    }


def _text(values: Sequence[str]) -> NDArray[np.str_]:
    return np.array(values, np.str_)


def _digits(values: Sequence[int | None]) -> NDArray[np.int64]:
    return np.array([-1 if value is None else value for value in values], np.int64)


def _numbers(values: Sequence[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], np.float32)
