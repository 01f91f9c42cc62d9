"""The unusual digits with which the in-distribution score is fitted."""

import numpy as np
from numpy.typing import NDArray

from model.synthetic import hard_digits

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def test_careless_digits_are_reproducible_and_equally_frequent() -> None:
    first, again, other = (hard_digits.careless(100, seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    assert np.bincount(first[1]).tolist() == [10] * 10
    assert first[0].shape == (100, 28, 28)
    assert (first[0].reshape(100, -1).max(axis=1) > 200).all()


def test_thicker_lines_have_more_ink_and_still_fit_into_20_pixels(mnist_test: Mnist) -> None:
    digits = mnist_test[0][:200]
    thick, again = (np.concatenate(list(hard_digits.thickened(digits, seed=0))) for _ in range(2))
    assert np.array_equal(thick, again)
    more = thick.sum(axis=(1, 2), dtype=np.int64) - digits.sum(axis=(1, 2), dtype=np.int64)
    assert np.median(more / digits.sum(axis=(1, 2))) > 0.1
    ink = thick > 0
    assert (ink.any(axis=1).sum(axis=1) <= 20).all()
    assert (ink.any(axis=2).sum(axis=1) <= 20).all()


def test_scanned_digits_are_reproducible_and_stretched_to_both_sides(mnist_test: Mnist) -> None:
    digits = mnist_test[0][:100]
    scanned, again = (np.concatenate(list(hard_digits.scanned(digits, seed=0))) for _ in range(2))
    assert np.array_equal(scanned, again)
    widths, scanned_widths = ((images > 0).any(axis=1).sum(axis=1) for images in (digits, scanned))
    assert scanned_widths.mean() > widths.mean() + 1
