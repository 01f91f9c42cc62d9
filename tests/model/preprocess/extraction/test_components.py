"""Connected components of masks of any size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.preprocess.extraction.components import connected_components, count_runs, widened


def flood_fill(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The component of each pixel, from 0, or −1 outside the mask: found pixel by pixel, to compare with."""
    labels = np.full(mask.shape, -1)
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start] >= 0:
            continue
        labels[start] = component = labels.max() + 1
        found = [start]
        for y, x in found:
            for near in ((y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
                inside = 0 <= near[0] < mask.shape[0] and 0 <= near[1] < mask.shape[1]
                if inside and mask[near] and labels[near] < 0:
                    labels[near] = component
                    found.append(near)
    return labels


@given(st.integers(1, 24), st.integers(1, 24), st.floats(0, 1), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_components_are_those_of_a_flood_fill(rows: int, columns: int, share: float, seed: int) -> None:
    mask = np.random.default_rng(seed).random((rows, columns)) < share
    expected, components = flood_fill(mask), connected_components(mask)
    count = len(components.areas)
    assert count == expected.max() + 1
    assert len(components.starts) == count_runs(mask)
    for component in range(count):
        own = components.mask(np.arange(count) == component)
        assert np.array_equal(own, mask & (expected == expected[own][0]))
        assert components.areas[component] == own.sum()
        padded = np.pad(own, 1)
        assert components.outlines[component] == sum(np.diff(padded, axis=axis).sum() for axis in (0, 1))
        ends = [own[:, 0].any(), own[0].any(), own[:, -1].any(), own[-1].any()]
        assert components.sides()[component].tolist() == ends


def test_the_stroke_width_of_a_line_is_found_in_any_direction() -> None:
    y, x = np.mgrid[:200, :200] - 100
    for angle in np.radians([0, 20, 45, 70, 90]):
        along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        line = connected_components((np.abs(along) < 80) & (np.abs(across) < 5))
        assert 7.5 < line.stroke_widths()[0] < 12.5


def test_a_mask_is_widened_by_a_margin_that_does_not_wrap() -> None:
    mask = np.zeros((40, 3), np.bool_)
    mask[[2, 30], 1] = True
    for margin in range(9):
        rows = np.flatnonzero(widened(mask, margin)[:, 1])
        assert rows.tolist() == [*range(max(0, 2 - margin), 3 + margin), *range(30 - margin, min(31 + margin, 40))]
    spot = np.zeros((9, 9), np.bool_)
    spot[4, 4] = True
    square = connected_components(spot).mask(np.ones(1, np.bool_), margin=2)
    assert np.array_equal(square, np.pad(np.ones((5, 5), np.bool_), 2))


def test_a_spiral_and_dense_noise_are_one_component_each() -> None:
    spiral = np.zeros((99, 99), np.bool_)
    left, right = 0, 98
    while left < right:
        spiral[left, left : right + 1] = spiral[left : right + 1, right] = True
        spiral[right, left : right + 1] = spiral[left + 2 : right + 1, left] = True
        spiral[left + 2, left : left + 3] = True
        left, right = left + 2, right - 2
    assert len(connected_components(spiral).areas) == 1
    noise = np.random.default_rng(0).random((300, 300)) < 0.7
    assert connected_components(noise).areas.max() > 0.999 * noise.sum()
