"""The drawing in a request: what is read, and which problem a request without a readable drawing gets."""

import json

import numpy as np
import pytest

from app.drawings.parsing import _from_json
from app.http.problems import Problem
from benchmarks.drawings import as_strokes, drawings
from model.preprocess import pipeline
from model.preprocess.rasterise import Strokes


@pytest.mark.parametrize("fields", [{}, {"pen": 12}, {"pen": 1e-3, "canvas": [280, 280.5]}, {"canvas": [1e6, 1]}])
def test_strokes_are_read_with_their_pen_and_canvas(fields: dict[str, object]) -> None:
    lines: list[list[list[float]]] = [[[30, 40], [110.25, 40], [60, -1e5]], [[1e-9, 0]]]
    strokes = _from_json(json.dumps({"strokes": lines, **fields}).encode(), "mnist")
    assert isinstance(strokes, Strokes)
    np.testing.assert_array_equal(strokes.coordinates, np.array([point for line in lines for point in line]).T)
    assert list(map(len, strokes.lines)) == [3, 1]
    canvas = fields.get("canvas")
    assert (strokes.pen, strokes.canvas) == (fields.get("pen"), tuple(canvas) if isinstance(canvas, list) else None)


def test_the_strokes_that_the_page_sends_are_read() -> None:
    assert all(isinstance(_from_json(as_strokes(lines), "mnist"), Strokes) for _, lines in drawings(20))


@pytest.mark.parametrize(
    "body",
    [
        b'{"strokes": [[[1, 2]]],}',
        b'{"strokes": [[[01, 2]]]}',
        b'{"strokes": [[[1, 2]]]} {}',
        b'{"strokes": {"ab": 1}}',
        b'{"strokes": [{"12": 1, "34": 2}]}',
        b'{"strokes": [[{"1": 1, "2": 2}]]}',
        b'{"strokes": ["12", "34"]}',
        b'{"strokes": [["12", "34"]]}',
        b'{"strokes": [[[true, false]]]}',
        b'{"strokes": [[[1, 2]]], "canvas": []}',
        b'{"strokes": [[[1, 2]]], "canvas": "12"}',
        b'{"strokes": [[[1, 2]]], "canvas": {"1": 1, "2": 2}}',
    ],
)
def test_what_only_looks_like_strokes_is_refused(body: bytes) -> None:
    with pytest.raises(Problem):
        _from_json(body, "mnist")


def test_too_many_points_or_strokes_are_refused() -> None:
    for strokes in ([[[1, 2]] * (pipeline.MAX_POINTS + 1)], [[[1, 2]]] * (pipeline.MAX_STROKES + 1)):
        with pytest.raises(Problem, match="points"):
            _from_json(json.dumps({"strokes": strokes}).encode(), "mnist")
