"""Ink is scaled to 20 px and centred on its centre of mass."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.preprocess.pipeline import from_pixels, from_strokes
from tests.model.preprocess.images import (
    RING,
    TOLERANCE,
    Grey,
    Mnist,
    difference,
    enlarged,
    side_of_ink,
)


def centre_of_mass(pixels: Grey) -> NDArray[np.float64]:
    """The row and the column of the centre of mass, as fractional 0-based indices."""
    mass = pixels.astype(float)
    centre: NDArray[np.float64] = np.array([(mass * at).sum() for at in np.mgrid[:28, :28]]) / mass.sum()
    return centre


def usual_image(lines: list[list[list[int]]]) -> Grey:
    return from_strokes(lines, 8).image


def test_strokes_are_fitted_and_centred_as_mnist_images_are() -> None:
    prepared = from_strokes(RING)
    assert side_of_ink(prepared.image) == 20
    mass = prepared.image.astype(float)
    rows, columns = np.mgrid[:28, :28]
    assert abs(float((mass * rows).sum() / mass.sum()) - 14) <= 0.5
    assert abs(float((mass * columns).sum() / mass.sum()) - 14) <= 0.5
    assert from_pixels(prepared.image).image.tolist() == prepared.image.tolist()


def test_a_very_thick_or_thin_pen_is_drawn_within_mnists_stroke_widths() -> None:
    thin, thick = from_strokes(RING, 1), from_strokes(RING, 60)
    assert thin.image.sum() < thick.image.sum() < 1.7 * thin.image.sum()


def test_own_pen_keeps_the_ratio_of_pen_width_to_drawing_size() -> None:
    for pen in (1, 12, 60):
        own, usual = from_strokes(RING, pen, None, "own_pen"), from_strokes(RING, pen)
        extent = max(own.box[2] - own.box[0], own.box[3] - own.box[1]) if own.box else 0
        assert own.stroke_width == pytest.approx(20 * pen / extent)
        assert own.stroke_width == pytest.approx(pen * own.scale)
        assert usual.stroke_width == pytest.approx(min(max(20 * pen / extent, 2.0), 2.8))
        assert side_of_ink(own.image) in (19, 20)
    assert from_strokes(RING, 60, None, "own_pen").image.sum() > 1.5 * from_strokes(RING, 60).image.sum()


def test_a_dot_with_own_pen_is_a_disc_of_ten_pixels() -> None:
    prepared = from_strokes([[[70, 90]]], 26, None, "own_pen")
    assert prepared.stroke_width == 10
    assert side_of_ink(prepared.image) in (10, 11)


def test_a_dot_stays_a_dot() -> None:
    for prepared in (
        from_strokes([[[50, 50]]]),
        from_strokes([[[50, 50]]], 20),
        from_strokes([[[50, 50], [51, 50]]], 20),
    ):
        assert side_of_ink(prepared.image) <= 5
        assert prepared.image[12:16, 12:16].any()


@pytest.mark.parametrize("far", [5e-324, 1e-300, 1e-10, 1e-4])
def test_strokes_closer_together_than_any_pen_are_a_dot(far: float) -> None:
    for prepare in ("mnist", "resize"):
        dot, point = from_strokes([[[0, 0], [far, far]]], prepare=prepare), from_strokes([[[0, 0]]], prepare=prepare)
        assert difference(dot.image, point.image) <= TOLERANCE


def test_one_pixel_stays_small_and_is_centred() -> None:
    pixels = np.zeros((280, 280), np.uint8)
    pixels[3, 277] = 255
    prepared = from_pixels(pixels)
    assert side_of_ink(prepared.image) == 4
    assert prepared.image[12:16, 12:16].all()


@pytest.mark.parametrize("flat", [True, False])
def test_a_line_is_fitted_to_20_px_and_centred(flat: bool) -> None:
    points = [[0.0, 0.0], [300.0, 0.0]] if flat else [[0.0, 0.0], [0.0, 300.0]]
    pixels = from_strokes([points]).image
    across = pixels if flat else pixels.T
    assert np.flatnonzero(across.any(axis=0)).tolist() == list(range(4, 24))
    assert np.flatnonzero(across.any(axis=1)).tolist() in ([13, 14, 15], [12, 13, 14])


def test_a_full_canvas_is_a_full_square() -> None:
    pixels = from_pixels(np.full((280, 280), 255, np.uint8)).image
    assert np.array_equal(pixels, np.pad(np.full((20, 20), 255), 4))


def test_a_small_image_is_fitted_like_the_same_image_on_a_larger_background(mnist_test: Mnist) -> None:
    for digit in mnist_test[0][:200]:
        part = digit[5:24, 3:21]
        assert difference(from_pixels(part).image, from_pixels(enlarged(part, 1, 9, 30, 60, 70)).image) <= TOLERANCE


@pytest.mark.parametrize("edge", ["top", "bottom", "left", "right"])
def test_ink_at_the_edge_neither_wraps_nor_is_lost(edge: str) -> None:
    pixels = np.zeros((100, 100), np.uint8)
    pixels[{"top": slice(0, 3), "bottom": slice(97, 100)}.get(edge, slice(20, 80)),
            {"left": slice(0, 3), "right": slice(97, 100)}.get(edge, slice(20, 80))] = 255  # fmt: skip
    prepared = from_pixels(pixels)
    assert prepared.image.sum() == prepared.fitted.sum() if prepared.fitted is not None else False
    assert side_of_ink(prepared.image) == 20


def test_ink_with_its_mass_far_to_one_side_is_shifted_only_to_the_edge() -> None:
    pixels = np.zeros((200, 200), np.uint8)
    pixels[:10] = 255
    pixels[:, 100] = 60
    prepared = from_pixels(pixels)
    assert prepared.fitted is not None
    assert prepared.image.sum() == prepared.fitted.sum()
    assert prepared.image[27].any()
    assert not prepared.image[0].any()


def test_uncentred_centres_the_bounding_box_instead_of_the_centre_of_mass() -> None:
    heavy_below = [[[20, 0], [20, 100]], [[0, 100], [40, 100]], [[0, 90], [40, 90]]]
    for prepared, usual in (
        (from_strokes(heavy_below, 8, None, "uncentred"), from_strokes(heavy_below, 8)),
        (from_pixels(enlarged(usual_image(heavy_below), 5, 9, 30), "uncentred"), from_strokes(heavy_below, 8)),
    ):
        rows, columns = (np.flatnonzero(prepared.image.any(axis=axis)) for axis in (1, 0))
        assert rows[0] == 4
        assert rows[-1] == 23
        assert abs((columns[0] + columns[-1]) / 2 - 13.5) <= 0.5
        assert prepared.shift == (0, 0)
        assert usual.shift[1] < 0
        assert centre_of_mass(prepared.image)[0] > 14.5 >= centre_of_mass(usual.image)[0]
        assert prepared.prepare == "uncentred"


def test_a_blank_image_stays_blank_when_uncentred() -> None:
    prepared = from_pixels(np.zeros((50, 60), np.uint8), "uncentred")
    assert prepared.blank
    assert not prepared.image.any()
