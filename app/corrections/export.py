"""Saved corrections as one NumPy archive, in the format of the human drawings that evaluations read.

Strokes and pixels cannot share an array: drawings that were sent as strokes are in `points` and related arrays,
drawings that were sent as pixels are in `img` and related arrays. The documentation of GET /corrections.npz lists all
arrays.
"""

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app import __version__
from app.corrections.store import Correction
from model.layers import CLASSES, SIDE
from model.preprocess.rasterise import Strokes

NOT_A_DIGIT = "not_a_digit"


def npz(corrections: Sequence[Correction]) -> bytes:
    """The archive with these corrections. It contains no Python objects, so it can be loaded without pickle."""
    strokes = [(each, drawing) for each in corrections if isinstance(drawing := each.drawing, Strokes)]
    images = [(each, drawing) for each in corrections if not isinstance(drawing := each.drawing, Strokes)]
    lengths = [[len(line) for line in drawing.lines] for _, drawing in strokes]
    points = [point for _, drawing in strokes for line in drawing.lines for point in line]
    indices = [np.repeat(np.arange(len(each)), each) for each in lengths]
    meta = {
        "source": f"corrections saved by Inkling {__version__}",
        "unit": "free: each client's own, isotropic, x right, y down",
        "labels": f"0 to 9, or {NOT_A_DIGIT}; in y, -1",
    }
    arrays: dict[str, NDArray[Any]] = {
        "points": np.array(points, np.float32).reshape(-1, 2),
        "stroke": np.concatenate([np.empty(0, np.intp), *indices]).astype(np.int16),
        "offsets": np.cumsum([0, *map(sum, lengths)], dtype=np.int64),
        "label": _text([NOT_A_DIGIT if each.label is None else str(each.label) for each, _ in strokes]),
        "writer": _text(["unknown"] * len(strokes)),  # the service does not ask who made a drawing
        "source": _text(["inkling"] * len(strokes)),
        "split": _text(["kept"] * len(strokes)),
        "pen": _numbers([drawing.pen for _, drawing in strokes]),
        "canvas": np.array([drawing.canvas or (np.nan, np.nan) for _, drawing in strokes], np.float32).reshape(-1, 2),
        **_predictions([correction for correction, _ in strokes]),
        "img": np.array([image for _, image in images], np.uint8).reshape(-1, SIDE, SIDE),
        "y": _digits([correction.label for correction, _ in images]),
        **{f"img_{name}": array for name, array in _predictions([correction for correction, _ in images]).items()},
        "meta": np.array(json.dumps(meta)),
    }
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    return archive.getvalue()


def _predictions(corrections: Sequence[Correction]) -> dict[str, NDArray[Any]]:
    """The arrays that strokes and pixels both have: the predictions, the weights, the mode, the day and the id."""
    probabilities = [correction.probabilities for correction in corrections]
    return {
        "answer": _digits([correction.digit for correction in corrections]),
        "probabilities": np.array(probabilities, np.float32).reshape(-1, CLASSES),
        "verdict": _text([correction.verdict or "" for correction in corrections]),
        "familiarity": _numbers([correction.familiarity for correction in corrections]),
        "model": _text([correction.model for correction in corrections]),
        "prepare": _text([correction.prepare for correction in corrections]),
        "day": _text([correction.day for correction in corrections]),
        "id": _text([str(correction.id) for correction in corrections]),
    }


def _text(values: Sequence[str]) -> NDArray[np.str_]:
    return np.array(values, np.str_)


def _digits(values: Sequence[int | None]) -> NDArray[np.int64]:
    return np.array([-1 if value is None else value for value in values], np.int64)


def _numbers(values: Sequence[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if value is None else value for value in values], np.float32)
