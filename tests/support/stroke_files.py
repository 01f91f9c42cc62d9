"""Small stroke files for tests, with drawings of a one, a seven and a cross."""

import json
from pathlib import Path
from typing import Any

import numpy as np

ONE = [[[0.5, 0.2], [0.5, 0.4], [0.5, 0.8]]]
SEVEN = [[[0.3, 0.3], [0.7, 0.3], [0.45, 0.9]]]
CROSS = [[[0.3, 0.3], [0.7, 0.7]], [[0.7, 0.3], [0.3, 0.7]]]
Drawing = tuple[str, list[list[list[float]]]]


def arrays(*drawn: Drawing, unit: str = "canvas = 1") -> dict[str, Any]:
    """The arrays of a stroke file with these (label, strokes) pairs."""
    points = [point for _, strokes in drawn for stroke in strokes for point in stroke]
    lengths = [sum(len(stroke) for stroke in strokes) for _, strokes in drawn]
    return {
        "points": np.array(points, np.float32),
        "stroke": np.array([i for _, strokes in drawn for i, stroke in enumerate(strokes) for _ in stroke], np.int16),
        "offsets": np.cumsum([0, *lengths]),
        "label": np.array([label for label, _ in drawn]),
        "writer": np.array([f"w{i % 2}" for i in range(len(drawn))]),
        "meta": json.dumps({"source": "these tests", "unit": unit}),
    }


def write_folder(folder: Path) -> Path:
    """Create the folder and write a file of ones and sevens, a file of crosses, and a text file. Returns the folder."""
    folder.mkdir()
    np.savez_compressed(folder / "mine_digits.npz", **arrays(("1", ONE), ("7", SEVEN), ("1", ONE)))
    np.savez_compressed(folder / "mine_signs.npz", **arrays(("x", CROSS), ("plus", CROSS), unit="free"))
    (folder / "notes.txt").write_text("no drawings")
    return folder
