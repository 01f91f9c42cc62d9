"""The media types agree with the image formats that are read and the number formats that are written."""

from typing import get_args

from app.http import media_types
from model.preprocess.decode import FORMATS


def test_every_image_format_that_is_read_has_a_media_type() -> None:
    assert len(FORMATS) == len(media_types.IMAGES)
    assert set(media_types.IMAGES) == {"image/png", "image/jpeg", "image/webp"}


def test_number_formats_have_the_names_of_numpy() -> None:
    assert get_args(media_types.DType) == ("float32", "float16", "uint8")
