"""What is fuzzed: functions that take any bytes, and valid inputs to start from.

A target may refuse its input with the errors that the code documents. Any other exception is a crash.
"""

import asyncio
import atexit
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import NamedTuple, get_args

import numpy as np
import safetensors.numpy
from PIL import Image
from starlette.types import Message, Scope

from app.corrections.routes import correction_of
from app.corrections.schemas import CORRECTION_EXAMPLE
from app.drawings import encoding
from app.drawings.parsing import DrawingReader
from app.http.media_types import DType
from app.http.problems import Problem
from model.checkpoint import SHIPPED
from model.inference.classifier import Classifier
from model.layers import LAYER_NAMES, SIDE
from model.preprocess.decode import ImageError, open_image
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import PreprocessedDrawing, RawDrawing, from_image, preprocess_all
from model.preprocess.rasterise import Strokes
from model.weight_files import safetensors_file
from model.weight_files.decode import decode
from model.weight_files.errors import WeightFileError
from tests.app.images import png_of_a_line, saved

PREPARE: tuple[Prepare, ...] = get_args(Prepare)
DTYPES: tuple[DType, ...] = get_args(DType)
BOUNDARY = "frontier"
MEDIA_TYPES = ("application/json", "image/png", f"multipart/form-data; boundary={BOUNDARY}")
SEVEN = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]
_MAX_PIXELS = 250_000  # larger images are valid, too, but take too long for a fuzzer


class Target(NamedTuple):
    """A function that takes any bytes, and valid inputs."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


# ---------------------------------------------------------------- images


def read_image(content: bytes) -> None:
    """Decode and preprocess an image in the mode that its length selects."""
    with suppress(ImageError):
        image = open_image(content)
        if image.width * image.height <= _MAX_PIXELS:
            check(from_image(image, PREPARE[len(content) % len(PREPARE)]))


def images() -> list[bytes]:
    """Files of every format, with metadata and in several modes."""
    line = Image.open(io.BytesIO(png_of_a_line(40)))
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        *(saved(line.convert(mode)) for mode in ("1", "L", "P", "RGB", "RGBA", "LA")),
        saved(line, exif=exif),
        saved(line.convert("RGB"), "JPEG", quality=40),
        saved(line, "JPEG", progressive=True, exif=exif),
        saved(line, "WEBP"),
        saved(line.convert("RGBA"), "WEBP", lossless=True, exif=exif.tobytes()),
    ]


# ---------------------------------------------------------------- drawings


def read_drawing(content: bytes) -> None:
    """Read a request body as the media type and in the mode that its length selects, then as a correction."""
    media_type = MEDIA_TYPES[len(content) % len(MEDIA_TYPES)]
    for chosen in {media_type, MEDIA_TYPES[0]}:
        with suppress(Problem, ImageError):
            prepare = PREPARE[len(content) % len(PREPARE)]
            drawing = _loop().run_until_complete(_read(content, chosen, prepare))
            check(drawing if isinstance(drawing, PreprocessedDrawing) else preprocess_all([drawing], prepare)[0])
    with suppress(Problem):
        correction_of(content)


def drawings() -> list[bytes]:
    """JSON with each kind of drawing, a correction, and a form."""
    form = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'.encode()
    fields: list[Mapping[str, object]] = [
        {"strokes": SEVEN},
        {"strokes": [[[1e-9, -1e6]], [[1, 2], [1, 2]]], "pen": 12.5, "canvas": [280, 280]},
        {"pixels": [[0, 255, 12.5], [0, 0, 1]]},
        {"image": "data:image/png;base64,iVBORw0KGgo="},
        CORRECTION_EXAMPLE,
    ]
    return [*(json.dumps(each).encode() for each in fields), form + png_of_a_line(28) + f"\r\n--{BOUNDARY}--".encode()]


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


@cache
def _reader() -> DrawingReader:
    return DrawingReader()


async def _read(content: bytes, media_type: str, prepare: Prepare) -> PreprocessedDrawing | RawDrawing:
    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    # With an application in the scope, Starlette raises HTTPException for a damaged form.
    scope: Scope = {"type": "http", "app": None, "headers": [(b"content-type", media_type.encode())]}
    return await _reader().read(scope, receive, prepare)


# ---------------------------------------------------------------- weights and responses


def read_weights(content: bytes) -> None:
    """Decode a file of weights. What is read is complete and finite, and what is written can be read again."""
    try:
        decoded = decode(content)
    except WeightFileError:
        return
    assert all(np.isfinite(values).all() for values in decoded.tensors.values())
    assert decode(decoded.content).tensors.keys() == decoded.tensors.keys()


def weights() -> list[bytes]:
    """Small files that resemble weights. Real ones have 0.9 MB, in which a fuzzer would change only numbers."""
    tensors = {"classifier.3.bias": np.zeros(10, np.float32), "features.0.bias": np.ones(32, np.float32)}
    pickle = b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02."
    return [
        safetensors_file.encode(tensors, {"name": "x"}),
        safetensors_file.encode({}, {}),
        _archive({"a/data.pkl": pickle, "a/version": b"3\n", "a/data/0": bytes(40)}),
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + pickle,
    ]


def _archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, data in files.items():
            written.writestr(name, data)
    return content.getvalue()


def write_maps(content: bytes) -> None:
    """Write feature maps as safetensors: for the layers, the type and the strokes that the bytes select."""
    data = np.frombuffer(content.ljust(8, b"\x05"), np.uint8)
    layers = tuple(name for i, name in enumerate(LAYER_NAMES) if (int(data[0]) | int(data[1]) << 8) >> i & 1)
    dtype = DTYPES[int(data[2]) % len(DTYPES)]
    points = data[4 : len(data) // 2 * 2].reshape(-1, 2).astype(float).tolist()
    (drawing,) = preprocess_all([Strokes([points])], PREPARE[int(data[3]) % len(PREPARE)])
    (maps,) = _classifier().feature_maps([drawing], layers, quantised=dtype == "uint8")
    written = encoding.maps_safetensors(maps, layers, dtype, drawing if data[3] & 128 else None)
    read = safetensors.numpy.load(written)
    assert set(layers) == {name for name in read if not name.startswith("stage.")}
    for name, values in zip(layers, maps.maps, strict=True):
        np.testing.assert_array_equal(read[name].reshape(-1), values.astype(read[name].dtype).reshape(-1))


@cache
def _classifier() -> Classifier:
    return Classifier.load(SHIPPED, "onnx")


def check(drawing: PreprocessedDrawing) -> None:
    """Assert what holds for every preprocessed drawing."""
    assert drawing.image.shape == (SIDE, SIDE)
    assert drawing.image.dtype == np.uint8
    assert all(stage.dtype == np.uint8 for stage in drawing.stages().values())
    assert np.isfinite([*drawing.size, drawing.scale, *(drawing.box or ())]).all()


TARGETS: dict[str, Target] = {
    "images": Target(read_image, images),
    "drawings": Target(read_drawing, drawings),
    "weights": Target(read_weights, weights),
    "maps": Target(write_maps, lambda: [bytes(range(0, 250, step)) for step in (1, 5, 40)]),
}
