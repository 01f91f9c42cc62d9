"""Images of every supported format are decoded, and other files are refused."""

import io
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from model.inference.classifier import Classifier
from model.preprocess.decode import ImageAnimatedError, ImageError, ImageTooLargeError, ImageUnreadableError, open_image
from model.preprocess.pipeline import from_pixels
from tests.model.preprocess.images import (
    Mnist,
    encoded,
    enlarged,
    similar,
    upload,
)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_mode_of_png_is_decoded(mnist_test: Mnist, mode: str) -> None:
    digit = mnist_test[0][0]
    image = Image.fromarray(digit.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(digit).convert(mode)
    expected = np.asarray(Image.fromarray(digit).convert("1").convert("L")) if mode == "1" else digit
    assert np.array_equal(upload(encoded(image)).image, from_pixels(expected).image)


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_ink_of_any_colour_on_a_transparent_background_is_found(mnist_test: Mnist, ink: tuple[int, int, int]) -> None:
    for digit in mnist_test[0][:50]:
        image = Image.new("RGBA", (28, 28), (*ink, 0))
        image.putalpha(Image.fromarray(digit))
        assert similar(upload(encoded(image)), from_pixels(digit).image, 0.98)


def test_an_opaque_alpha_channel_changes_nothing(mnist_test: Mnist) -> None:
    digit = mnist_test[0][0]
    image = Image.fromarray(255 - digit).convert("RGBA")
    assert np.array_equal(upload(encoded(image)).image, from_pixels(digit).image)


def test_a_palette_with_a_transparent_colour_is_decoded(mnist_test: Mnist) -> None:
    digit = np.where(mnist_test[0][0] > 127, 1, 0).astype(np.uint8)
    image = Image.fromarray(digit)
    image.putpalette([255, 255, 255, 0, 0, 0])
    prepared = upload(encoded(image, transparency=0))
    assert np.array_equal(prepared.image, from_pixels(digit * 255).image)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_large_lossy_image_is_decoded(mnist_test: Mnist, kind: str) -> None:
    for digit in mnist_test[0][:6]:
        canvas = 255 - enlarged(digit, 20, 100, 300, 1000, 1200)
        assert similar(upload(encoded(canvas, kind, quality=80)), from_pixels(digit).image, 0.97)


def test_a_cmyk_jpeg_is_decoded(mnist_test: Mnist) -> None:
    canvas = Image.fromarray(255 - enlarged(mnist_test[0][0], 8, 20, 30, 300, 300)).convert("RGB").convert("CMYK")
    assert similar(upload(encoded(canvas, "JPEG", quality=95)), mnist_test[0][0], 0.97)


def test_a_photo_taken_sideways_is_turned_upright(mnist_test: Mnist) -> None:
    canvas = Image.fromarray(255 - enlarged(mnist_test[0][0], 8, 20, 30, 300, 300))
    exif = Image.Exif()
    exif[0x0112] = 6  # viewers must rotate the image by 90° clockwise
    sideways = canvas.transpose(Image.Transpose.ROTATE_90)
    assert similar(upload(encoded(sideways, "JPEG", quality=95, exif=exif)), mnist_test[0][0], 0.97)


def test_the_first_of_several_images_in_one_jpeg_is_decoded(mnist_test: Mnist) -> None:
    first, second = (Image.fromarray(255 - each).convert("RGB").resize((280, 280)) for each in mnist_test[0][:2])
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[second])
    (prediction,) = Classifier.load(engine="onnx").predict([upload(file.getvalue())])
    assert prediction.digit == mnist_test[1][0]


def test_a_png_with_bytes_after_its_end_is_decoded(mnist_test: Mnist) -> None:
    assert not upload(encoded(Image.fromarray(mnist_test[0][0]).resize((280, 280))) + b"more").blank


@pytest.mark.parametrize(("mode", "side"), [("RGBA", 3100), ("I;16", 4000)])
def test_a_large_image_is_decoded_in_little_memory(mode: str, side: int) -> None:
    image = Image.new(mode, (side, side))
    if mode == "RGBA":
        ImageDraw.Draw(image).line((2000, 500, 2000, 2600), (0, 0, 0, 255), 300)
    else:
        image.paste(60000, (1850, 500, 2150, 3500))
    content = encoded(image)
    tracemalloc.start()
    try:
        assert not upload(content).blank
        assert tracemalloc.get_traced_memory()[1] < 120e6  # NumPy's bytes; a simple implementation needs 380e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(100), bytes(2000)])
def test_bytes_that_are_not_an_image_are_refused(content: bytes) -> None:
    with pytest.raises(ImageUnreadableError):
        upload(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_that_is_cut_off_is_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200)).astype(np.uint8)
    content = encoded(noise, kind)
    for part in (0.2, 0.5, 0.9):
        with pytest.raises(ImageUnreadableError):
            upload(content[: int(len(content) * part)])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("cut", [1, 4, 11, 12, 20, 200])
def test_a_file_is_refused_even_if_only_its_last_byte_is_missing(mnist_test: Mnist, kind: str, cut: int) -> None:
    whole = encoded(Image.fromarray(mnist_test[0][0]).resize((280, 280)), kind)
    with pytest.raises(ImageError, match="damaged"):
        upload(whole[:-cut])
    assert not upload(whole).blank


@given(st.integers(0, 10**6), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_damaged_byte_anywhere_is_decoded_or_refused_but_never_crashes(position: int, value: int) -> None:
    content = bytearray(encoded(enlarged(np.full((9, 3), 200, np.uint8), 3, 10, 10, 60, 60)))
    content[position % len(content)] = value
    try:
        prepared = upload(bytes(content))
    except ImageError:
        return
    assert prepared.image.shape == (28, 28)


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    content = encoded(Image.new("1", (5000, 5000)))
    assert len(content) < 10_000
    with pytest.raises(ImageTooLargeError):
        open_image(content)


@pytest.mark.parametrize("side", [4001, 20_000, 1_000_000])
def test_the_size_in_the_header_alone_is_enough_to_refuse_an_image(side: int) -> None:
    header = side.to_bytes(4) * 2 + b"\x08\x00\x00\x00\x00"  # 8 bits per pixel, greyscale
    blocks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in blocks:
        content += len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
    with pytest.raises(ImageTooLargeError, match="16 megapixels"):
        open_image(content)


def test_an_animation_is_refused() -> None:
    frames = [Image.new("L", (28, 28), level) for level in (0, 100, 200)]
    for kind in ("PNG", "WEBP"):
        with pytest.raises(ImageAnimatedError):
            open_image(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))


def test_a_jpeg_with_very_many_scans_is_refused_before_it_is_decoded() -> None:
    file = io.BytesIO()
    Image.new("L", (400, 400), 255).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    assert upload(whole).blank
    start = whole.index(b"\xff\xda")
    scan = whole[start : whole.index(b"\xff\xda", start + 2)]
    with pytest.raises(ImageTooLargeError, match="too many scans"):
        upload(whole[:-2] + scan * 100 + whole[-2:])
