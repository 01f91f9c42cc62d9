"""What the lesson's page needs beside the network that is served: measured figures, the dense network's weights, and a
step of training."""

from functools import cache
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.responses import JSONResponse

from app.drawings.parsing import read_json, validation_problem
from app.http.media_types import JSON, SAFETENSORS
from app.http.problems import later
from app.lesson.schemas import LessonFigures, StepsRequest, StepsResponse
from app.lesson.worker import Stepper
from model.checkpoint import DENSE, WEIGHTS

FIGURES = WEIGHTS / "lesson-figures.json"

router = APIRouter(prefix="/lesson", tags=["the lesson"])
_UNCHANGED = {"description": "You have this already (If-None-Match)."}


@cache
def figures_json() -> bytes:
    """The figures as they are answered: what `python -m tools.lesson_figures` measured, checked."""
    return LessonFigures.model_validate_json(FIGURES.read_bytes()).model_dump_json().encode()


@cache
def dense_weights() -> bytes:
    """The dense network's safetensors file, of which nothing here reads more than the bytes."""
    return DENSE.read_bytes()


@router.get(
    "/figures",
    summary="What the lesson compares, measured",
    response_model=LessonFigures,
    responses={304: _UNCHANGED},
)
async def figures(request: Request) -> Response:
    """The accuracy of the dense network and of convolutional ones on shifted test pictures, and the accuracy after each
    epoch of the runs that the lesson tells of, on plain and on shuffled pixels."""
    return _unless_known(request, figures_json(), JSON)


@router.get(
    "/dense",
    summary="The dense network's weights as a safetensors file",
    response_class=Response,
    responses={
        200: {
            "description": "The file: four float32 tensors, keyed as in Sequential(Flatten, Linear, ReLU, Linear).",
            "content": {SAFETENSORS: {"schema": {"type": "string", "format": "binary"}}},
        },
        304: _UNCHANGED,
    },
)
async def dense(request: Request) -> Response:
    """The lesson's dense network, 784–128–10, trained by the lesson's recipe. It takes pictures as the convolutional
    network does, normalised, and flattened row by row."""
    disposition = {"Content-Disposition": 'attachment; filename="dense.safetensors"'}
    return _unless_known(request, dense_weights(), SAFETENSORS, disposition)


@router.post(
    "/step",
    summary="A few steps of training",
    response_model=StepsResponse,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "How many steps of what kind.",
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/StepsRequest"}}},
        }
    },
)
async def step(request: Request) -> Response:
    """Train the untrained network on the 80 sample digits for 1 to 20 steps, and tell of each: the loss, the length of
    the gradient, one weight before and after, how each digit is read.

    PyTorch computes it in a process of its own, one request after another; the first waits until that has started. The
    same request always has the same answer, and nothing is kept.
    """
    stepper: Stepper | None = getattr(request.app.state, "stepper", None)
    if stepper is None:
        raise later("not-ready")
    body = await read_json(request.scope, request.receive)
    try:
        wanted = StepsRequest.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, StepsRequest) from None
    return JSONResponse(await stepper.take(wanted), headers={"Cache-Control": "no-store"})


def _unless_known(request: Request, content: bytes, media_type: str, more: dict[str, str] | None = None) -> Response:
    """The content, or 304 where whoever asks has it."""
    etag = f'"{_sha256(content)}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers | (more or {}))


@cache
def _sha256(content: bytes) -> str:
    return sha256(content).hexdigest()
