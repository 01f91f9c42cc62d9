"""Beginnings of a drawing, and the drawing without a stroke."""

import pytest

from model.explain.replay import beginning, lengths, without
from model.preprocess.rasterise import Strokes

CORNER = Strokes([[[0, 0], [30, 0], [30, 10]], [[50, 0], [50, 60]]], pen=4)


def test_the_ink_is_the_length_of_the_lines_and_a_dot_is_as_long_as_the_pen_is_wide() -> None:
    assert lengths(CORNER) == [40, 60]
    assert lengths(Strokes([[[0, 0], [30, 0]], [[5, 5]]], pen=4)) == [30, 4]
    assert lengths(Strokes([[[0, 0], [30, 0]], [[5, 5], [5, 5]]])) == [30, pytest.approx(3)]


@pytest.mark.parametrize(
    ("share", "lines"),
    [
        (0.15, [[[0, 0], [15, 0]]]),
        (0.35, [[[0, 0], [30, 0], [30, 5]]]),
        (0.4, [[[0, 0], [30, 0], [30, 10]]]),
        (0.7, [[[0, 0], [30, 0], [30, 10]], [[50, 0], [50, 30]]]),
        (1.0, [[[0, 0], [30, 0], [30, 10]], [[50, 0], [50, 60]]]),
    ],
)
def test_a_beginning_has_its_share_of_the_ink(share: float, lines: list[list[list[float]]]) -> None:
    found = beginning(CORNER, share)
    assert [[list(map(pytest.approx, point)) for point in line] for line in found.lines] == lines
    assert (found.pen, found.canvas) == (CORNER.pen, CORNER.canvas)
    assert sum(lengths(found)) == pytest.approx(100 * share)


def test_a_drawing_without_its_only_stroke_is_none() -> None:
    rest = without(CORNER, 0)
    assert rest is not None
    assert rest.lines == [CORNER.lines[1]]
    assert without(Strokes([[[1, 1]]]), 0) is None
