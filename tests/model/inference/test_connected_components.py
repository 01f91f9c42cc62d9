"""Connected components of the ink."""

import numpy as np

from model.inference.connected_components import connected_components, side_by_side


def test_components_are_counted_with_diagonal_neighbours_and_without_specks() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 3:6] = 255
    image[4:24, 20:23] = 255
    assert [component.box for component in connected_components(image)] == [(3, 4, 6, 24), (20, 4, 23, 24)]
    image[13, 6:20] = 255
    assert [component.pixels for component in connected_components(image)] == [20 * 3 * 2 + 14]
    image[0, 0] = 255
    assert len(connected_components(image)) == 1
    image[0, 1] = 255
    assert len(connected_components(image)) == 2, "the dot of the thinnest pen"
    diagonal = np.eye(28, dtype=np.uint8) * 255
    assert [component.pixels for component in connected_components(diagonal)] == [28]
    assert connected_components(np.zeros((28, 28), np.uint8)) == []


def test_ink_at_the_two_ends_of_a_row_is_not_connected() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5, 20:] = image[6, :8] = 255
    assert len(connected_components(image)) == 2


def test_neighbouring_components_of_nearly_full_height_count_as_side_by_side() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 4:8] = image[6:20, 14:20] = 255
    assert side_by_side(connected_components(image), 20)
    image[6:20, 14:20] = 0
    image[6:12, 14:20] = 255
    assert not side_by_side(connected_components(image), 20), "the second is too low"
    image[:] = 0
    image[4:13, 4:20] = image[15:24, 4:20] = 255
    assert not side_by_side(connected_components(image), 20), "one is above the other"
