"""Reads the drawing in a request: strokes, pixels or base64 in JSON, an image as the body, or a form with a file."""

import base64
import binascii
import logging
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TypeVar

import numpy as np
import orjson
from pydantic import ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from app.drawings.schemas import DrawingRequest
from app.http.body import header, media_type_of, read_body, without_byte_order_mark
from app.http.connections.turns import Turns
from app.http.media_types import FORM, IMAGES, JSON
from app.http.problem_types import listed
from app.http.problems import Problem
from app.http.threads import ThreadQueue
from app.http.validation import ONE_LARGE_BODY, limit_counts, validation_problem
from app.limits import MAX_BODY, MAX_LARGE
from model.layers import SIDE
from model.preprocess import decode, pipeline
from model.preprocess.ink import Ink
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import PreprocessedDrawing, RawDrawing
from model.preprocess.rasterise import Strokes

T = TypeVar("T")

_INPUTS = ("strokes", "image", "pixels")
MAX_INLINE_BODY = 8 * 1024  # bytes; longer bodies are parsed on a thread, so that other requests do not wait
_MAX_INLINE_PIXELS = SIDE * SIDE  # an image of MNIST; larger images are decoded on a thread
_THREADS = 2  # large drawings parsed at the same time; this limits the memory for decoded images
_DATA_URL = re.compile(r"data:image/[\w.+-]+(;[\w.+-]+=[^;,]*)*;base64,", re.ASCII | re.IGNORECASE)
_ACCEPTED = (JSON, *IMAGES, FORM)
_DAMAGED_FORM = "The multipart form is damaged."
_NO_BOUNDARY = "The Content-Type of the form has no boundary. Let your HTTP client set this header itself."
_UNFINISHED_FORM = "The multipart form is incomplete: its end boundary is missing."
_SMALLER = "Send fewer points, or a smaller image: 1,000 pixels a side are enough."
_ONE_FILE = "Send the form with exactly one file, in the field `file`."
# The parser logs a warning for each damaged form. The response already tells the client.
logging.getLogger("python_multipart.multipart").setLevel(logging.ERROR)


class DrawingReader:
    """Reads the drawings in requests.

    Create one reader for each application, because the reader limits how many large drawings are parsed or waiting.
    """

    def __init__(self) -> None:
        self._threads = ThreadQueue(_THREADS, MAX_LARGE, "drawings")
        self._turns = Turns()  # of small drawings

    async def read(
        self, scope: Scope, receive: Receive, prepare: Prepare, *, stages: bool = False
    ) -> PreprocessedDrawing | RawDrawing:
        """The drawing in a request. Raises Problem if the request has no valid drawing.

        With prepare=mnist, small drawings stay raw, because the batch preprocesses its drawings together. Large ones
        are preprocessed on a thread, so that a batch never takes long. With `stages`, the thread also computes the
        images of their stages.
        """
        media_type = media_type_of(scope)
        if media_type not in _ACCEPTED:
            raise Problem("unsupported-type", headers={"Accept": ", ".join(_ACCEPTED)})
        body = await read_body(scope, receive, remedy=_SMALLER)
        if media_type == FORM:
            await self._turns.wait()
            body = await _uploaded_file(scope, body)
        try:
            if media_type == JSON:
                body = without_byte_order_mark(body)
                large = len(body) > MAX_INLINE_BODY
                parsed = await self._run(lambda: _from_json(body, prepare, large=large), large, stages)
                if not isinstance(parsed, bytes):
                    return parsed
                body = parsed
            return await self._from_image(body, prepare, stages)
        except decode.ImageError as error:
            raise Problem(_SLUGS[type(error)], str(error)) from None

    async def _from_image(self, content: bytes, prepare: Prepare, stages: bool) -> PreprocessedDrawing | Ink:
        image = decode.open_image(content)
        if image.width * image.height > _MAX_INLINE_PIXELS or len(content) > MAX_INLINE_BODY:
            return await self._run(lambda: pipeline.from_image(image, prepare), True, stages)
        await self._turns.wait()
        return decode.ink_from_image(image) if prepare == "mnist" else pipeline.from_image(image, prepare)

    async def read_preprocessed(self, scope: Scope, receive: Receive, prepare: Prepare) -> PreprocessedDrawing:
        """The drawing in a request, preprocessed. Raises Problem if the request has no valid drawing."""
        drawing = await self.read(scope, receive, prepare)
        if isinstance(drawing, PreprocessedDrawing):
            return drawing
        await self._turns.wait()
        return pipeline.preprocess_all([drawing], prepare)[0]

    async def _run(self, parse: Callable[[], T], large: bool, stages: bool) -> T:
        """The result of `parse`. A large drawing is parsed on a thread, with its stages if `stages` is true.

        Raises Problem if too many large drawings are waiting.
        """
        if not large:
            await self._turns.wait()
            return parse()

        def parse_and_prepare() -> T:
            parsed = parse()
            if stages and isinstance(parsed, PreprocessedDrawing):
                parsed.stages()
            return parsed

        return await self._threads.run(parse_and_prepare)


_SLUGS: dict[type[decode.ImageError], str] = {
    decode.ImageError: "wrong-size",
    decode.ImageAnimatedError: "animated-picture",
    decode.ImageTooLargeError: "picture-too-large",
    decode.ImageUnreadableError: "unreadable-picture",
}


async def _uploaded_file(scope: Scope, body: bytes) -> bytes:
    """The content of the file in a form whose only file is in the field `file`. Raises Problem for other forms."""
    boundary = parse_options_header(header(scope, b"content-type"))[1].get(b"boundary")
    if not boundary:
        raise Problem("unreadable-body", _NO_BOUNDARY)
    if b"--" + boundary + b"--" not in body:
        raise Problem("unreadable-body", _UNFINISHED_FORM)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(scope, receive).form(max_files=1, max_fields=99, max_part_size=MAX_BODY) as form:
            upload = form.get("file")
            if not isinstance(upload, UploadFile):
                raise Problem("one-input", _ONE_FILE)
            return await upload.read()
    except HTTPException as error:
        if error.detail.startswith("Too many"):
            raise Problem("one-input", _ONE_FILE) from None
        raise Problem("unreadable-body", _DAMAGED_FORM) from None
    except ValueError:  # the header of a part cannot be decoded
        raise Problem("unreadable-body", _DAMAGED_FORM) from None


def _from_json(body: bytes, prepare: Prepare, *, large: bool = False) -> PreprocessedDrawing | RawDrawing | bytes:
    """The drawing in a JSON body; for an `image`, the bytes of the image file. Raises Problem.

    Small drawings of strokes are not preprocessed yet for prepare=mnist. Parse large ones on a thread.
    """
    limit_counts(body, DrawingRequest, "invalid-drawing")
    try:
        with ONE_LARGE_BODY if large else nullcontext():
            request = DrawingRequest.model_validate_json(body)
    except ValidationError as error:
        _check_one_input(_inputs(body), allow_none=True)  # if a body has two inputs, report only this error
        raise validation_problem(error, DrawingRequest, "invalid-drawing", f"one of {listed(_INPUTS, 'and')}") from None
    _check_one_input([name for name in _INPUTS if getattr(request, name) is not None])
    if request.strokes is not None:
        limit_points(request.strokes)
        strokes = Strokes(request.strokes, request.pen, request.canvas)
        return pipeline.preprocess_all([strokes], prepare)[0] if large or prepare != "mnist" else strokes
    if request.pen is not None or request.canvas is not None:
        raise Problem("invalid-drawing", "pen and canvas belong to strokes; omit them with image and pixels.")
    if request.image is not None:
        return _from_base64(request.image)
    assert request.pixels is not None
    return _from_pixels(request.pixels, prepare)


def _inputs(body: bytes) -> list[str]:
    """Which of strokes, image and pixels are in a JSON body, whether or not they are valid."""
    try:
        content = orjson.loads(body)
    except ValueError:
        return []
    return [name for name in _INPUTS if isinstance(content, dict) and content.get(name) is not None]


def _check_one_input(names: Sequence[str], *, allow_none: bool = False) -> None:
    if len(names) > 1 or not (names or allow_none):
        found = f"this body has {len(names)}: {listed(names, 'and')}" if names else "this body has none"
        raise Problem("one-input", f"Send exactly one of {listed(_INPUTS, 'and')}; {found}.")


def limit_points(strokes: Sequence[Sequence[object]]) -> None:
    """Raise Problem if a drawing has more strokes or points than allowed."""
    if len(strokes) > pipeline.MAX_STROKES or sum(map(len, strokes)) > pipeline.MAX_POINTS:
        raise Problem("too-many-points")


def _from_pixels(rows: list[list[float]], prepare: Prepare) -> PreprocessedDrawing:
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise Problem("invalid-drawing", f"pixels[{index}] and pixels[0] differ in length.")
    return pipeline.from_pixels(np.array([np.array(row) for row in rows]), prepare)


def _from_base64(text: str) -> bytes:
    """The bytes of a file that is given as base64 or as a data URL. Raises Problem.

    White space is skipped: many encoders break the text into lines of 76 characters (MIME, RFC 2045).
    """
    text = "".join(text.split())
    if text[:5].lower() == "data:":
        match = _DATA_URL.match(text)
        if match is None:
            raise Problem("unreadable-body", "image is a data URL, but not of an image in base64.")
        text = text[match.end() :]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(
            "unreadable-body",
            "image is not valid base64. Encode the content of the image file, not its name, with the standard alphabet "
            "(+ and /) and with padding (=).",
        ) from None
