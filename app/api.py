"""The JSON API. The two calls that answer drawings are plain ASGI endpoints: the framework's own reading and writing
of bodies costs more than the network. Their errors, limits and documents are those of every other route."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast, get_args
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from app import encoding
from app.batching import Batcher, Wish
from app.encoding import DType
from app.errors import PROBLEMS, Problem
from app.intake import Intake
from model.layers import LAYER_NAMES
from model.pictures import Prepare


@dataclass(frozen=True, slots=True)
class Options:
    """The query parameters of /predict and /feature-maps."""

    prepare: Prepare = "mnist"
    layers: tuple[str, ...] = LAYER_NAMES
    dtype: DType = "float32"
    stages: bool = False


@lru_cache(maxsize=256)
def options(query: bytes) -> Options:
    """Read a query string. Raises Problem."""
    try:
        given = dict(parse_qsl(query.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=32))
    except (UnicodeDecodeError, ValueError):
        raise Problem("invalid-parameter", "The query string cannot be read.") from None
    prepare = given.get("prepare", "mnist")
    if prepare not in get_args(Prepare):
        raise Problem("invalid-parameter", "prepare can be mnist, resize, none, uncentred or own_pen.")
    dtype = given.get("dtype", "float32")
    if dtype not in get_args(DType):
        raise Problem("invalid-parameter", "dtype can be float32, float16 or uint8.")
    stages = given.get("stages", "false").lower()
    if stages not in ("true", "false", "1", "0"):
        raise Problem("invalid-parameter", "stages can be true or false.")
    names = given["layers"].split(",") if "layers" in given else LAYER_NAMES
    if not set(names) <= set(LAYER_NAMES):
        raise Problem("unknown-layer", PROBLEMS["unknown-layer"].meaning)
    return Options(cast(Prepare, prepare), encoding.in_order(names), cast(DType, dtype), stages in ("true", "1"))


class Predict:
    """POST /predict: the ten probabilities of a drawing."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = options(scope["query_string"])
        drawing = await self._intake.drawing(scope, receive, chosen.prepare)
        answer = await batcher_of(scope).ask(drawing)
        await _send(send, encoding.prediction_json(answer.found.prediction), encoding.JSON)


class FeatureMaps:
    """POST /feature-maps: the same, and what the layers put out on the way."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = options(scope["query_string"])
        media_type = negotiate(b",".join(value for name, value in scope["headers"] if name == b"accept"))
        drawing = await self._intake.drawing(scope, receive, chosen.prepare)
        binary = media_type == encoding.SAFETENSORS
        wish = Wish(chosen.layers, quantised=binary and chosen.dtype == "uint8")
        found, prepared = await batcher_of(scope).ask(drawing, wish)
        staged = prepared if chosen.stages else None
        if binary:
            body = encoding.maps_safetensors(found, chosen.layers, chosen.dtype, staged)
        else:
            body = encoding.maps_json(found, chosen.layers, staged)
        await _send(send, body, media_type)


def batcher_of(scope: Scope) -> Batcher:
    """The application's batcher. Raises Problem while the weights are not loaded."""
    batcher: Batcher | None = getattr(scope["app"].state, "batcher", None)
    if batcher is None:
        raise Problem("not-ready", PROBLEMS["not-ready"].meaning, headers={"Retry-After": "1"})
    return batcher


@lru_cache(maxsize=256)
def negotiate(accept: bytes) -> str:
    """JSON unless safetensors is asked for by name. Raises Problem when neither will do."""
    if not accept:
        return encoding.JSON
    ranges = [_quality(part) for part in accept.decode("latin-1").lower().split(",")]
    wanted = {name for name, quality in ranges if quality > 0}
    if encoding.SAFETENSORS in wanted:
        return encoding.SAFETENSORS
    if wanted & {encoding.JSON, "application/*", "*/*"}:
        return encoding.JSON
    raise Problem("not-acceptable", PROBLEMS["not-acceptable"].meaning)


def _quality(part: str) -> tuple[str, float]:
    """A media range and its q, 1 where none is given or it cannot be read."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 1.0
    return name, 1.0


_HEADERS: dict[str, Sequence[tuple[bytes, bytes]]] = {
    media_type: (
        (b"content-type", media_type.encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept"),
    )
    for media_type in (encoding.JSON, encoding.SAFETENSORS)
}


async def _send(send: Send, body: bytes, media_type: str) -> None:
    headers = [*_HEADERS[media_type], (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
