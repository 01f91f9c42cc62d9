"""Strokes are rasterised with the right coverage, round ends and gaps, independently of other drawings."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.preprocess.pipeline import from_strokes, preprocess_all
from model.preprocess.rasterise import Polylines, Strokes

finite = st.floats(-1000, 1000, allow_nan=False)
drawings = st.lists(st.lists(st.tuples(finite, finite), min_size=1, max_size=12), min_size=1, max_size=4)


def draw(strokes: list[list[tuple[float, float]]], pen: float = 2.0, side: int = 20) -> NDArray[np.uint8]:
    lines = Polylines([Strokes(strokes)])
    image: NDArray[np.uint8] = lines.rasterise([(1.0, 1.0)], [(0.0, 0.0)], [pen], side)[0]
    return image


def test_a_horizontal_line_covers_whole_pixels_under_the_pen_and_none_beside_it() -> None:
    image = draw([[(4.0, 10.0), (16.0, 10.0)]], pen=2.0)
    assert (image[9:11, 5:15] >= 242).all()  # a line is made of discs; the dents between them are at most 1/20 px deep
    assert not image[:8].any()
    assert not image[12:].any()
    assert not image[:, :3].any()


def test_a_line_has_round_ends() -> None:
    image = draw([[(10.0, 10.0), (10.0, 15.0)]], pen=6.0)
    assert image[7, 10] > 200
    assert image[7, 10] > image[7, 12]
    assert image[12, 7] > 200


def test_a_stroke_of_one_point_is_a_disc_of_the_stroke_width() -> None:
    image = draw([[(10.0, 10.0)]], pen=8.0)
    assert image.sum() / 255 == pytest.approx(np.pi * 16, rel=0.03)
    np.testing.assert_array_equal(image, image[::-1])
    np.testing.assert_array_equal(image, image.T)


@pytest.mark.parametrize("pen", [1.7, 2.4, 5.0, 15.0, 39.0, 41.0, 1e6])
def test_a_disc_of_any_width_covers_every_pixel_within_its_reach(pen: float) -> None:
    x, y = 13.3, 4.8
    across, down = np.meshgrid(np.arange(20) + 0.5 - x, np.arange(20) + 0.5 - y)
    exact = np.clip(pen / 2 + 0.5 - np.hypot(across, down), 0, 1)
    assert float(np.abs(draw([[(x, y)]], pen) / 255 - exact).max()) < 0.005


def test_nothing_is_drawn_between_two_strokes() -> None:
    image = draw([[(3.0, 3.0), (3.0, 17.0)], [(17.0, 3.0), (17.0, 17.0)]])
    assert not image[:, 7:13].any()


def test_both_ends_of_every_stroke_are_inked() -> None:
    ends = [(2.5, 2.5), (10.5, 9.5), (17.5, 3.5), (4.5, 16.5)]
    image = draw([[ends[0], ends[1]], [ends[2], ends[3]]], pen=1.6)
    for x, y in ends:
        assert image[int(y), int(x)] == 255


def test_a_thousand_points_in_one_place_are_a_dot() -> None:
    np.testing.assert_array_equal(draw([[(9.0, 9.0)] * 1000]), draw([[(9.0, 9.0)]]))


def test_more_points_on_the_same_line_do_not_change_it() -> None:
    few = draw([[(3.0, 4.0), (15.0, 16.0)]])
    many = draw([[(3.0 + t, 4.0 + t) for t in np.linspace(0, 12, 200).tolist()]])
    assert int(np.abs(few.astype(int) - many).max()) <= 1


def test_the_coverage_is_within_two_hundredths_of_the_true_distance_to_the_line() -> None:
    a, b, pen = np.array([3.3, 4.1]), np.array([15.2, 14.7]), 2.4
    centres = np.stack(np.meshgrid(np.arange(20) + 0.5, np.arange(20) + 0.5), axis=-1)
    t = np.clip(((centres - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)[..., None]
    exact = np.clip(pen / 2 + 0.5 - np.linalg.norm(centres - (a + t * (b - a)), axis=-1), 0, 1)
    drawn = draw([[(3.3, 4.1), (15.2, 14.7)]], pen) / 255
    assert float(np.abs(drawn - exact).max()) < 0.035


@pytest.mark.parametrize("strokes", [[], [[]], [[(1.0, 1.0)], []]])
def test_a_drawing_without_points_is_refused(strokes: list[list[tuple[float, float]]]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Strokes(strokes)


@given(drawings)
@settings(max_examples=100, deadline=None)
def test_any_finite_strokes_give_ink_where_their_points_are(
    strokes: list[list[tuple[float, float]]],
) -> None:
    lines = Polylines([Strokes(strokes)])
    low, high = lines.low[0], lines.high[0]
    scale = min(1.0, 16 / max(high[0] - low[0], high[1] - low[1], 1e-9))
    shift = (2 - low[0] * scale, 2 - low[1] * scale)
    image = lines.rasterise([(scale, scale)], [shift], [2.0], 20)[0]
    assert image.max() > 100
    assert not image[0].any()


@given(st.lists(drawings, min_size=2, max_size=6))
@settings(max_examples=50, deadline=None)
def test_a_drawing_does_not_depend_on_the_others_in_its_batch(several: list[list[list[tuple[float, float]]]]) -> None:
    together = preprocess_all([Strokes(strokes) for strokes in several])
    for strokes, prepared in zip(several, together, strict=True):
        alone = from_strokes(strokes)
        assert int(np.abs(alone.image.astype(int) - prepared.image).max()) <= 1
        assert (alone.shift, alone.box) == (prepared.shift, prepared.box)


def test_a_wide_pen_gives_the_same_ink_as_the_formula_and_takes_no_longer_than_a_thin_one() -> None:
    generator = np.random.default_rng(0)
    lines = generator.uniform(0, 56, (300, 2, 2)).tolist()
    drawing = Polylines([Strokes(lines)])
    seconds = []
    for _ in range(3):
        started = time.process_time()
        for width in (2.4, 12.0, 30.0, 100.0):
            drawing.rasterise([(1.0, 1.0)], [(0.0, 0.0)], [width], 56)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.3  # without a limit on the discs, 2 s
    dots = [[point] for line in lines[:3] for point in line]
    (image,) = Polylines([Strokes(dots)]).rasterise([(1.0, 1.0)], [(0.0, 0.0)], [24.0], 56)
    centres = np.arange(56) + 0.5
    distance = np.min([np.hypot(centres - x, centres[:, np.newaxis] - y) for ((x, y),) in dots], axis=0)
    assert np.abs(image - np.clip(12.5 - distance, 0, 1) * 255).max() <= 1
