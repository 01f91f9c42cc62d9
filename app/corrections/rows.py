"""A correction, the row of the database in which it is stored, and the check of rows that may be damaged."""

import math
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.layers import CLASSES, SIDE
from model.preprocess.modes import PREPARE_NAMES, Prepare
from model.preprocess.rasterise import Strokes


@dataclass(frozen=True, slots=True)
class Correction:
    """A drawing, its prediction and its correct label.

    drawing        strokes, or a 28×28 image as uint8, white ink on black
    label          the correct digit, 0 to 9; None if the drawing is not a digit
    digit          the predicted digit; None for a blank drawing
    probabilities  float32 (10,)
    day            the day on which it was saved, in UTC, such as 2030-12-31; "" if it is not saved yet
    """

    id: uuid.UUID
    drawing: Strokes | NDArray[np.uint8]
    label: int | None
    digit: int | None
    probabilities: NDArray[np.float32]
    model: str
    prepare: Prepare = "mnist"
    verdict: str | None = None
    familiarity: float | None = None
    day: str = ""


class Row(NamedTuple):
    """A row of the table, as it is stored. app/corrections/store.py describes the columns."""

    id: str
    day: str
    label: int | None
    digit: int | None
    probabilities: bytes
    verdict: str | None
    familiarity: float | None
    model: str
    prepare: Prepare
    points: bytes | None
    lengths: bytes | None
    pen: float | None
    width: float | None
    height: float | None
    picture: bytes | None


def row_of(correction: Correction) -> tuple[object, ...]:
    """The row in which a correction is stored: its values in the order of Row, not checked."""
    drawing = correction.drawing
    points = lengths = pen = image = None
    width, height = None, None
    if isinstance(drawing, Strokes):
        points = np.array([point for line in drawing.lines for point in line], "<f4").tobytes()
        lengths = np.array([len(line) for line in drawing.lines], "<i4").tobytes()
        pen = drawing.pen
        width, height = drawing.canvas or (None, None)
    else:
        image = drawing.tobytes()
    return (
        str(correction.id), correction.day or datetime.now(UTC).date().isoformat(), correction.label, correction.digit,
        correction.probabilities.astype("<f4").tobytes(), correction.verdict, correction.familiarity, correction.model,
        correction.prepare, points, lengths, pen, width, height, image,
    )  # fmt: skip


def valid_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    """The rows with the types and values that this program writes. Other rows are left out."""
    return (row for row in map(Row._make, rows) if _is_valid(row))


def _is_valid(row: Row) -> bool:
    """Whether a row has the types and values that this program writes."""
    try:
        uuid.UUID(row.id)
        probabilities = np.frombuffer(row.probabilities, "<f4")
        if row.picture is None:
            points, lengths = np.frombuffer(row.points or b"", "<f4"), np.frombuffer(row.lengths or b"", "<i4")
            drawing = bool(lengths.size) and lengths.min() > 0 and 2 * lengths.sum() == points.size
            drawing = drawing and bool(np.isfinite(points).all()) and (row.width is None) == (row.height is None)
        else:
            drawing = len(row.picture) == SIDE * SIDE
        return (
            bool(drawing)
            and probabilities.shape == (CLASSES,)
            and bool(np.isfinite(probabilities).all())
            and {row.label, row.digit} <= {None, *range(CLASSES)}
            and all(isinstance(text, str) for text in (row.day, row.model, row.verdict or ""))
            and row.prepare in PREPARE_NAMES
            and all(value is None or 0 < value < math.inf for value in (row.pen, row.width, row.height))
            and (row.familiarity is None or 0 <= row.familiarity <= 1)
        )
    except (ValueError, TypeError, AttributeError):
        return False


def correction_of(row: Row) -> Correction:
    """The correction in a valid row."""
    drawing: Strokes | NDArray[np.uint8]
    if row.picture is None:
        assert row.points is not None
        assert row.lengths is not None
        ends = np.frombuffer(row.lengths, "<i4").cumsum().tolist()
        flat = np.frombuffer(row.points, "<f4").reshape(-1, 2).tolist()
        canvas = None if row.width is None or row.height is None else (row.width, row.height)
        drawing = Strokes([flat[start:end] for start, end in pairwise([0, *ends])], row.pen, canvas)
    else:
        drawing = np.frombuffer(row.picture, np.uint8).reshape(SIDE, SIDE)
    return Correction(
        uuid.UUID(row.id), drawing, row.label, row.digit, np.frombuffer(row.probabilities, "<f4"), row.model,
        row.prepare, row.verdict, row.familiarity, row.day,
    )  # fmt: skip
