"""The two calls that answer drawings, from request to body. They read and write for themselves: the framework's own way
costs more than the network. Their errors, limits and documents are those of every other route."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NamedTuple, cast, get_args
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from app.drawings import encoding
from app.drawings.batching import Answer, Batcher, Wish
from app.drawings.parsing import Intake, Unread
from app.http.media_types import JSON, SAFETENSORS, DType
from app.http.problem_types import listed
from app.http.problems import Problem
from model.layers import LAYER_NAMES
from model.preprocess.modes import PREPARE_NAMES, Prepare

_AT_A_TIME = 16  # answers with maps on their way from the batch to JSON, each of a megabyte


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
        pairs = parse_qsl(query.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=32)
    except (UnicodeDecodeError, ValueError):
        raise Problem("invalid-parameter", "The query string cannot be read.") from None
    given = dict(pairs)
    for name in ("prepare", "dtype", "stages", "layers"):
        if sum(name == other for other, _ in pairs) > 1:
            hint = ", with commas between them" if name == "layers" else ""
            raise Problem("invalid-parameter", f"{name} is there more than once; give it once{hint}.")
    prepare = given.get("prepare", "mnist")
    if prepare not in get_args(Prepare):
        raise Problem("invalid-parameter", f"prepare can be {listed(PREPARE_NAMES, 'or')}.")
    dtype = given.get("dtype", "float32")
    if dtype not in get_args(DType):
        raise Problem("invalid-parameter", f"dtype can be {listed(get_args(DType), 'or')}.")
    stages = given.get("stages", "false").lower()
    if stages not in ("true", "false", "1", "0"):
        raise Problem("invalid-parameter", "stages can be true or false.")
    names = given["layers"].split(",") if "layers" in given else LAYER_NAMES
    if not set(names) <= set(LAYER_NAMES):
        raise Problem("unknown-layer")
    return Options(cast(Prepare, prepare), encoding.in_order(names), cast(DType, dtype), stages in ("true", "1"))


class Call(NamedTuple):
    """What a head asks for, where the drawing is prepared as usual: all that is still to come is its body."""

    picture: bool
    wish: Wish | None
    written: Callable[[Answer], tuple[bytes, str]]  # body and media type


@dataclass(frozen=True, slots=True)
class Predict:
    """POST /predict: the ten probabilities of a drawing."""

    intake: Intake
    batcher: Batcher

    async def __call__(self, scope: Scope, receive: Receive) -> tuple[bytes, str]:
        """The body of the answer and its media type. Raises Problem."""
        chosen = options(scope["query_string"])
        return _prediction(await self.batcher.ask(await self.intake.drawing(scope, receive, chosen.prepare)))

    def call(self, scope: Scope) -> Call | None:
        """What a request's head asks for; None where that takes more than a glance. Raises Problem."""
        chosen = options(scope["query_string"])
        picture = Unread.is_picture(scope)
        return None if picture is None or chosen.prepare != "mnist" else Call(picture, None, _prediction)


def _prediction(answer: Answer) -> tuple[bytes, str]:
    return encoding.prediction_json(answer.found.prediction), JSON


@dataclass(frozen=True, slots=True)
class FeatureMaps:
    """POST /feature-maps: the same, and what the layers put out on the way."""

    intake: Intake
    batcher: Batcher
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_A_TIME))

    async def __call__(self, scope: Scope, receive: Receive) -> tuple[bytes, str]:
        """The body of the answer and its media type. Raises Problem."""
        chosen = options(scope["query_string"])
        media_type = _accepted(scope)
        drawing = await self.intake.drawing(scope, receive, chosen.prepare)
        async with self.room:
            return _maps(chosen, media_type, await self.batcher.ask(drawing, _wish(chosen, media_type)))

    def call(self, scope: Scope) -> Call | None:
        """What a request's head asks for; None where that takes more than a glance. Raises Problem.

        Maps as JSON do: they take ten times as long to write.
        """
        chosen = options(scope["query_string"])
        media_type = _accepted(scope)
        picture = Unread.is_picture(scope)
        if picture is None or chosen.prepare != "mnist" or media_type != SAFETENSORS:
            return None
        return Call(picture, _wish(chosen, media_type), partial(_maps, chosen, media_type))


def _accepted(scope: Scope) -> str:
    return negotiate(b",".join(value for name, value in scope["headers"] if name == b"accept"))


def _wish(chosen: Options, media_type: str) -> Wish:
    return Wish(chosen.layers, quantised=media_type == SAFETENSORS and chosen.dtype == "uint8")


def _maps(chosen: Options, media_type: str, answer: Answer) -> tuple[bytes, str]:
    found, prepared = answer
    staged = prepared if chosen.stages else None
    if media_type == SAFETENSORS:
        return encoding.maps_safetensors(found, chosen.layers, chosen.dtype, staged), media_type
    return encoding.maps_json(found, chosen.layers, staged), media_type


@lru_cache(maxsize=256)
def negotiate(accept: bytes) -> str:
    """JSON unless safetensors is asked for by name and JSON is not preferred. Raises Problem when neither will do."""
    if not accept:
        return JSON
    ranges = dict(_quality(part) for part in accept.decode("latin-1").lower().split(","))
    safetensors = ranges.get(SAFETENSORS, 0.0)
    json = max(ranges.get(name, 0.0) for name in (JSON, "application/*", "*/*"))
    named = ranges.get(JSON, 0.0)  # "whatever you have" is no wish for JSON
    if safetensors and safetensors >= named:
        return SAFETENSORS
    if json:
        return JSON
    raise Problem("not-acceptable")


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
