"""The shipped sheets of digits have the grey levels and labels of MNIST."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.digit_sheets import PARTS, Part, digit_sheet, sheet_file
from tools.digit_sheets import chosen


@pytest.mark.parametrize("part", PARTS)
def test_a_sheet_has_every_fifth_test_or_twelfth_training_image_of_mnist(part: Part, data_dir: Path) -> None:
    sheet = digit_sheet(part)
    images, labels = chosen(part, data_dir)
    assert len(sheet.images) == {"test": 2000, "train": 5000}[part]
    np.testing.assert_array_equal(sheet.images, images)
    np.testing.assert_array_equal(sheet.labels, labels)


@pytest.mark.parametrize("part", PARTS)
def test_a_sheet_names_the_licence_and_is_small(part: Part) -> None:
    with Image.open(sheet_file(part)) as image:
        assert "CC BY-SA 3.0" in image.info["Copyright"]
        assert image.mode == "L"
    assert sheet_file(part).stat().st_size < 1_500_000


def test_the_digits_of_a_sheet_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        digit_sheet("test").images[0, 0, 0] = 1
