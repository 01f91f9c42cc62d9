"""The stress tests: altered digits, and images that are not digits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.evaluation import stress


def test_an_alteration_does_what_its_name_says(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    image = mnist_test[0][0]
    changed = {name: change(image) for name, change in stress.ALTERATIONS.items()}
    assert all(result.shape == (28, 28) and result.dtype == np.uint8 for result in changed.values())
    assert np.array_equal(changed["unchanged"], image)
    assert np.array_equal(changed["shifted right by 4 pixels"][:, 4:], image[:, :-4])
    assert not changed["shifted right by 4 pixels"][:, :4].any()
    assert np.array_equal(changed["black ink on white"], 255 - image)
    thin, thick = changed["thinner lines (3×3 minimum)"], changed["thicker lines (3×3 maximum)"]
    assert thin.sum() < image.sum() < thick.sum()
    corner = np.zeros((28, 28), np.uint8)
    corner[4, 14] = 255  # above the centre; a clockwise rotation moves it to the right
    assert stress.ALTERATIONS["rotated by 45°"](corner)[:, 15:].sum() > 0
    assert stress.ALTERATIONS["rotated by 45°"](corner)[:, :14].sum() == 0


def test_letters_have_the_same_size_as_digits() -> None:
    letters = np.stack(list(stress.letters()))
    assert letters.shape == (len(stress.LETTERS) * 15, 28, 28)
    assert len(np.unique(letters.reshape(len(letters), -1), axis=0)) == len(letters)
    ink = letters > 0
    longest = np.maximum(np.ptp(_extent(ink.any(axis=2)), axis=1), np.ptp(_extent(ink.any(axis=1)), axis=1)) + 1
    assert set(longest) <= {19, 20}


def _extent(lines: Any) -> NDArray[np.int64]:
    """The indices of the first and the last row (or column) with ink, for each image."""
    return np.stack([lines.argmax(1), 27 - lines[:, ::-1].argmax(1)], axis=1)
