"""Strokes that are read without the schema are those that the schema reads, and read as it reads them."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.drawings.parsing import _from_json, _plain_strokes
from app.drawings.schemas import DrawingRequest
from app.http.problems import Problem
from benchmarks.drawings import as_strokes, drawings
from model.preprocess import pipeline
from model.preprocess.rasterise import Strokes
from tests.app.drawings.test_bad_input import BAD, JSON

usual = st.floats(-1000, 1000) | st.integers(-1000, 1000)
odd: st.SearchStrategy[Any] = st.sampled_from(
    [1e6, -1e6, 1000000.0000000001, 1e308, 1e-3, 9e-4, 0, True, False, None, "1", "", [], {}, [1], 2**70]
)
number = usual | odd
point = st.lists(usual, min_size=2, max_size=2) | st.lists(number, max_size=3) | odd | st.sampled_from(["ab", {"a": 1}])
line = st.lists(point, max_size=5) | odd
given_fields = st.fixed_dictionaries(
    {"strokes": st.lists(line, max_size=3) | odd},
    optional={"pen": number, "canvas": st.lists(number, max_size=3) | odd, "pixels": st.none(), "colour": odd},
)


def alike(body: bytes) -> bool:
    """Whether the strokes are read without the schema; if so, as the schema reads them."""
    found = _plain_strokes(body)
    if found is None:
        return False
    drawing = DrawingRequest.model_validate_json(body)  # raises where this reads what the schema does not
    assert drawing.strokes is not None
    read = Strokes(drawing.strokes, drawing.pen, drawing.canvas)
    np.testing.assert_array_equal(found.coordinates, read.coordinates)
    assert list(map(len, found.lines)) == list(map(len, read.lines))
    assert repr((found.pen, found.canvas)) == repr((read.pen, read.canvas))
    return True


@given(given_fields)
@settings(max_examples=500, deadline=None)
def test_what_is_read_without_the_schema_is_what_the_schema_reads(fields: dict[str, Any]) -> None:
    alike(json.dumps(fields).encode())


@pytest.mark.parametrize(
    "fields",
    [{}, {"pen": 12}, {"pen": 1e-3, "canvas": [280, 280.5]}, {"canvas": [1e6, 1]}, {"pen": 12.5, "canvas": [9, 9]}],
)
def test_ordinary_strokes_are_read_without_the_schema(fields: dict[str, Any]) -> None:
    assert alike(json.dumps({"strokes": [[[30, 40], [110.25, 40], [60, -1e5]], [[1e-9, 0]]], **fields}).encode())


def test_the_strokes_of_a_hand_are_read_without_the_schema() -> None:
    assert all(alike(as_strokes(strokes)) for _, strokes in drawings(20))


@pytest.mark.parametrize("name", [name for name, (kind, *_) in BAD.items() if kind == JSON])
def test_nothing_bad_is_read_without_the_schema(name: str) -> None:
    assert _plain_strokes(BAD[name][1]) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"strokes": [[[1, 2]]], "strokes": [[[3, 4]]]}',
        b'{"strokes": [[[1, 2]]], "pen": 3, "pen": 4, "canvas": [1, 1], "canvas": [2, 2]}',
        b'{"strokes": [[[1, 2]]], "strokes": []}',
        b'\xef\xbb\xbf{"strokes": [[[1, 2]]]}',
        b'{"strokes": [[[1, 2]]],}',
        b'{"strokes": [[[01, 2]]]}',
        b'{"strokes": [[[1, 2]]]} {}',
        b'{"strokes": [[[-0, 1e2], [1.5E-3, -0.0]]]}',
        b'{"\\u0073trokes": [[[1, 2]]]}',
        b'{"strokes": [[[0.1, 123456.78901234567], [1e-320, 5e-324]]]}',
        b'{"strokes": {"ab": 1}}',
        b'{"strokes": [{"12": 1, "34": 2}]}',
        b'{"strokes": [[{"1": 1, "2": 2}]]}',
        b'{"strokes": ["12", "34"]}',
        b'{"strokes": [["12", "34"]]}',
        b'{"strokes": [[[1, 2]]], "canvas": []}',
        b'{"strokes": [[[1, 2]]], "canvas": "12"}',
        b'{"strokes": [[[1, 2]]], "canvas": {"1": 1, "2": 2}}',
    ],
)
def test_odd_json_is_read_as_the_schema_reads_it_or_not_at_all(body: bytes) -> None:
    alike(body)


def test_too_many_points_are_refused_however_the_strokes_are_read() -> None:
    for strokes in ([[[1, 2]] * (pipeline.MAX_POINTS + 1)], [[[1, 2]]] * (pipeline.MAX_STROKES + 1)):
        with pytest.raises(Problem, match="points"):
            _from_json(json.dumps({"strokes": strokes}).encode(), "mnist")
