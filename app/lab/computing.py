"""What all experiments share: reading the drawing, computing off the event loop, answering with JSON."""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from app.drawings.parsing import DrawingReader
from app.http.body import read_json
from app.http.media_types import JSON
from app.http.threads import ThreadQueue
from app.http.validation import validation_problem
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import PreprocessedDrawing

T = TypeVar("T")
Body = TypeVar("Body", bound=BaseModel)


async def read_drawing(request: Request, prepare: Prepare) -> PreprocessedDrawing:
    """The preprocessed drawing in a request. Raises Problem if there is no valid one."""
    reader: DrawingReader = request.app.state.drawing_reader
    return await reader.read_preprocessed(request.scope, request.receive, prepare)


async def read_body(request: Request, schema: type[Body], limit: int, slug: str, expected: str) -> Body:
    """The JSON body of at most `limit` bytes. Raises Problem of the type `slug` if the schema rejects it."""
    return parse_body(await read_json(request.scope, request.receive, limit), schema, slug, expected)


def parse_body(content: bytes, schema: type[Body], slug: str, expected: str) -> Body:
    """The JSON body. Raises Problem of the type `slug` if the schema rejects it."""
    try:
        return schema.model_validate_json(content)
    except ValidationError as error:
        raise validation_problem(error, schema, slug, expected) from None


async def compute(request: Request, work: Callable[[], T]) -> T:
    """The result of `work`, computed on the lab's thread. Raises Problem if too many computations are waiting."""
    threads: ThreadQueue = request.app.state.lab_threads
    return await threads.run(work)


async def compute_next(request: Request, work: Callable[[], T]) -> T:
    """The result of the next step of a computation, whose first step was accepted by `compute`."""
    threads: ThreadQueue = request.app.state.lab_threads
    return await threads.run_accepted(work)


def refuse_overload(request: Request) -> None:
    """Raise Problem if too many computations are waiting."""
    threads: ThreadQueue = request.app.state.lab_threads
    threads.refuse_overload()


async def compute_part(request: Request, work: Callable[[], T]) -> T:
    """The result of a part of a long computation. Call `refuse_overload` or `compute` before the first part.

    A part should take a tenth of a second or two, because that is how long other users may wait for it.
    """
    threads: ThreadQueue = request.app.state.lab_threads
    return await threads.run_part(work)


def json_response(body: dict[str, Any]) -> Response:
    """The fields of a response as JSON; they may be NumPy arrays."""
    return Response(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), media_type=JSON)
