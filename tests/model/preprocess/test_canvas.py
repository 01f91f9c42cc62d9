"""The canvas and the bounding box have the client's units, and the largest allowed drawings are processed quickly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.preprocess import pipeline
from model.preprocess.fit import SMALLEST
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import from_pixels, from_strokes
from tests.model.preprocess.images import (
    SEVEN,
    Mnist,
    encoded,
    enlarged,
    similar,
    upload,
)

coordinate = st.floats(-pipeline.MAX_COORDINATE, pipeline.MAX_COORDINATE)
length = st.floats(SMALLEST, pipeline.MAX_COORDINATE)


def test_the_bounding_box_of_strokes_is_in_client_units_and_includes_the_pen() -> None:
    prepared = from_strokes(SEVEN, 12, (280, 280))
    assert prepared.box == (24.0, 34.0, 116.0, 156.0)
    assert prepared.size == (280, 280)
    assert prepared.pen == 12
    assert set(prepared.stages()) == {"grey", "ink", "fitted", "shifted"}


def test_the_bounding_box_of_a_very_large_upload_is_in_its_own_pixels(mnist_test: Mnist) -> None:
    canvas = enlarged(mnist_test[0][0], 100, 100, 200, 3000, 3600)
    prepared = upload(encoded(canvas))
    assert prepared.size == (3600, 3000)
    assert prepared.box is not None
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    expected = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert np.abs(np.array(prepared.box) - expected).max() <= 4
    assert similar(prepared, from_pixels(mnist_test[0][0]).image, 0.97)


@pytest.mark.parametrize("points", [20_000, 2])
def test_the_longest_scribble_is_drawn_in_bounded_time_and_memory(points: int) -> None:
    scribble = np.random.default_rng(0).uniform(-1e6, 1e6, (points, 2)).tolist()
    for prepare in ("mnist", "resize", "none"):
        prepared = from_strokes([scribble], 1, (280, 280), prepare)
        assert prepared.image.shape == (28, 28)
        assert prepared.stages()["ink"].shape == (56, 56)


@given(
    st.lists(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=4), min_size=1, max_size=2),
    st.none() | length,
    st.none() | st.tuples(length, length),
    st.sampled_from(["mnist", "resize", "none"]),
)
@settings(max_examples=300, deadline=None)
def test_all_strokes_that_the_api_accepts_give_an_image_and_its_stages(
    strokes: list[list[tuple[float, float]]], pen: float | None, canvas: tuple[float, float] | None, prepare: Prepare
) -> None:
    prepared = from_strokes(strokes, pen, canvas, prepare)
    assert prepared.image.shape == (28, 28)
    for pixels in prepared.stages().values():
        assert pixels.dtype == np.uint8
        assert min(pixels.shape) >= 1
    assert np.isfinite(prepared.scale)
    assert np.isfinite(prepared.size).all()
