"""28×28 images are turned by 40° in both directions."""

import numpy as np

from model.inference.tilt import rotated_versions, upright_digit
from tests.model.preprocess.images import Mnist


def test_the_two_versions_are_turned_in_opposite_directions() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 6:22, 13:16] = 255
    images[1, 13:16, 6:22] = 255
    versions = rotated_versions(images).astype(float)
    assert versions.shape == (4, 28, 28)
    rows, columns = np.mgrid[:28, :28] - 14
    slopes = [(each * rows * columns).sum() / each.sum() for each in versions]
    assert slopes[0] * slopes[1] < 0
    assert slopes[2] * slopes[3] < 0
    assert slopes[0] * slopes[2] < 0, "the second bar is perpendicular to the first"
    assert np.allclose(versions.sum(axis=(1, 2)), 16 * 3 * 255, rtol=0.02)


def test_turning_there_and_back_gives_nearly_the_same_image(mnist_test: Mnist) -> None:
    images = mnist_test[0][:50]
    there = rotated_versions(images)
    back = rotated_versions(there).reshape(50, 2, 2, 28, 28)
    for image, left_right, right_left in zip(images, back[:, 0, 1], back[:, 1, 0], strict=True):
        for each in (left_right, right_left):
            a, b = image.ravel().astype(float), each.ravel().astype(float)
            assert a @ b > 0.95 * np.linalg.norm(a) * np.linalg.norm(b)


def test_the_upright_digit_must_be_clear_and_typical() -> None:
    probabilities = np.full((2, 10), 0.01, np.float32)
    probabilities[0, 4], probabilities[1, 7] = 0.91, 0.85
    assert upright_digit(probabilities, [0.4, 0.2]) == 4
    assert upright_digit(probabilities, [0.05, 0.2]) == 7
    assert upright_digit(probabilities, [0.05, 0.09]) is None
    assert upright_digit(probabilities * 0.8, [0.9, 0.9]) is None
