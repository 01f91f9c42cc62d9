"""Collections of drawings as strokes, one `.npz` file each.

points   (n, 2) numbers, x right and y down: the points of all drawings, one after another
stroke   (n,) integers: which stroke of its drawing each point belongs to; it changes where the pen was lifted
offsets  (d + 1,) integers: drawing i has the points offsets[i] … offsets[i + 1] − 1
label    (d,) text: what was drawn; "0" to "9" for digits
writer   (d,) text: who drew it, so that one person's drawings can be told from another's
meta     text, a JSON object: where they come from, and in `unit` what a 1 in `points` is. Unless the unit is free,
         the drawings lay on a canvas whose side is 1, and the points say where on it.
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
    """A file or folder of drawings that cannot be used. The message names it and says what is wrong."""


@dataclass(frozen=True)
class Collection:
    """The drawings of one file; see the module for its arrays. `points` are finite, and no drawing is empty."""

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
        """Whether the points say where on a canvas of side 1 a drawing was, and not only what it looks like."""
        return "free" not in str(self.meta.get("unit", "free"))

    def lines(self, index: int) -> Lines:
        """The strokes of a drawing."""
        part = slice(self.offsets[index], self.offsets[index + 1])
        lifted = np.flatnonzero(np.diff(self.stroke[part])) + 1
        return np.split(self.points[part], lifted)

    def digit(self, index: int) -> int | None:
        """Which digit a drawing is meant to be; None if it is none."""
        return int(self.labels[index]) if self.labels[index] in DIGITS else None


def read_folder(folder: Path) -> list[Collection]:
    """Every `.npz` in the folder, by name. DrawingsError if there is none, or at the first that cannot be used."""
    if not folder.is_dir():
        raise DrawingsError(f"There is no folder {folder}.")
    files = sorted(folder.glob("*.npz"))
    if not files:
        raise DrawingsError(f"There is no .npz file in {folder}.")
    return [read(file) for file in files]


def read(file: Path) -> Collection:
    """Read one file, or raise DrawingsError with what is wrong with it."""
    arrays = _arrays(file)
    points, stroke, offsets, label, writer, meta = (arrays[name] for name in ARRAYS)
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "fiu":
        raise _damaged(file, f"points are {_kind(points)}, not rows of two numbers")
    if stroke.shape != points.shape[:1] or stroke.dtype.kind not in "iu":
        raise _damaged(file, f"stroke is {_kind(stroke)}, not one whole number for each of the {len(points)} points")
    if label.ndim != 1 or label.dtype.kind not in "Uiu":
        raise _damaged(file, f"label is {_kind(label)}, not one text for each drawing")
    if offsets.shape != (len(label) + 1,) or offsets.dtype.kind not in "iu":
        raise _damaged(
            file, f"offsets are {_kind(offsets)}, not {len(label) + 1} whole numbers for {len(label)} labels"
        )
    if writer.shape != label.shape or writer.dtype.kind not in "Uiu":
        raise _damaged(file, f"writer is {_kind(writer)}, not one text for each of the {len(label)} drawings")
    if not len(label):
        raise _damaged(file, "it holds no drawing")
    places = offsets.astype(np.int64)
    if places[0] != 0 or places[-1] != len(points):
        raise _damaged(file, f"offsets go from {places[0]} to {places[-1]}, but the points from 0 to {len(points)}")
    if (lengths := np.diff(places)).min() < 1:
        raise _damaged(file, f"drawing {int(lengths.argmin())} has no points")
    values = points.astype(np.float64)
    if not np.isfinite(values).all():
        raise _damaged(file, f"point {int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])} is not a finite number")
    return Collection(
        name=file.stem,
        points=values,
        stroke=stroke.astype(np.int64),
        offsets=places,
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
        # From memory: of a damaged file NumPy loses the handle without closing it.
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            missing = [name for name in ARRAYS if name not in archive.files]
            arrays = {} if missing else {name: archive[name] for name in ARRAYS}
    except Exception as error:  # zipfile, zlib and NumPy each have their own for bytes that make no sense
        raise DrawingsError(f"{file} is damaged, or not an .npz file.") from error
    if missing:
        raise DrawingsError(f"{file} holds no drawings as strokes: {', '.join(missing)} missing.")
    return arrays


def _meta(file: Path, meta: NDArray[Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(str(meta))
    except ValueError as error:
        raise _damaged(file, "meta is not JSON") from error
    if not isinstance(found, dict):
        raise _damaged(file, "meta is not a JSON object")
    return found


def _damaged(file: Path, what: str) -> DrawingsError:
    return DrawingsError(f"{file} is damaged: {what}.")


def _kind(array: NDArray[Any]) -> str:
    """Shape and type, for a message."""
    shape = "×".join(str(side) for side in array.shape) or "a single one"
    return f"{shape} of type {array.dtype}"
