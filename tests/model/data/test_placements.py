"""Drawings are scaled, placed on a canvas and rendered as images."""

from typing import Any

import numpy as np
import pytest

from model.data import placements
from model.data.placements import GAP, PLACEMENTS, SIDE
from tests.support.stroke_files import CROSS, SEVEN


@pytest.mark.parametrize("has_place", [True, False])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_placed_drawing_fits_on_the_canvas_and_keeps_its_proportions(placement: str, has_place: bool) -> None:
    lines = [np.array(stroke) for stroke in CROSS]
    for index in range(40):
        strokes = placements.placed(lines, placement, index, has_place)
        assert strokes.pen is not None
        points = np.concatenate([np.array(line) for line in strokes.lines])
        reach = strokes.pen / 2
        assert points.min() - reach >= GAP - 1e-9
        assert points.max() + reach <= SIDE - GAP + 1e-9
        width, height = np.ptp(points, axis=0)
        assert width == pytest.approx(height)
        assert strokes.lines == placements.placed(lines, placement, index, has_place).lines


def test_each_placement_has_the_size_and_position_that_its_name_says() -> None:
    lines = [np.array(stroke) for stroke in SEVEN]

    def corners(placement: str, index: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        points = np.array(placements.placed(lines, placement, index, True).lines[0])
        return points.min(axis=0), points.max(axis=0)

    low, high = corners("natural", 0)
    assert np.allclose((low, high), ((0.3 * SIDE, 0.3 * SIDE), (0.7 * SIDE, 0.9 * SIDE)))
    longest, near = [], set()
    for index in range(60):
        low, high = corners("random size and place", index)
        longest.append(float(max(high - low)))
        low, high = corners("small in a corner", index)
        assert max(high - low) == pytest.approx(0.22 * SIDE)
        near.add(tuple(((low + high) / 2 > SIDE / 2).tolist()))
    assert min(longest) < 0.3 * SIDE < 0.75 * SIDE < max(longest)
    assert len(near) == 4


def test_a_large_drawing_is_shrunk_to_the_canvas_and_a_dot_stays_a_dot() -> None:
    large = placements.placed([np.array([[-3.0, 0.0], [4.0, 2.0]])], "natural", 0, True)
    assert np.ptp(np.array(large.lines[0]), axis=0)[0] == pytest.approx(SIDE - placements.PEN - 2 * GAP)
    for placement in PLACEMENTS:
        dot = placements.placed([np.array([[0.5, 0.5]])], placement, 0, False)
        canvas = placements.painted(dot)
        assert canvas.shape == (SIDE, SIDE)
        assert canvas.max() == 255
        assert dot.pen is not None
        assert canvas.sum() / 255 == pytest.approx(np.pi * dot.pen**2 / 4, rel=0.03)
