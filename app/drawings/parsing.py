"""A request's body -> a prepared 28×28 picture, whichever of the three ways it came in."""

import asyncio
import base64
import binascii
import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import orjson
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from app.drawings.schemas import DrawingRequest
from app.http.problems import Problem, service_unavailable
from app.settings import BODY_SECONDS, MAX_BODY, MAX_LARGE
from model.layers import SIDE
from model.preprocess import decode, pipeline
from model.preprocess.fit import SMALLEST
from model.preprocess.ink import Ink
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import PreprocessedDrawing, RawDrawing
from model.preprocess.rasterise import Strokes

T = TypeVar("T")

_WAYS = ("strokes", "image", "pixels")
PICTURES = ("image/png", "image/jpeg", "image/webp")
_SMALL_BODY = 64 * 1024  # bytes; larger ones are parsed on a thread, so that others need not wait
_SMALL_PICTURE = 320 * 320  # pixels; likewise
_TINY = 64 * 64  # pixels
_DRAIN = 64 * MAX_BODY  # how much of a body that is too large is still read, so that the answer reaches the sender
_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII)
# What is wrong with a form is told to whoever sent it.
logging.getLogger("python_multipart.multipart").setLevel(logging.ERROR)
_CLOSE = {"Connection": "close"}  # what is left of the body would be taken for the next request
_AT_ONCE = 2  # large pictures decoded at a time, so that memory stays bounded


class Intake:
    """Reads drawings; one for each application."""

    def __init__(self) -> None:
        self._threads = asyncio.Semaphore(_AT_ONCE)
        self._large = 0  # on a thread, or waiting for one

    async def drawing(self, scope: Scope, receive: Receive, prepare: Prepare) -> PreprocessedDrawing | RawDrawing:
        """The request's drawing, prepared; what is to be prepared as usual and is small, is left for the batch.

        Raises Problem.
        """
        media_type, declared = b"", 0
        for name, value in scope["headers"]:
            if name == b"content-type":
                media_type = value
            elif name == b"content-length":
                declared = _length(value)
        kind = _kind(media_type)
        body = await read_body(receive, declared)
        try:
            if kind == "multipart/form-data":
                body = await _uploaded_file(scope, body)
            if kind == "application/json":
                large = len(body) > _SMALL_BODY
                found = await self._on_thread(lambda: _from_json(body, prepare)) if large else _from_json(body, prepare)
                if not isinstance(found, bytes):
                    return found
                body = found
            return await self._picture(body, prepare)
        except decode.ImageError as error:
            raise _picture_problem(error) from None

    async def _picture(self, body: bytes, prepare: Prepare) -> PreprocessedDrawing | Ink:
        image = decode.open_image(body)
        if image.size[0] * image.size[1] <= _SMALL_PICTURE:
            return decode.ink_from_image(image) if prepare == "mnist" else pipeline.from_image(image, prepare)
        return await self._on_thread(lambda: pipeline.from_image(image, prepare))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._large >= MAX_LARGE:
            raise service_unavailable("overloaded")
        self._large += 1
        try:
            async with self._threads:
                return await asyncio.to_thread(work)
        finally:
            self._large -= 1


class Unread(NamedTuple):
    """A whole body with, by its looks, a drawing that takes no time to read: plain strokes or a tiny picture.

    These are what programs and the page send. They are read when they are wanted: several on end are read in half the
    time that each takes between other things.
    """

    body: bytes
    picture: bool

    @staticmethod
    def is_picture(scope: Scope) -> bool | None:
        """Whether a head announces a picture, or else JSON; None for anything else."""
        kinds = [value for name, value in scope["headers"] if name == b"content-type"]
        return {b"application/json": False, b"image/png": True}.get(kinds[0]) if len(kinds) == 1 else None

    @classmethod
    def of(cls, body: bytes, *, picture: bool) -> "Unread | None":
        """A body that came with such a head; None where it is large."""
        small = len(body) <= _SMALL_BODY
        return cls(body, picture) if small else None

    def read(self) -> RawDrawing | None:
        """The drawing; None where it turns out to be something else, or something is wrong with it."""
        if not self.picture:
            return _plain_strokes(self.body)
        try:
            image = decode.open_image(self.body)
            return decode.ink_from_image(image) if image.size[0] * image.size[1] <= _TINY else None
        except decode.ImageError:
            return None


async def read_json(scope: Scope, receive: Receive) -> bytes:
    """The body of a call that takes nothing but JSON. Raises Problem."""
    headers = Headers(scope=scope)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem("unsupported-type", "Send application/json.", headers={"Accept": "application/json"})
    return await read_body(receive, _length(headers.get("content-length", "0").encode("latin-1")))


@lru_cache(maxsize=256)
def _kind(media_type: bytes) -> str:
    """What a body of this type is. Raises Problem for what is not read here."""
    kind = media_type.decode("latin-1").partition(";")[0].strip().lower()
    if kind not in ("application/json", *PICTURES, "multipart/form-data"):
        raise Problem("unsupported-type", headers={"Accept": _ACCEPT})
    return kind


def _length(header: bytes) -> int:
    try:
        return int(header)
    except ValueError:
        raise Problem("unreadable-body", "Content-Length is not a number.") from None


_ONE_FILE = "Send the form with exactly one file, in the field `file`."
_ACCEPT = ", ".join(("application/json", *PICTURES, "multipart/form-data"))


async def read_body(receive: Receive, declared: int = 0) -> bytes:
    """The whole body, however it is cut up, if it is no longer than MAX_BODY. Raises Problem."""
    if declared > MAX_BODY:
        await _drain(receive)
        raise Problem("body-too-large", headers=_CLOSE)
    message = await _next(receive)
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        parts = [body]
        size = len(body)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while message.get("more_body", False) and size <= MAX_BODY:
                    message = await _next(receive)
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
        except TimeoutError:
            raise Problem("too-slow", headers=_CLOSE) from None
        if size > MAX_BODY:
            if message.get("more_body", False):
                await _drain(receive)
            raise Problem("body-too-large", headers=_CLOSE)
        body = b"".join(parts)
    elif len(body) > MAX_BODY:
        raise Problem("body-too-large")
    if not body:
        raise Problem("unreadable-body", "The body is empty; it should hold a drawing.")
    return body


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Problem("unreadable-body", "The body ended early.")
    return message


async def _drain(receive: Receive) -> None:
    """Read on and throw away, within bounds: a sender that is still writing would not see the answer."""
    left = _DRAIN
    try:
        async with asyncio.timeout(2.0):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))
    except TimeoutError:
        return


async def _uploaded_file(scope: Scope, body: bytes) -> bytes:
    """The bytes of the form's one field, `file`."""

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    request = Request(scope, replay)
    try:
        parser = MultiPartParser(request.headers, request.stream(), max_files=99, max_fields=99, max_part_size=MAX_BODY)
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, UnicodeError) as error:
        if str(getattr(error, "message", "")).startswith("Too many"):
            raise Problem("one-input", _ONE_FILE) from None
        raise Problem("unreadable-body", "The multipart form is damaged.") from None
    try:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(files) != 1 or not isinstance(form.get("file"), UploadFile):
            raise Problem("one-input", _ONE_FILE)
        return await files[0].read()
    finally:
        await form.close()


def _from_json(body: bytes, prepare: Prepare) -> PreprocessedDrawing | RawDrawing | bytes:
    """The drawing in a JSON body; an image as the bytes of its file, to be read as one that came by itself."""
    strokes = _plain_strokes(body)
    if strokes is not None:
        return _prepared(strokes, prepare)
    try:
        drawing = DrawingRequest.model_validate_json(body)
    except ValidationError as error:
        _one_input(_inputs(body), none=False)  # who sends two has that to mend first
        raise validation_problem(error) from None
    _one_input([name for name in _WAYS if getattr(drawing, name) is not None])
    if drawing.strokes is not None:
        limit_points(drawing.strokes)
        return _prepared(Strokes(drawing.strokes, drawing.pen, drawing.canvas), prepare)
    if drawing.pen is not None or drawing.canvas is not None:
        raise Problem("invalid-drawing", "pen and canvas belong to strokes; leave them out with image and pixels.")
    if drawing.image is not None:
        return _decode(drawing.image)
    assert drawing.pixels is not None
    return _from_pixels(drawing.pixels, prepare)


def _inputs(body: bytes) -> list[str]:
    """Which of the three ways in there are in a JSON body, be they right or wrong."""
    try:
        given = orjson.loads(body)
    except ValueError:
        return []
    return [name for name in _WAYS if isinstance(given, dict) and given.get(name) is not None]


def _one_input(given: Sequence[str], *, none: bool = True) -> None:
    """Raises Problem where there are several, or `none`."""
    if len(given) > 1 or (none and not given):
        found = "none of them is there" if not given else f"there are {len(given)}: {' and '.join(given)}"
        raise Problem("one-input", f"Send exactly one of strokes, image and pixels; {found}.")


def _plain_strokes(body: bytes) -> Strokes | None:
    """The strokes of a body in which all is well at a glance; None for whatever needs a closer look.

    It takes half as long as the schema, and lets nothing through that the schema would not: where this finds anything
    out of the ordinary, the schema decides, and finds the words for what is wrong.
    """
    # Python takes true and false for numbers. No field of these has a letter u or f in its name, and looking for one
    # letter takes no time.
    if b'"strokes"' not in body or b"u" in body or b"f" in body:
        return None
    try:
        given = orjson.loads(body)
        lines, pen, canvas = given.pop("strokes"), given.pop("pen", None), given.pop("canvas", None)
        if given or len(lines) > pipeline.MAX_STROKES or sum(map(len, lines)) > pipeline.MAX_POINTS:
            return None
        if pen is not None:
            pen = _fair(pen)
        if canvas is not None:
            width, height = canvas
            canvas = (_fair(width), _fair(height))
        strokes = Strokes(lines, pen, canvas)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    # Where the sum of squares is no more than the square of the largest coordinate there may be, no coordinate is.
    return strokes if np.vdot(strokes.coordinates, strokes.coordinates) <= pipeline.MAX_COORDINATE**2 else None


def _fair(length: float) -> float:
    """A length as the schema lets it be; ValueError or TypeError otherwise."""
    if not SMALLEST <= length <= pipeline.MAX_COORDINATE:
        raise ValueError("too small or too large")
    return float(length)


def _prepared(strokes: Strokes, prepare: Prepare) -> PreprocessedDrawing | Strokes:
    """Left for the batch, where it can be."""
    return strokes if prepare == "mnist" else pipeline.preprocess_all([strokes], prepare)[0]


def limit_points(strokes: Sequence[Sequence[object]]) -> None:
    """Raises Problem when a drawing has more strokes or points than it may have."""
    if len(strokes) > pipeline.MAX_STROKES or sum(map(len, strokes)) > pipeline.MAX_POINTS:
        raise Problem("too-many-points")


def _from_pixels(rows: list[list[float]], prepare: Prepare) -> PreprocessedDrawing:
    width = len(rows[0])
    for index, row in enumerate(rows):
        if len(row) != width:
            raise Problem("invalid-drawing", f"pixels[{index}] has another length than pixels[0]: the rows are ragged.")
    return pipeline.from_pixels(np.array(rows, dtype=np.float64), prepare)


def _decode(text: str) -> bytes:
    """Base64, plain or in a data URL."""
    if text.startswith("data:"):
        match = _DATA_URL.match(text)
        if match is None:
            raise Problem("unreadable-body", "image is a data URL, but not of a picture in base64.")
        text = text[match.end() :]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Problem("unreadable-body", "image is not valid base64.") from None


def _picture_problem(error: decode.ImageError) -> Problem:
    return Problem(_SLUGS[type(error)], str(error))


_SLUGS: dict[type[decode.ImageError], str] = {
    decode.ImageError: "wrong-size",
    decode.ImageAnimatedError: "animated-picture",
    decode.ImageTooLargeError: "picture-too-large",
    decode.ImageUnreadableError: "unreadable-picture",
}

# pydantic's kinds of error, in words of our own that repeat nothing of what was sent
_WORDS = {
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "tuple_type": "must be a list of two numbers",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "model_type": "must be an object",
    "uuid_parsing": "must be a UUID",
    "missing": "is missing",
    "too_short": "is too short",
    "too_long": "is too long",
    "string_too_short": "is empty",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
}
_LIMITS = {"ge": "must be at least {}", "le": "must be at most {}"}


def validation_problem(error: ValidationError, kind: type[BaseModel] = DrawingRequest) -> Problem:
    """What pydantic found in a body of this kind, without a word of the input in it."""
    slug, needed = _KINDS[kind.__name__]
    found = error.errors(include_url=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in found):
        return Problem("unreadable-body", "The body is not valid JSON in UTF-8.")
    if any(not item["loc"] for item in found):
        return Problem(slug, f"The body must be a JSON object with {needed}.")
    *fields, last = kind.model_fields
    known = f"{', '.join(fields)} and {last}"
    parts = [{"where": _where(item["loc"], item["type"]), "what": _what(dict(item), known)} for item in found[:5]]
    first = parts[0]
    return Problem(slug, f"In the body, {first['where']} {first['what']}.", parts if len(parts) > 1 else ())


_KINDS = {
    "DrawingRequest": ("invalid-drawing", "one of strokes, image and pixels"),
    "StepsRequest": ("invalid-step", "learning_rate, steps and optimiser, or some of them"),
    "CorrectionRequest": ("invalid-correction", "id, answer, label, model, and one of strokes and pixels"),
}


def _where(location: tuple[str | int, ...], kind: str) -> str:
    if kind == "extra_forbidden":
        return "a field"
    rest = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[1:])
    return str(location[0]) + "".join(rest)


def _what(item: dict[str, Any], known: str) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not known; there are {known}"
    for key, words in _LIMITS.items():
        if key in context:
            return words.format(f"{context[key]:,g}")
    if kind in ("too_short", "too_long") and SIDE in (context.get("min_length"), context.get("max_length")):
        return f"must have a length of {SIDE}"
    if kind == "too_short":
        return "is empty" if context.get("actual_length") == 0 else "is too short"
    if kind == "too_long" and context.get("max_length") == 2:
        return "must be a list of two numbers"
    if kind == "missing" and isinstance(item["loc"][-1], int):
        return "is missing: a point is [x, y]"
    return _WORDS.get(kind, "has a wrong value")
