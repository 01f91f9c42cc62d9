"""What people draw and upload becomes what MNIST would have made of it."""

import io
import tracemalloc
import zlib
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from model.inference.classifier import Classifier
from model.preprocess import decode, pipeline, source
from model.preprocess.decode import (
    ImageAnimatedError,
    ImageError,
    ImageTooLargeError,
    ImageUnreadableError,
    open_image,
)
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import from_image, from_pixels, from_strokes, ink_of_pixels, preprocess_all
from model.preprocess.rasterise import Strokes

Grey = NDArray[np.uint8]
Mnist = tuple[Grey, Grey]

# Where the ink is enlarged or reduced by the same whole factor, area averaging gives back the same numbers; they pass
# through float32 and back to whole grey levels on the way, which may move a value that lies half-way by one.
TOLERANCE = 1
RING = [[[100 + 60 * np.cos(a), 100 + 90 * np.sin(a)] for a in np.linspace(0, 5.5, 50).tolist()]]
SEVEN = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]


def encoded(picture: Image.Image | Grey, kind: str = "PNG", **options: object) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def upload(content: bytes, prepare: Prepare = "mnist") -> pipeline.PreprocessedDrawing:
    return from_image(open_image(content), prepare)


def side_of_ink(picture: Grey) -> int:
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1


def placed(picture: Grey, factor: int, top: int, left: int, height: int = 400, width: int = 500) -> Grey:
    canvas = np.zeros((height, width), np.uint8)
    large = np.kron(picture, np.ones((factor, factor), np.uint8))
    canvas[top : top + large.shape[0], left : left + large.shape[1]] = large
    return canvas


def difference(a: Grey, b: Grey) -> int:
    return int(np.abs(a.astype(int) - b).max())


# ---------------------------------------------------------------- MNIST itself


def test_every_mnist_picture_whose_ink_is_20_px_long_comes_out_unchanged(mnist_test: Mnist) -> None:
    fitting = [picture for picture in mnist_test[0] if side_of_ink(picture) == 20]
    assert len(fitting) == 9997
    changed = [i for i, picture in enumerate(fitting) if not np.array_equal(from_pixels(picture).image, picture)]
    assert changed == []


@pytest.mark.parametrize("dark_on_light", [False, True])
def test_mnist_pictures_uploaded_as_png_come_out_unchanged_in_either_polarity(
    mnist_test: Mnist, dark_on_light: bool
) -> None:
    for picture in mnist_test[0][:1000]:
        if side_of_ink(picture) == 20:
            prepared = upload(encoded(255 - picture if dark_on_light else picture))
            assert np.array_equal(prepared.image, picture)
            assert prepared.inverted is dark_on_light


@pytest.mark.parametrize(
    ("factor", "top", "left"),
    [(1, 0, 0), (1, 370, 470), (2, 10, 440), (3, 300, 7), (7, 100, 150), (14, 0, 100)],
    ids=["tiny in a corner", "tiny in the other", "small", "below", "off-centre", "large"],
)
def test_the_same_digit_of_any_size_anywhere_gives_the_same_picture(
    mnist_test: Mnist, factor: int, top: int, left: int
) -> None:
    for picture in mnist_test[0][:200]:
        assert (
            difference(from_pixels(placed(picture, factor, top, left)).image, from_pixels(picture).image) <= TOLERANCE
        )


@pytest.mark.parametrize("scale", [0.01, 0.37, 1.0, 3.0, 999.0])
@pytest.mark.parametrize("offset", [(0.0, 0.0), (12345.6, -0.7)])
def test_the_same_strokes_of_any_size_anywhere_give_the_same_picture(scale: float, offset: tuple[float, float]) -> None:
    moved = [[[x * scale + offset[0], y * scale + offset[1]] for x, y in stroke] for stroke in RING]
    assert difference(from_strokes(moved, 12 * scale).image, from_strokes(RING, 12).image) <= TOLERANCE
    assert difference(from_strokes(moved).image, from_strokes(RING).image) <= TOLERANCE


def test_strokes_are_fitted_and_centred_as_mnist_pictures_are() -> None:
    prepared = from_strokes(RING)
    assert side_of_ink(prepared.image) == 20
    mass = prepared.image.astype(float)
    rows, columns = np.mgrid[:28, :28]
    assert abs(float((mass * rows).sum() / mass.sum()) - 14) <= 0.5
    assert abs(float((mass * columns).sum() / mass.sum()) - 14) <= 0.5
    assert from_pixels(prepared.image).image.tolist() == prepared.image.tolist()


def test_a_pen_far_too_thick_or_thin_is_drawn_within_mnists_widths() -> None:
    thin, thick = from_strokes(RING, 1), from_strokes(RING, 60)
    assert thin.image.sum() < thick.image.sum() < 1.7 * thin.image.sum()


# ---------------------------------------------------------------- odd drawings


def test_a_dot_stays_a_dot() -> None:
    for prepared in (
        from_strokes([[[50, 50]]]),
        from_strokes([[[50, 50]]], 20),
        from_strokes([[[50, 50], [51, 50]]], 20),
    ):
        assert side_of_ink(prepared.image) <= 5
        assert prepared.image[12:16, 12:16].any()


def test_one_pixel_stays_small_and_lands_in_the_middle() -> None:
    picture = np.zeros((280, 280), np.uint8)
    picture[3, 277] = 255
    prepared = from_pixels(picture)
    assert side_of_ink(prepared.image) == 4
    assert prepared.image[12:16, 12:16].all()


@pytest.mark.parametrize("flat", [True, False])
def test_a_line_is_fitted_to_20_px_and_centred(flat: bool) -> None:
    points = [[0.0, 0.0], [300.0, 0.0]] if flat else [[0.0, 0.0], [0.0, 300.0]]
    picture = from_strokes([points]).image
    across = picture if flat else picture.T
    assert np.flatnonzero(across.any(axis=0)).tolist() == list(range(4, 24))
    assert np.flatnonzero(across.any(axis=1)).tolist() in ([13, 14, 15], [12, 13, 14])


def test_a_full_canvas_is_a_full_square() -> None:
    picture = from_pixels(np.full((280, 280), 255, np.uint8)).image
    assert np.array_equal(picture, np.pad(np.full((20, 20), 255), 4))


@pytest.mark.parametrize("edge", ["top", "bottom", "left", "right"])
def test_ink_at_the_very_edge_neither_wraps_nor_is_lost(edge: str) -> None:
    picture = np.zeros((100, 100), np.uint8)
    picture[{"top": slice(0, 3), "bottom": slice(97, 100)}.get(edge, slice(20, 80)),
            {"left": slice(0, 3), "right": slice(97, 100)}.get(edge, slice(20, 80))] = 255  # fmt: skip
    prepared = from_pixels(picture)
    assert prepared.image.sum() == prepared.fitted.sum() if prepared.fitted is not None else False
    assert side_of_ink(prepared.image) == 20


def test_ink_whose_mass_lies_far_to_one_side_stops_at_the_edge_instead_of_wrapping() -> None:
    picture = np.zeros((200, 200), np.uint8)
    picture[:10] = 255
    picture[:, 100] = 60
    prepared = from_pixels(picture)
    assert prepared.fitted is not None
    assert prepared.image.sum() == prepared.fitted.sum()
    assert prepared.image[27].any()
    assert not prepared.image[0].any()


@pytest.mark.parametrize("level", [0, 15])
def test_a_picture_without_ink_to_speak_of_is_blank(level: int) -> None:
    prepared = from_pixels(np.full((28, 28), level, np.uint8))
    assert prepared.blank
    assert not prepared.image.any()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_upload_of_one_colour_is_blank(level: int) -> None:
    assert upload(encoded(np.full((60, 80), level, np.uint8))).blank


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_any_pixels_make_a_picture(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.float64)
    for prepare in ("mnist", "resize"):
        prepared = from_pixels(pixels, prepare)
        assert prepared.image.shape == (28, 28)
        assert prepared.image.dtype == np.uint8


# ---------------------------------------------------------------- uploads


def reads_as(prepared: pipeline.PreprocessedDrawing, picture: Grey, at_least: float = 0.9) -> bool:
    """Whether two pictures are much alike: the cosine of the angle between them."""
    a, b = prepared.image.ravel().astype(float), picture.ravel().astype(float)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9)) >= at_least


def photo(picture: Grey, seed: int) -> Image.Image:
    """A digit in dark ink on grey paper under a lamp: a slope of light, a shadow with an edge, noise, blur."""
    rng = np.random.default_rng(seed)
    ink = np.asarray(Image.fromarray(picture).resize((280, 280), Image.Resampling.BICUBIC), dtype=float) / 255
    canvas = np.zeros((480, 640))
    top, left = int(rng.integers(20, 180)), int(rng.integers(20, 340))
    canvas[top : top + 280, left : left + 280] = ink
    y, x = np.mgrid[:480, :640]
    paper = 175 - 45 * x / 640 + 20 * y / 480
    paper = np.where(x + 0.4 * y > 430, paper * 0.72, paper)
    paper = np.asarray(Image.fromarray(paper.astype(np.uint8)).filter(ImageFilter.GaussianBlur(12)), dtype=float)
    seen = paper * (1 - 0.7 * canvas) + rng.normal(0, 4, canvas.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_of_grey_paper_with_a_shadow_is_read_right(mnist_test: Mnist, kind: str) -> None:
    drawings = [upload(encoded(photo(picture, i), kind)) for i, picture in enumerate(mnist_test[0][:25])]
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:25].tolist(), strict=True)) >= 24


def on_paper(picture: Grey, light: NDArray[np.float64], noise: float) -> Image.Image:
    """A digit in dark ink in the middle of paper under some light, as a camera with some noise sees it."""
    ink = np.zeros(light.shape)
    ink[70:350, 70:350] = (
        np.asarray(Image.fromarray(picture).resize((280, 280), Image.Resampling.BICUBIC), dtype=float) / 255
    )
    seen = 205 * light * (1 - 0.7 * ink) + np.random.default_rng(3).normal(0, noise, ink.shape)
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).convert("RGB")


Y, X = np.mgrid[:420, :420] / 420
LIGHTS = {
    "even": np.ones((420, 420)),
    "slope": 1 - 0.2 * (X + Y) / 2,
    "shadow over a third": 1 - 0.35 / (1 + np.exp(-80 * (X + 0.3 * Y - 0.75))),
    "deep shadow over most": 1 - 0.6 / (1 + np.exp(-50 * (X - 0.4))),
    "light on a corner": 1 - 0.6 / (1 + np.exp(-50 * (X + 0.3 * Y - 0.3))),
    "edge across the digit": 1 - 0.5 / (1 + np.exp(-400 * (X + 0.3 * Y - 0.55))),
}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
def test_paper_is_read_right_under_any_light_and_by_any_camera(
    mnist_test: Mnist, light: str, kind: str, noise: float
) -> None:
    drawings = [upload(encoded(on_paper(each, LIGHTS[light], noise), kind)) for each in mnist_test[0][:10]]
    assert all(drawing.inverted for drawing in drawings)
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:10].tolist(), strict=True)) >= 9


def test_chalk_on_a_board_in_the_shade_is_light_on_dark(mnist_test: Mnist) -> None:
    light = LIGHTS["shadow over a third"]
    boards = [Image.fromarray(255 - np.asarray(on_paper(each, light, 4).convert("L"))) for each in mnist_test[0][:20]]
    drawings = [upload(encoded(board, "JPEG")) for board in boards]
    assert not any(drawing.inverted for drawing in drawings)
    read = [prediction.digit for prediction in Classifier.load(engine="onnx").predict(drawings)]
    assert sum(a == b for a, b in zip(read, mnist_test[1][:20].tolist(), strict=True)) >= 18


def test_a_photo_of_paper_with_nothing_on_it_is_blank() -> None:
    assert upload(encoded(photo(np.zeros((28, 28), np.uint8), 3), "JPEG")).blank


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_ink_on_a_transparent_ground_is_read_whatever_its_colour(mnist_test: Mnist, ink: tuple[int, int, int]) -> None:
    for picture in mnist_test[0][:50]:
        image = Image.new("RGBA", (28, 28), (*ink, 0))
        image.putalpha(Image.fromarray(picture))
        assert reads_as(upload(encoded(image)), from_pixels(picture).image, 0.98)


def test_an_opaque_alpha_channel_changes_nothing(mnist_test: Mnist) -> None:
    picture = mnist_test[0][0]
    image = Image.fromarray(255 - picture).convert("RGBA")
    assert np.array_equal(upload(encoded(image)).image, from_pixels(picture).image)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_kind_of_png_is_read(mnist_test: Mnist, mode: str) -> None:
    picture = mnist_test[0][0]
    image = (
        Image.fromarray(picture.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(picture).convert(mode)
    )
    expected = np.asarray(Image.fromarray(picture).convert("1").convert("L")) if mode == "1" else picture
    assert np.array_equal(upload(encoded(image)).image, from_pixels(expected).image)


def test_a_palette_with_a_transparent_colour_is_read(mnist_test: Mnist) -> None:
    picture = np.where(mnist_test[0][0] > 127, 1, 0).astype(np.uint8)
    image = Image.fromarray(picture)
    image.putpalette([255, 255, 255, 0, 0, 0])
    prepared = upload(encoded(image, transparency=0))
    assert np.array_equal(prepared.image, from_pixels(picture * 255).image)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_large_lossy_picture_is_read(mnist_test: Mnist, kind: str) -> None:
    for picture in mnist_test[0][:6]:
        canvas = 255 - placed(picture, 20, 100, 300, 1000, 1200)
        assert reads_as(upload(encoded(canvas, kind, quality=80)), from_pixels(picture).image, 0.97)


def test_a_cmyk_jpeg_is_read(mnist_test: Mnist) -> None:
    canvas = Image.fromarray(255 - placed(mnist_test[0][0], 8, 20, 30, 300, 300)).convert("RGB").convert("CMYK")
    assert reads_as(upload(encoded(canvas, "JPEG", quality=95)), mnist_test[0][0], 0.97)


def test_a_photo_taken_sideways_is_turned_upright(mnist_test: Mnist) -> None:
    canvas = Image.fromarray(255 - placed(mnist_test[0][0], 8, 20, 30, 300, 300))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    sideways = canvas.transpose(Image.Transpose.ROTATE_90)
    assert reads_as(upload(encoded(sideways, "JPEG", quality=95, exif=exif)), mnist_test[0][0], 0.97)


def test_thin_light_grey_pencil_on_white_is_read() -> None:
    image = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(image).line([(80, 60), (220, 60), (130, 250)], fill=190, width=9)
    prepared = upload(encoded(image))
    assert prepared.inverted
    assert prepared.stages()["ink"].max() == 255
    assert Classifier.load(engine="onnx").predict([prepared])[0].digit == 7


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(100), bytes(2000)])
def test_bytes_that_are_no_picture_are_named_so(content: bytes) -> None:
    with pytest.raises(ImageUnreadableError):
        upload(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_ends_too_early_is_named_so(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200)).astype(np.uint8)
    content = encoded(noise, kind)
    for part in (0.2, 0.5, 0.9):
        with pytest.raises(ImageUnreadableError):
            upload(content[: int(len(content) * part)])


@given(st.integers(0, 10**6), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_damaged_byte_anywhere_is_read_or_named_but_never_crashes(position: int, value: int) -> None:
    content = bytearray(encoded(placed(np.full((9, 3), 200, np.uint8), 3, 10, 10, 60, 60)))
    content[position % len(content)] = value
    try:
        prepared = upload(bytes(content))
    except ImageError:
        return
    assert prepared.image.shape == (28, 28)


def block(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def plain_png(width: int, height: int, stream: bytes) -> bytes:
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", header) + block(b"IDAT", stream) + block(b"IEND", b"")


@given(
    st.integers(0, 70),
    st.integers(0, 70),
    st.integers(0, 5),
    st.randoms(use_true_random=False),
    st.sampled_from(["whole", "short", "long", "cut", "altered", "none"]),
)
@settings(max_examples=300, deadline=None)
def test_a_small_plain_png_is_read_as_pillow_reads_it_or_left_to_pillow(
    width: int, height: int, row_filter: int, random: Random, damage: str
) -> None:
    rows = [bytes([row_filter]) + random.randbytes(width) for _ in range(height)]
    rows = {"short": rows[:-1], "long": [*rows, *rows]}.get(damage, rows)
    stream = zlib.compress(b"".join(rows))
    if damage == "cut":
        stream = stream[: random.randrange(len(stream))]
    elif damage == "altered":
        at = random.randrange(len(stream))
        stream = stream[:at] + random.randbytes(1) + stream[at + 1 :]
    elif damage == "none":
        stream = b""
    content = plain_png(width, height, stream)
    plain = decode._plain_png(content)
    try:
        with Image.open(io.BytesIO(content)) as image:
            truth = np.asarray(image)
    except Exception:
        truth = None
    if plain is not None:
        assert truth is not None
        assert (plain.mode, plain.size) == ("L", (width, height))
        assert (np.asarray(plain) == truth).all()
    elif damage == "whole" and truth is not None:
        assert max(width, height) > 64


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    content = encoded(Image.new("1", (5000, 5000)))
    assert len(content) < 10_000
    with pytest.raises(ImageTooLargeError):
        open_image(content)


def test_an_animation_is_refused() -> None:
    frames = [Image.new("L", (28, 28), level) for level in (0, 100, 200)]
    for kind in ("PNG", "WEBP"):
        with pytest.raises(ImageAnimatedError):
            open_image(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))


# ---------------------------------------------------------------- the other ways to prepare, and the stages


def test_several_drawings_prepared_together_are_what_each_is_alone(mnist_test: Mnist) -> None:
    generator = np.random.default_rng(3)
    small = [picture[4:, : generator.integers(12, 29)] for picture in mnist_test[0][:40]]
    small += [np.zeros((28, 28), np.uint8), np.full((1, 1), 255, np.uint8), np.eye(3, dtype=np.uint8) * 200]
    large = [np.kron(picture, np.ones((3, 3), np.uint8)) for picture in mnist_test[0][40:50]]
    drawings = [ink_of_pixels(picture) for pair in zip(small, large * 5, strict=False) for picture in pair]
    mixed = [drawing for ink in drawings for drawing in (ink, Strokes(SEVEN))]
    together = preprocess_all(mixed)
    for drawing, prepared in zip(mixed, together, strict=True):
        alone = preprocess_all([drawing])[0]
        assert prepared.stages().keys() == alone.stages().keys()
        assert all(np.array_equal(picture, alone.stages()[name]) for name, picture in prepared.stages().items())
        assert (prepared.box, prepared.scale, prepared.shift) == (alone.box, alone.scale, alone.shift)


def test_a_small_picture_is_fitted_as_the_same_picture_on_a_larger_ground_is(mnist_test: Mnist) -> None:
    for picture in mnist_test[0][:200]:
        part = picture[5:24, 3:21]
        assert difference(from_pixels(part).image, from_pixels(placed(part, 1, 9, 30, 60, 70)).image) <= TOLERANCE


def test_resize_squashes_the_whole_canvas() -> None:
    small = from_strokes([[[10, 10], [10, 60]]], 20, (280, 280), "resize").image
    assert small[1:6, 0:2].any()
    assert not small[:, 8:].any()
    squashed = from_pixels(placed(np.full((28, 28), 255, np.uint8), 10, 0, 0, 280, 560), "resize").image
    assert np.array_equal(squashed, np.pad(np.full((28, 14), 255), ((0, 0), (0, 14))))


def test_resize_takes_the_square_around_strokes_without_a_canvas() -> None:
    assert side_of_ink(from_strokes(SEVEN, 10, None, "resize").image) in (20, 21, 22)


def test_none_takes_a_28_by_28_picture_as_it_is(mnist_test: Mnist) -> None:
    moved = np.roll(mnist_test[0][0], 3, axis=0)
    assert np.array_equal(from_pixels(moved, "none").image, moved)
    assert np.array_equal(upload(encoded(moved), "none").image, moved)


def test_none_draws_strokes_in_the_inputs_own_pixels() -> None:
    picture = from_strokes([[[3.5, 5.5], [20.5, 5.5]]], 1, None, "none").image
    assert np.flatnonzero(picture.max(axis=1) > 200).tolist() == [5]


def test_none_refuses_another_size() -> None:
    with pytest.raises(ImageError, match="28×28"):
        from_pixels(np.zeros((27, 28), np.uint8), "none")


def centre_of_mass(picture: Grey) -> NDArray[np.float64]:
    """Row and column, as indices."""
    mass = picture.astype(float)
    centre: NDArray[np.float64] = np.array([(mass * at).sum() for at in np.mgrid[:28, :28]]) / mass.sum()
    return centre


def test_uncentred_puts_the_box_in_the_middle_and_not_the_mass() -> None:
    heavy_below = [[[20, 0], [20, 100]], [[0, 100], [40, 100]], [[0, 90], [40, 90]]]
    for prepared, usual in (
        (from_strokes(heavy_below, 8, None, "uncentred"), from_strokes(heavy_below, 8)),
        (from_pixels(placed(usual_picture(heavy_below), 5, 9, 30), "uncentred"), from_strokes(heavy_below, 8)),
    ):
        rows, columns = (np.flatnonzero(prepared.image.any(axis=axis)) for axis in (1, 0))
        assert rows[0] == 4
        assert rows[-1] == 23
        assert abs((columns[0] + columns[-1]) / 2 - 13.5) <= 0.5
        assert prepared.shift == (0, 0)
        assert usual.shift[1] < 0
        assert centre_of_mass(prepared.image)[0] > 14.5 >= centre_of_mass(usual.image)[0]
        assert prepared.prepare == "uncentred"


def usual_picture(lines: list[list[list[int]]]) -> Grey:
    return from_strokes(lines, 8).image


def test_without_ink_there_is_nothing_to_leave_uncentred() -> None:
    prepared = from_pixels(np.zeros((50, 60), np.uint8), "uncentred")
    assert prepared.blank
    assert not prepared.image.any()


def test_the_own_pen_is_as_wide_beside_the_fitted_ink_as_beside_the_drawing() -> None:
    for pen in (1, 12, 60):
        own, usual = from_strokes(RING, pen, None, "own_pen"), from_strokes(RING, pen)
        extent = max(own.box[2] - own.box[0], own.box[3] - own.box[1]) if own.box else 0
        assert own.stroke_width == pytest.approx(20 * pen / extent)
        assert own.stroke_width == pytest.approx(pen * own.scale)
        assert usual.stroke_width == pytest.approx(min(max(20 * pen / extent, 2.0), 2.8))
        assert side_of_ink(own.image) in (19, 20)
    assert from_strokes(RING, 60, None, "own_pen").image.sum() > 1.5 * from_strokes(RING, 60).image.sum()


def test_a_dot_of_its_own_pen_is_a_disc_of_ten_pixels() -> None:
    prepared = from_strokes([[[70, 90]]], 26, None, "own_pen")
    assert prepared.stroke_width == 10
    assert side_of_ink(prepared.image) in (10, 11)


def test_a_picture_has_no_pen_that_could_be_its_own(mnist_test: Mnist) -> None:
    for picture in mnist_test[0][:20]:
        own = from_pixels(np.roll(picture, 2, axis=0), "own_pen")
        assert np.array_equal(own.image, from_pixels(np.roll(picture, 2, axis=0)).image)
        assert own.stroke_width is None
    assert own.prepare == "own_pen"


def test_strokes_off_the_canvas_are_blank() -> None:
    assert from_strokes([[[500, 500], [600, 600]]], 10, (280, 280), "resize").blank
    assert from_strokes([[[500, 500], [600, 600]]], 1, None, "none").blank


def test_every_stage_is_kept_and_leads_to_the_next(mnist_test: Mnist) -> None:
    canvas = 255 - placed(mnist_test[0][0], 9, 50, 200)
    prepared = upload(encoded(canvas))
    stages = prepared.stages()
    assert list(stages) == ["grey", "ink", "fitted", "shifted"]
    assert stages["grey"].mean() > 200 > 55 > stages["ink"].mean()
    assert max(stages["grey"].shape) == source.THUMBNAIL
    assert max(stages["fitted"].shape) == 20
    assert np.array_equal(stages["shifted"], prepared.image)
    assert prepared.box is not None
    left, top, right, bottom = prepared.box
    assert max(right - left, bottom - top) == 20 * 9
    assert prepared.scale == pytest.approx(1 / 9)
    dx, dy = prepared.shift
    height, width = stages["fitted"].shape
    y, x = (28 - height) // 2 + dy, (28 - width) // 2 + dx
    assert np.array_equal(prepared.image[y : y + height, x : x + width], stages["fitted"])


def test_the_box_of_strokes_is_in_the_callers_units_and_includes_the_pen() -> None:
    prepared = from_strokes(SEVEN, 12, (280, 280))
    assert prepared.box == (24.0, 34.0, 116.0, 156.0)
    assert prepared.size == (280, 280)
    assert prepared.pen == 12
    assert set(prepared.stages()) == {"grey", "ink", "fitted", "shifted"}


def test_the_box_of_a_very_large_upload_is_in_its_own_pixels(mnist_test: Mnist) -> None:
    canvas = placed(mnist_test[0][0], 100, 100, 200, 3000, 3600)
    prepared = upload(encoded(canvas))
    assert prepared.size == (3600, 3000)
    assert prepared.box is not None
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    expected = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert np.abs(np.array(prepared.box) - expected).max() <= 4
    assert reads_as(prepared, from_pixels(mnist_test[0][0]).image, 0.97)


@pytest.mark.parametrize("points", [20_000, 2])
def test_the_longest_scribble_is_drawn_in_bounded_time_and_memory(points: int) -> None:
    scribble = np.random.default_rng(0).uniform(-1e6, 1e6, (points, 2)).tolist()
    for prepare in ("mnist", "resize", "none"):
        prepared = from_strokes([scribble], 1, (280, 280), prepare)
        assert prepared.image.shape == (28, 28)
        assert prepared.stages()["ink"].shape == (56, 56)


coordinate = st.floats(-pipeline.MAX_COORDINATE, pipeline.MAX_COORDINATE)
length = st.floats(source.SMALLEST, pipeline.MAX_COORDINATE)


@given(
    st.lists(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=6), min_size=1, max_size=3),
    st.none() | length,
    st.none() | st.tuples(length, length),
    st.sampled_from(["mnist", "resize", "none"]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_strokes_the_api_lets_in_make_a_picture_and_its_stages(
    strokes: list[list[tuple[float, float]]], pen: float | None, canvas: tuple[float, float] | None, prepare: Prepare
) -> None:
    prepared = from_strokes(strokes, pen, canvas, prepare)
    assert prepared.image.shape == (28, 28)
    for picture in prepared.stages().values():
        assert picture.dtype == np.uint8
        assert min(picture.shape) >= 1
    assert np.isfinite(prepared.scale)
    assert np.isfinite(prepared.size).all()


@pytest.mark.parametrize("far", [5e-324, 1e-300, 1e-10, 1e-4])
def test_strokes_closer_together_than_any_pen_are_a_dot(far: float) -> None:
    for prepare in ("mnist", "resize"):
        dot, point = from_strokes([[[0, 0], [far, far]]], prepare=prepare), from_strokes([[[0, 0]]], prepare=prepare)
        assert difference(dot.image, point.image) <= TOLERANCE


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("cut", [1, 4, 11, 12, 20, 200])
def test_a_file_that_is_cut_off_is_refused_however_little_is_missing(mnist_test: Mnist, kind: str, cut: int) -> None:
    whole = encoded(Image.fromarray(mnist_test[0][0]).resize((280, 280)), kind)
    with pytest.raises(ImageError, match="damaged"):
        upload(whole[:-cut])
    assert not upload(whole).blank


def test_a_png_with_something_after_its_end_is_read(mnist_test: Mnist) -> None:
    assert not upload(encoded(Image.fromarray(mnist_test[0][0]).resize((280, 280))) + b"more").blank


def test_of_several_pictures_in_one_jpeg_the_first_is_read(mnist_test: Mnist) -> None:
    first, second = (Image.fromarray(255 - each).convert("RGB").resize((280, 280)) for each in mnist_test[0][:2])
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[second])
    (found,) = Classifier.load(engine="onnx").predict([upload(file.getvalue())])
    assert found.digit == mnist_test[1][0]


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded() -> None:
    file = io.BytesIO()
    Image.new("L", (400, 400), 255).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    assert upload(whole).blank
    start = whole.index(b"\xff\xda")
    scan = whole[start : whole.index(b"\xff\xda", start + 2)]
    with pytest.raises(ImageTooLargeError, match="100 scans"):
        upload(whole[:-2] + scan * 100 + whole[-2:])


@pytest.mark.parametrize("mode", ["RGBA", "I;16"])
def test_a_large_picture_is_read_in_little_memory(mode: str) -> None:
    image = Image.new(mode, (4000, 4000))
    if mode == "RGBA":
        ImageDraw.Draw(image).line((2000, 500, 2000, 3500), (0, 0, 0, 255), 300)
    else:
        image.paste(60000, (1850, 500, 2150, 3500))
    content = encoded(image)
    tracemalloc.start()
    try:
        assert not upload(content).blank
        assert tracemalloc.get_traced_memory()[1] < 120e6  # NumPy's; it was 380 MB and more
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("side", "pen"), [(60, 1), (280, 1), (400, 1), (400, 3), (1000, 1), (1000, 5), (3000, 4)])
@pytest.mark.parametrize("dark", [False, True])
def test_a_line_however_thin_is_read(side: int, pen: int, dark: bool) -> None:
    image = Image.new("L", (side, side), 255 if dark else 0)
    points = [(side * x, side * y) for x, y in ((0.25, 0.2), (0.75, 0.2), (0.42, 0.8))]
    ImageDraw.Draw(image).line(points, 0 if dark else 255, pen)
    drawing = upload(encoded(image))
    (found,) = Classifier.load(engine="onnx").predict([drawing])
    assert (found.digit, found.verdict) == (7, "digit")
    assert drawing.fitted is not None
    assert max(drawing.fitted.shape) == 20
    height = 0.6 * side * drawing.scale  # of the ink without its pen, in fitted pixels
    assert 16 < height < 20


def test_broad_lines_of_weak_ink_are_not_made_wider(mnist_test: Mnist) -> None:
    for picture in mnist_test[0][:20]:
        large = np.asarray(Image.fromarray(picture).resize((112, 112), Image.Resampling.BICUBIC))
        strong, weak = from_pixels(large), from_pixels((large * 0.4).astype(np.uint8))
        assert weak.ink == pytest.approx(0.4 * strong.ink, rel=0.15)  # wider lines would have half as much again
