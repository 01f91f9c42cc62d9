"""The generator of images that are not digits."""

import numpy as np
from numpy.typing import NDArray

from model.synthetic import non_digits

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def test_non_digits_are_reproducible_and_as_many_as_requested(mnist_test: Mnist) -> None:
    digits, labels = mnist_test[0][:500], mnist_test[1][:500].astype(np.int64)
    first, again, other = (non_digits.images(333, seed, digits, labels) for seed in (1, 1, 2))
    assert first.shape == (333, 28, 28)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert (first.reshape(333, -1).max(axis=1) > 0).all()
