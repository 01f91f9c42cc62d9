"""Kept corrections as one NumPy archive, in the format in which collections of human strokes are read for measuring.

Strokes and pictures cannot share an array: drawings that came as strokes are in `points` and its companions, those that
came as pictures in `img` and `y`.
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
    """The archive; nothing in it needs pickle. GET /corrections.npz' documents say what the arrays are."""
    drawn = [(correction, drawing) for correction in corrections if isinstance(drawing := correction.drawing, Strokes)]
    shown = [
        (correction, drawing) for correction in corrections if not isinstance(drawing := correction.drawing, Strokes)
    ]
    lengths = [[len(line) for line in drawing.lines] for _, drawing in drawn]
    points = [point for _, drawing in drawn for line in drawing.lines for point in line]
    strokes = [np.repeat(np.arange(len(each)), each) for each in lengths]
    meta = {
        "source": f"corrections kept by Inkling {__version__}",
        "unit": "free: each sender's own, isotropic, x right, y down",
        "labels": f"0 to 9, or {NOT_A_DIGIT}; in y, -1",
    }
    arrays: dict[str, NDArray[Any]] = {
        "points": np.array(points, np.float32).reshape(-1, 2),
        "stroke": np.concatenate([np.empty(0, np.intp), *strokes]).astype(np.int16),
        "offsets": np.cumsum([0, *map(sum, lengths)], dtype=np.int64),
        "label": _text([NOT_A_DIGIT if correction.label is None else str(correction.label) for correction, _ in drawn]),
        "writer": _text(["unknown"] * len(drawn)),  # nobody is asked
        "source": _text(["inkling"] * len(drawn)),
        "split": _text(["kept"] * len(drawn)),
        "pen": _numbers([drawing.pen for _, drawing in drawn]),
        "canvas": np.array([drawing.canvas or (np.nan, np.nan) for _, drawing in drawn], np.float32).reshape(-1, 2),
        **_answers([correction for correction, _ in drawn]),
        "img": np.array([picture for _, picture in shown], np.uint8).reshape(-1, SIDE, SIDE),
        "y": _digits([correction.label for correction, _ in shown]),
        **{f"img_{name}": values for name, values in _answers([correction for correction, _ in shown]).items()},
        "meta": np.array(json.dumps(meta)),
    }
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **arrays)
    return archive.getvalue()


def _answers(corrections: Sequence[Correction]) -> dict[str, NDArray[Any]]:
    """What both kinds have."""
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
