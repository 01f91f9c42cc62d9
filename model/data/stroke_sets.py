"""Collections of drawings as strokes, one `.npz` file per collection.

points   (n, 2) numbers, x right and y down: the points of all drawings, one drawing after another
stroke   (n,) integers: for each point, the number of its stroke; a new number means that the pen was lifted
offsets  (d + 1,) integers: drawing i has the points offsets[i] … offsets[i + 1] − 1
label    (d,) text: what was drawn; "0" to "9" for digits
writer   (d,) text: an identifier of the person who made the drawing
meta     text, a JSON object: it names the source, and `unit` is the unit of `points`. If the unit is "free", only the
         shape is known; otherwise the points are positions on a square canvas with side 1.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.layers import CLASSES

ARRAYS = ("points", "stroke", "offsets", "label", "writer", "meta")
DIGITS = tuple(str(digit) for digit in range(CLASSES))

Lines = list[NDArray[np.float64]]  # strokes, each (points, 2)


class DrawingsError(Exception):
    """A file or folder of drawings cannot be used. The message names it and says why."""


@dataclass(frozen=True)
class Collection:
    """The drawings of one file; the module docstring describes its arrays.

    All points are finite, and every drawing has at least one point.
    """

    name: str
    points: NDArray[np.float64]
    stroke: NDArray[np.int64]
    offsets: NDArray[np.int64]
    labels: tuple[str, ...]
    writers: tuple[str, ...]
    meta: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def placed(self) -> bool:
        """Whether `points` are positions on a canvas with side 1.

        With the unit "free", only the shape of a drawing is known, not its size and position.
        """
        return "free" not in str(self.meta.get("unit", "free"))

    def lines(self, index: int) -> Lines:
        """The strokes of the drawing with this index, one array (points, 2) per stroke."""
        part = slice(self.offsets[index], self.offsets[index + 1])
        lifted = np.flatnonzero(np.diff(self.stroke[part])) + 1
        return np.split(self.points[part], lifted)

    def digit(self, index: int) -> int | None:
        """The label of the drawing with this index, as an integer from 0 to 9. None if the label is not a digit."""
        return int(self.labels[index]) if self.labels[index] in DIGITS else None


def read_folder(folder: Path) -> list[Collection]:
    """Read all `.npz` files in the folder, sorted by name.

    Raises DrawingsError if the folder contains no such file, or if one of the files is not valid.
    """
    if not folder.is_dir():
        raise DrawingsError(f"There is no folder {folder}.")
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise DrawingsError(f"There is no .npz file in {folder}.")
    return [read(file) for file in files]


def read(file: Path) -> Collection:
    """Read a collection from a file. Raises DrawingsError if the file is missing or not valid."""
    arrays = _arrays(file)
    points, stroke, offsets, label, writer, meta = (arrays[name] for name in ARRAYS)
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "fiu":
        raise _damaged(file, f"points must be rows of two numbers, not {_kind(points)}")
    if stroke.shape != points.shape[:1] or stroke.dtype.kind not in "iu":
        raise _damaged(file, f"stroke must hold one integer for each of the {len(points)} points, not {_kind(stroke)}")
    if label.ndim != 1 or label.dtype.kind not in "Uiu":
        raise _damaged(file, f"label must hold one text for each drawing, not {_kind(label)}")
    if offsets.shape != (len(label) + 1,) or offsets.dtype.kind not in "iu":
        raise _damaged(
            file, f"offsets must hold {len(label) + 1} integers for {len(label)} labels, not {_kind(offsets)}"
        )
    if writer.shape != label.shape or writer.dtype.kind not in "Uiu":
        raise _damaged(file, f"writer must hold one text for each of the {len(label)} drawings, not {_kind(writer)}")
    if not len(label):
        raise _damaged(file, "it contains no drawings")
    bounds = offsets.astype(np.int64)
    if bounds[0] != 0 or bounds[-1] != len(points):
        raise _damaged(file, f"offsets must run from 0 to {len(points)}, not from {bounds[0]} to {bounds[-1]}")
    if (lengths := np.diff(bounds)).min() < 1:
        raise _damaged(file, f"drawing {int(lengths.argmin())} has no points")
    values = points.astype(np.float64)
    if not np.isfinite(values).all():
        raise _damaged(file, f"point {int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])} is not a finite number")
    return Collection(
        name=file.stem,
        points=values,
        stroke=stroke.astype(np.int64),
        offsets=bounds,
        labels=tuple(label.astype(str).tolist()),
        writers=tuple(writer.astype(str).tolist()),
        meta=_meta(file, meta),
    )


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise DrawingsError(f"There is no file {file}.") from error
    except OSError as error:
        raise DrawingsError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        # Load from memory: given a path, NumPy would leave a damaged file open.
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            missing = [name for name in ARRAYS if name not in archive.files]
            arrays = {} if missing else {name: archive[name] for name in ARRAYS}
    except Exception as error:  # zipfile, zlib and NumPy raise many types of exceptions
        raise DrawingsError(f"{file} is damaged or not an .npz file.") from error
    if missing:
        raise DrawingsError(f"{file} is not a collection of strokes: {', '.join(missing)} missing.")
    return arrays


def _meta(file: Path, meta: NDArray[Any]) -> Mapping[str, Any]:
    try:
        content = json.loads(str(meta))
    except ValueError as error:
        raise _damaged(file, "meta is not JSON") from error
    if not isinstance(content, dict):
        raise _damaged(file, "meta is not a JSON object")
    return content


def _damaged(file: Path, what: str) -> DrawingsError:
    return DrawingsError(f"{file} is damaged: {what}.")


def _kind(array: NDArray[Any]) -> str:
    """The shape and the type of an array, for an error message."""
    shape = "×".join(str(side) for side in array.shape) or "a single value"
    return f"{shape} of type {array.dtype}"
