"""The most expensive requests that the service accepts: as many points, pixels and scans as its limits allow."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from app.drawings.parsing import MAX_INLINE_BODY
from app.lab.schemas.replay import MAX_STEPS as MAX_REPLAY
from app.limits import MAX_BODY, MAX_STEPS
from benchmarks.robustness import images
from benchmarks.robustness.images import COSTLY_SIDE, SIDE, WEBP_SIDE
from model.explain.saliency import MAX_PATCH, METHODS
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import MAX_COORDINATE, MAX_POINTS, MAX_SIDE, MAX_STROKES

JSON = "application/json"
SAFETENSORS = "application/vnd.safetensors"
FORM = "multipart/form-data; boundary=x"
_PREPARE: tuple[Prepare, ...] = get_args(Prepare)
Points = list[list[float]]


class Input(NamedTuple):
    """A request. `make` creates its body; a request without one is a GET. It is sent `times` times at once."""

    name: str
    target: str
    make: Callable[[], bytes] = bytes
    media_type: str = JSON
    accept: str = "*/*"
    times: int = 1


def inputs() -> Iterator[Input]:
    """All inputs of this module."""
    yield from _strokes()
    yield from _pixels()
    yield from _images()
    yield from _lab()
    yield from _others()
    yield from _at_once()


def _json(**fields: object) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


# ---------------------------------------------------------------- strokes


def _strokes() -> Iterator[Input]:
    kinds: dict[str, Callable[[], bytes]] = {
        "20,000 points": _many_points,
        "1,000 strokes": _many_strokes,
        "all digits": _long_numbers,
        "far apart": _far_apart,
        "8 kB": _inline,
        "1,000 dots": _dots,
        "8 kB, a huge pen": partial(_inline, pen=MAX_COORDINATE),
        "8 kB, a wide canvas": partial(_inline, pen=9, canvas=[MAX_COORDINATE, 1]),
        "8 kB, a pen as wide as the canvas": partial(_inline, pen=280, canvas=[280, 280]),
    }
    for (name, make), prepare in product(kinds.items(), _PREPARE):
        yield Input(f"strokes: {name}, {prepare}", f"/feature-maps?stages=true&prepare={prepare}", make)
    yield Input("strokes: refused", "/predict", _wrong_items)
    yield Input("strokes: deep", "/predict", lambda: b'{"strokes":' + b"[" * 20_000 + b"]" * 20_000 + b"}")


def _scribble() -> Points:
    found: Points = np.random.default_rng(1).integers(0, 280, (MAX_POINTS, 2)).tolist()
    return found


def _many_points() -> bytes:
    return _json(strokes=[_scribble()])


def _many_strokes() -> bytes:
    points, each = _scribble(), MAX_POINTS // MAX_STROKES
    return _json(strokes=[points[i : i + each] for i in range(0, MAX_POINTS, each)])


def _long_numbers() -> bytes:
    return _json(strokes=[_cut(np.random.default_rng(2).uniform(0, 280, (MAX_POINTS, 2)).tolist(), MAX_BODY)])


def _far_apart() -> bytes:
    spread = np.random.default_rng(3).uniform(-MAX_COORDINATE, MAX_COORDINATE, (MAX_POINTS, 2))
    return _json(strokes=[_cut(np.rint(spread).tolist(), MAX_BODY)])


def _inline(**fields: object) -> bytes:
    return _json(strokes=[_cut(_scribble(), MAX_INLINE_BODY)], **fields)


def _dots() -> bytes:
    return _json(strokes=[[point] for point in _scribble()[:MAX_STROKES]])


def _wrong_items() -> bytes:
    return _json(strokes=[[[0, 0]] * 1000 + [["x", 0]] * 18_000])


def _cut(points: Points, most: int) -> Points:
    """As many of the points as fit into a body of `most` bytes."""
    size = len(json.dumps(points, separators=(",", ":")))
    return points[: int(len(points) * min(1.0, (most - 1000) / size))]


# ---------------------------------------------------------------- pixels


def _pixels() -> Iterator[Input]:
    kinds: dict[str, Callable[[], NDArray[Any]]] = {
        "512×512": lambda: np.random.default_rng(2).integers(0, 10, (512, 512)),
        "one row": lambda: np.random.default_rng(2).integers(0, 10, (1, MAX_SIDE)),
        "one column": lambda: np.random.default_rng(2).integers(0, 10, (MAX_SIDE, 1)),
        "8 kB": lambda: np.random.default_rng(2).integers(0, 10, (63, 63)),
        "a chessboard": lambda: np.indices((510, 510)).sum(0) % 2 * 9,
        "8 kB, a chessboard": _small_chessboard,
        "dots": lambda: 9 * (np.indices((510, 510)) % 2 == 0).all(0),
        "8 kB, dots": lambda: 9 * (np.indices((63, 63)) % 2 == 0).all(0),
    }
    for (name, make), prepare in product(kinds.items(), ("mnist", "resize")):
        target = f"/feature-maps?stages=true&layers=logits&prepare={prepare}"
        yield Input(f"pixels: {name}, {prepare}", target, partial(_rows, make))


def _small_chessboard() -> NDArray[Any]:
    board: NDArray[Any] = np.indices((63, 63)).sum(0) % 2 * 9
    return board


def _rows(make: Callable[[], NDArray[Any]]) -> bytes:
    return _json(pixels=make().tolist())


# ---------------------------------------------------------------- image files


def _images() -> Iterator[Input]:
    target = "/feature-maps?stages=true&layers=logits"
    files: Mapping[str, Callable[[], bytes]] = {
        **{f"PNG, 16 MP, {mode}": partial(images.texture, SIDE, mode) for mode in ("1", "L", "P", "I;16")},
        **{f"PNG, 10 MP, {mode}": partial(images.texture, COSTLY_SIDE, mode) for mode in ("RGB", "LA", "RGBA")},
        "PNG, 16 MP, transparent": partial(images.texture, SIDE, "P", transparency=0),
        "PNG, 16 MP, interlaced": images.interlaced,
        "PNG, 1,000,000×16": images.long,
        "PNG, 64×64": images.chessboard,
        "PNG, 64×64, a photo": partial(images.photo, side=64),
        "PNG, a photo": images.photo,
        **{f"JPEG, 16 MP, {mode}": partial(images.plain_jpeg, mode) for mode in ("L", "RGB", "CMYK")},
        "JPEG, 10 MP, 19 scans": images.jpeg_with_scans,
        "JPEG, a photo": partial(images.photo, "JPEG"),
        "WebP, 2.5 MP, lossy": partial(images.texture, WEBP_SIDE, "RGB", "WEBP", quality=1, method=0),
        "WebP, 2.5 MP, lossless": partial(images.texture, WEBP_SIDE, "RGBA", "WEBP", lossless=True, method=0),
    }
    for name, make in files.items():
        yield Input(name, target, make, f"image/{name.partition(',')[0].lower()}")
    yield Input("base64, 10 MP", target, _in_base64)
    yield Input("base64, refused", target, lambda: _json(image="\n".join("A" * 8 for _ in range(90_000))))


def _in_base64() -> bytes:
    return _json(image=base64.b64encode(images.texture(COSTLY_SIDE, "RGB")).decode())


# ---------------------------------------------------------------- several at once


def _at_once() -> Iterator[Input]:
    """Requests that arrive at the same moment. Most are as large as those that are computed on the event loop."""
    maps = "/feature-maps?dtype=uint8&stages=true"
    exact = "/feature-maps?dtype=float32&stages=true"
    requests = (
        Input("strokes: 8 kB", maps, _inline, accept=SAFETENSORS),
        Input("strokes: 8 kB, float32", exact, _inline, accept=SAFETENSORS),
        Input("strokes: 8 kB, JSON", exact, _inline),
        Input("strokes: 8 kB, predicted", "/predict", _inline),
        Input("strokes: 8 kB, own_pen", "/predict?prepare=own_pen", partial(_inline, pen=280)),
        Input("strokes: 1.3 kB, a zigzag", maps, _zigzag, accept=SAFETENSORS),
        Input("strokes: 20,000 points", maps, _many_points, accept=SAFETENSORS),
        Input("pixels: 8 kB, a chessboard", maps, partial(_rows, _small_chessboard), accept=SAFETENSORS),
        Input("PNG, 28×28, a photo", maps, partial(images.photo, side=28), "image/png", SAFETENSORS),
        Input("PNG, 64×64, a photo", maps, partial(images.photo, side=64), "image/png", SAFETENSORS),
        Input("a form with 90 fields", "/predict", _form, FORM),
        Input("lab: 8 kB of points", "/lab/saliency", _inline),
        Input("lab: 8 kB of points, replayed", "/lab/replay?steps=2", _inline),
        Input("lab: 20,000 points, taught", "/lab/teach", _taught),
        Input("correction: 20,000 points", "/corrections", _correction),
    )
    for request in requests:
        yield request._replace(name=f"{request.name}, sixteen at once", times=16)


def _zigzag() -> bytes:
    """Few points that are far apart, so there are as many discs as for many points."""
    return _json(strokes=[[[280 * (i % 2), 2 * i] for i in range(140)]])


def _taught() -> bytes:
    strokes = [_scribble()[i : i + 300] for i in range(0, MAX_POINTS, 300)][:60]
    return _json(drawings=[{"label": i % 10, "strokes": [stroke]} for i, stroke in enumerate(strokes)], steps=10)


# ---------------------------------------------------------------- other routes


def _lab() -> Iterator[Input]:
    for method in METHODS:
        yield Input(f"lab: {method}", f"/lab/saliency?method={method}&against=1&patch={MAX_PATCH}", _dot)
    for prepare in _PREPARE:
        yield Input(f"lab: 8 kB of points, {prepare}", f"/lab/saliency?prepare={prepare}", _inline)
    for layer in ("pool1", "pool2"):
        yield Input(f"lab: the map of {layer}", f"/lab/map/nearest?layer={layer}", _dot)
    yield Input("lab: 1,000 strokes, replayed", f"/lab/replay?steps={MAX_REPLAY}", _many_strokes)
    yield Input("lab: 20,000 points, taught", "/lab/teach", _taught)


def _others() -> Iterator[Input]:
    yield Input("correction: 20,000 points", "/corrections", _correction)
    yield Input("corrections: page", "/corrections", accept="text/html")
    yield Input("corrections: export", "/corrections.npz")
    yield Input("lesson: steps", "/lesson/step", partial(_json, learning_rate=0.1, steps=MAX_STEPS, optimiser="sgd"))
    for path in ("/", "/lesson", "/docs"):
        yield Input(f"GET {path}", path, accept="text/html")
    for path in ("/openapi.json", "/metrics", "/model", "/model/weights", "/model/evaluation", "/weights"):
        yield Input(f"GET {path}", path)
    for path in ("/lesson/figures", "/lesson/dense", "/static/js/main.js"):
        yield Input(f"GET {path}", path)
    yield Input("the longest query", "/feature-maps?" + "&".join(f"a{i}=1" for i in range(1000)), _dot)
    yield Input("the longest Accept", "/feature-maps", _dot, accept="*/*," + "a;q=0.1," * 5000)
    yield Input("a form with 90 fields", "/predict", _form, FORM)


def _dot() -> bytes:
    return _json(strokes=[[[1, 2]]])


def _correction() -> bytes:
    answer = {"digit": 7, "probabilities": [0.1] * 10}
    return _json(id=str(uuid.UUID(int=1)), label=1, model="lesson-12345678", answer=answer, strokes=[_scribble()])


def _form() -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + images.chessboard()
    return b"".join(part % (b"%d" % i, b"a" * 5000) for i in range(90)) + file + b"\r\n--x--\r\n"
