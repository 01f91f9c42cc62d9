"""Stroke files are validated when they are read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.data import stroke_sets
from model.data.stroke_sets import DrawingsError
from tests.support.stroke_files import CROSS, ONE, SEVEN, arrays, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of ones and sevens, a file of crosses, and a text file."""
    return write_folder(tmp_path / "drawings")


def test_reading_returns_what_was_written(folder: Path) -> None:
    digits, signs = stroke_sets.read_folder(folder)
    assert (digits.name, len(digits), digits.labels, digits.writers) == (
        "mine_digits", 3, ("1", "7", "1"), ("w0", "w1", "w0"),
    )  # fmt: skip
    assert np.allclose(digits.lines(1)[0], SEVEN[0])
    assert [len(line) for line in signs.lines(0)] == [2, 2]
    assert np.allclose(signs.lines(1), CROSS)
    assert [digits.digit(i) for i in range(3)] == [1, 7, 1]
    assert signs.digit(0) is None
    assert digits.placed
    assert not signs.placed


def test_labels_may_be_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{**arrays(("1", ONE), ("7", SEVEN)), "label": np.array([1, 7])})
    read = stroke_sets.read(tmp_path / "a.npz")
    assert [read.digit(i) for i in range(2)] == [1, 7]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": np.zeros(6)}, "points must be rows of two numbers, not 6 of type float64"),
        ({"points": np.full((6, 2), np.nan)}, "point 0 is not a finite number"),
        ({"points": np.full((6, 2), "a")}, "not 6×2 of type <U1"),
        ({"stroke": np.zeros(5, int)}, "stroke must hold one integer for each of the 6 points"),
        ({"stroke": np.zeros(6)}, "not 6 of type float64"),
        ({"offsets": np.array([0, 3])}, "offsets must hold 3 integers for 2 labels"),
        ({"offsets": np.array([0, 3, 5])}, "offsets must run from 0 to 6, not from 0 to 5"),
        ({"offsets": np.array([1, 3, 6])}, "not from 1 to 6"),
        ({"offsets": np.array([0, 6, 6])}, "drawing 1 has no points"),
        ({"offsets": np.array([0, 7, 6])}, "drawing 1 has no points"),
        ({"label": np.array([["1", "7"]])}, "not 1×2 of type"),
        ({"label": np.array([0.5, 1.5])}, "label must hold one text for each drawing, not 2 of type float64"),
        ({"writer": np.array(["w0"])}, "each of the 2 drawings"),
        ({"meta": "{"}, "meta is not JSON"),
        ({"meta": "[]"}, "meta is not a JSON object"),
        (
            {"points": np.zeros((0, 2)), "stroke": np.zeros(0, int), "offsets": np.array([0]),
             "label": np.array([], str), "writer": np.array([], str)}, "it contains no drawings",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_error_names_a_damaged_file_and_the_fault(tmp_path: Path, change: Any, words: str) -> None:
    file = tmp_path / "damaged.npz"
    np.savez(file, **{**arrays(("1", ONE), ("7", SEVEN)), **change})
    with pytest.raises(DrawingsError) as error:
        stroke_sets.read(file)
    assert str(error.value).startswith(f"{file} is damaged: ")
    assert words in str(error.value)


def test_files_in_another_format_are_rejected(folder: Path, tmp_path: Path) -> None:
    complete = (folder / "mine_digits.npz").read_bytes()
    for name, content in (
        ("cut", complete[: len(complete) // 2]),
        ("flipped", complete[:200] + bytes(byte ^ 255 for byte in complete[200:260]) + complete[260:]),
        ("empty", b""),
        ("text", b"hello"),
    ):
        file = tmp_path / f"{name}.npz"
        file.write_bytes(content)
        with pytest.raises(DrawingsError, match=rf"{name}\.npz is damaged or not an .npz file"):
            stroke_sets.read(file)
    np.savez(tmp_path / "pickled.npz", **{**arrays(("1", ONE)), "label": np.array(["1"], object)})
    with pytest.raises(DrawingsError, match="is damaged or not"):
        stroke_sets.read(tmp_path / "pickled.npz")  # the file is not unpickled
    np.savez(tmp_path / "other.npz", img=np.zeros((3, 28, 28)), y=np.zeros(3))
    with pytest.raises(DrawingsError, match="points, stroke, offsets, label, writer, meta missing"):
        stroke_sets.read(tmp_path / "other.npz")
    with (tmp_path / "alone.npz").open("wb") as alone:
        np.save(alone, np.zeros(3))
    with pytest.raises(DrawingsError, match=r"alone.npz is damaged or not"):
        stroke_sets.read(tmp_path / "alone.npz")
    with pytest.raises(DrawingsError, match="There is no file"):
        stroke_sets.read(tmp_path / "gone.npz")
