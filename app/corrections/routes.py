"""Keeping corrections, for programs: POST and DELETE /corrections, and the export. Off unless the operator wants it.

The page that shows what is kept is kept.py's.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Annotated, TypeVar
from uuid import UUID

import numpy as np
from fastapi import APIRouter, Path, Request, Response
from numpy.typing import NDArray
from pydantic import ValidationError
from starlette.responses import JSONResponse

from app.corrections import export
from app.corrections.schemas import CorrectionRequest, CorrectionResponse
from app.corrections.store import BusyError, Correction, Corrections, FullError, UnavailableError
from app.drawings.parsing import limit_points, read_json, validation_problem
from app.http.media_types import JSON
from app.http.problems import PROBLEMS, Problem, later
from model.preprocess.rasterise import Strokes

T = TypeVar("T")

NPZ = "application/octet-stream"  # it is a zip file, which some browsers would unpack
_AT_ONCE = 4  # calls of this process that are at the file together
_WAITING = 64  # and that may wait; each holds a body in memory

log = logging.getLogger("inkling")
router = APIRouter(tags=["corrections"])


class Collector:
    """The kept corrections, on threads of their own: a disk that is slow, or full, holds up no drawing."""

    def __init__(self, store: Corrections) -> None:
        self.store = store
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="corrections")
        self._waiting = 0
        self._said: set[str] = set()

    async def run(self, work: Callable[[Corrections], T]) -> T:
        """Do something with the file. Raises Problem."""
        if self._waiting >= _WAITING:
            raise later("overloaded")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, self.store)
        except BusyError:
            raise later("overloaded") from None
        except FullError:
            self._say(f"{self.store.file} holds {self.store.most:,} already, or its disk is full.")
            raise Problem("corrections-full", PROBLEMS["corrections-full"].meaning) from None
        except UnavailableError as error:
            self._say(str(error))
            unavailable = PROBLEMS["corrections-unavailable"]
            raise Problem(unavailable.slug, unavailable.meaning, headers={"Retry-After": "60"}) from None
        finally:
            self._waiting -= 1

    async def look(self) -> None:
        """Make the file if there is none, and say in the log when it cannot be used."""
        with suppress(Problem):
            await self.run(Corrections.check)

    def close(self) -> None:
        """Wait for what is being written."""
        self._threads.shutdown()

    def _say(self, trouble: str) -> None:
        """Once for each kind of trouble: the log is no place for a line for each request."""
        if trouble not in self._said:
            self._said.add(trouble)
            log.error("inkling: No corrections can be kept: %s Drawings are still answered.", trouble)


def collector_of(request: Request) -> Collector:
    """The application's collector. Raises Problem when the operator did not switch it on."""
    collector: Collector | None = request.app.state.collector
    if collector is None:
        raise Problem("not-collecting", PROBLEMS["not-collecting"].meaning)
    return collector


def from_here(request: Request) -> None:
    """Raises Problem when a page of another site made the browser send this.

    Browsers say so in Sec-Fetch-Site, or, where that is not sent (over plain HTTP from another machine), name the
    page's Origin. Programs send neither, and no page can make them do anything.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        here = site in ("same-origin", "none")
    else:
        here = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not here:
        raise Problem("foreign-request", PROBLEMS["foreign-request"].meaning)


@router.post(
    "/corrections",
    summary="It is another digit",
    status_code=201,
    response_model=CorrectionResponse,
    responses={
        200: {"description": "One with this id is kept already; it stays as it is.", "model": CorrectionResponse},
        201: {"description": "It is kept: on the disk, not only in memory."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The drawing as it was sent to `/predict`, what came back, and what it is in truth.",
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/CorrectionRequest"}}},
        }
    },
)
async def keep(request: Request) -> Response:
    """Keep a drawing with its right label, if the operator of the service wants that (INKLING_COLLECT=1).

    Kept are the drawing, the answer, the label, the name of the weights and the day: no address, no name, nothing about
    the browser. With the same `id` it can be sent again until it is answered, and is kept once.
    """
    collector = collector_of(request)
    from_here(request)
    body = await read_json(request.scope, request.receive)
    new = await collector.run(lambda store: store.add(correction_of(body)))
    return JSONResponse({"kept": True}, 201 if new else 200, {"Cache-Control": "no-store"})


@router.delete("/corrections", summary="Delete all corrections", status_code=204)
async def clear(request: Request) -> None:
    """Every kept drawing is deleted, and overwritten in the file."""
    collector = collector_of(request)
    from_here(request)
    await collector.run(Corrections.clear)


@router.delete("/corrections/{id}", summary="Delete a correction", status_code=204)
async def remove(
    request: Request,
    id: Annotated[str, Path(description="The UUID that it was sent with.", json_schema_extra={"format": "uuid"})],  # noqa: A002
) -> None:
    """The drawing with this id is deleted, and overwritten in the file."""
    collector = collector_of(request)
    from_here(request)
    if not await collector.run(lambda store: store.remove(uuid_of(id))):
        raise not_kept()


@router.get(
    "/corrections.npz",
    summary="Export all corrections",
    response_class=Response,
    responses={
        200: {
            "description": "A NumPy archive, for `numpy.load` without pickle.",
            "content": {NPZ: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def exported(request: Request) -> Response:
    """All kept drawings, oldest first, as arrays.

    Strokes: `points` float32 (N, 2), x right, y down, in each sender's own unit; `stroke`, which stroke of its drawing
    a point belongs to; `offsets`, where each drawing's points start, and at last where they end; `label`, "0" to "9"
    or "not_a_digit"; `writer`, `source`, `split`; `pen` and `canvas` (NaN where unknown).
    Pictures: `img` uint8 (M, 28, 28) and `y`, −1 for what is no digit.
    For both, the pictures' with `img_` before the name: `answer` (−1 for none), `probabilities`, `verdict`,
    `familiarity`, `model`, `prepare`, `day`, `id`. `meta` is JSON.
    """
    content = await collector_of(request).run(lambda store: export.npz(store.all()))
    headers = {"Content-Disposition": 'attachment; filename="corrections.npz"', "Cache-Control": "no-store"}
    return Response(content, media_type=NPZ, headers=headers)


def uuid_of(text: str) -> UUID:
    """An id from an address. Raises Problem when it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise not_kept() from None


def not_kept() -> Problem:
    """What to raise where nothing is kept under an id."""
    return Problem("not-found", "No correction with this id is kept.")


def correction_of(body: bytes) -> Correction:
    """A correction as it was sent. Raises Problem."""
    try:
        sent = CorrectionRequest.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, CorrectionRequest) from None
    return Correction(
        id=sent.id,
        drawing=_drawing(sent),
        label=sent.label,
        digit=sent.answer.digit,
        probabilities=np.array(sent.answer.probabilities, np.float32),
        model=sent.model,
        prepare=sent.prepare,
        verdict=sent.answer.verdict,
        familiarity=sent.answer.familiarity,
    )


def _drawing(sent: CorrectionRequest) -> Strokes | NDArray[np.uint8]:
    if (sent.strokes is None) == (sent.pixels is None):
        raise Problem("one-input", "Send exactly one of strokes and pixels.")
    if sent.strokes is not None:
        limit_points(sent.strokes)
        return Strokes(sent.strokes, sent.pen, sent.canvas)
    if sent.pen is not None or sent.canvas is not None:
        raise Problem("invalid-correction", "pen and canvas belong to strokes; leave them out with pixels.")
    picture: NDArray[np.uint8] = np.rint(np.array(sent.pixels)).astype(np.uint8)
    return picture
