"""Routes for what only the lesson needs: measured figures, the dense network's weights, and training steps."""

import gzip
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from starlette.responses import JSONResponse

from app.http.body import BODY_PROBLEMS, read_json
from app.http.conditional import IMMUTABLE, NOT_MODIFIED, conditional_response, hash_of
from app.http.media_types import JSON, SAFETENSORS
from app.http.problems import problem_responses, service_unavailable
from app.http.schemas import BINARY, json_body
from app.http.validation import validation_problem
from app.lesson.schemas import LessonFigures, StepsRequest, StepsResponse
from app.lesson.worker import StepWorker
from app.limits import MAX_STEPS_BODY
from model.checkpoint import DENSE, WEIGHTS

FIGURES = WEIGHTS / "lesson-figures.json"

_EXPECTED = "learning_rate, steps and optimiser, or some of them"

router = APIRouter(prefix="/lesson", tags=["the lesson"])


@cache
def figures_json() -> bytes:
    """The figures that `python -m tools.lesson_figures` has measured, as validated JSON."""
    return LessonFigures.model_validate_json(FIGURES.read_bytes()).model_dump_json().encode()


@cache
def figures_gzip() -> bytes:
    """The figures in gzip format."""
    return gzip.compress(figures_json(), mtime=0)


def figures_sha256() -> str:
    """The SHA-256 of the figures, in hexadecimal."""
    return hash_of(figures_json())


@cache
def dense_weights() -> bytes:
    """The safetensors file with the dense network's weights."""
    return DENSE.read_bytes()


@router.get(
    "/figures",
    summary="The lesson's comparisons",
    response_model=LessonFigures,
    responses={**NOT_MODIFIED, **problem_responses()},
)
async def figures(
    request: Request,
    sha256: Annotated[str | None, Query(description="The hash of the response, which may then be cached.")] = None,
) -> Response:
    """The accuracy of the dense and the convolutional networks on shifted test images. Also, for each training run of
    the lesson, the accuracy after each epoch; some of the runs are on images with shuffled pixels."""
    content, tag = figures_json(), figures_sha256()
    headers = {"Cache-Control": IMMUTABLE} if sha256 == tag else {}
    return conditional_response(request, content, JSON, sha256=tag, compressed=figures_gzip(), headers=headers)


@router.get(
    "/dense",
    summary="The dense network's weights as a safetensors file",
    response_class=Response,
    responses={
        200: {
            "description": "Four float32 tensors with the keys of Sequential(Flatten, Linear, ReLU, Linear).",
            "content": {SAFETENSORS: {"schema": BINARY}},
        },
        **NOT_MODIFIED,
        **problem_responses(),
    },
)
async def dense(request: Request) -> Response:
    """The lesson's dense network, 784–128–10, trained with the lesson's recipe. Its input is the normalised image,
    flattened row by row."""
    content = dense_weights()
    headers = {"Content-Disposition": 'attachment; filename="dense.safetensors"'}
    return conditional_response(request, content, SAFETENSORS, sha256=hash_of(content), headers=headers)


@router.post(
    "/step",
    summary="A few training steps",
    response_model=StepsResponse,
    responses=problem_responses(*BODY_PROBLEMS, "invalid-step", "not-ready", "overloaded"),
    openapi_extra=json_body(StepsRequest, "Optimiser, learning rate and number of steps."),
)
async def step(request: Request) -> Response:
    """Train the untrained network on the 80 sample digits for 1 to 20 steps. For each step, the response contains the
    loss, the norm of the gradient, one weight before and after, and the predicted digits.

    PyTorch computes the steps in a separate process, one request at a time; the first request waits until the process
    has started. The same request always gets the same response, and nothing is stored.
    """
    worker: StepWorker | None = getattr(request.app.state, "step_worker", None)
    if worker is None:
        raise service_unavailable("not-ready")
    body = await read_json(request.scope, request.receive, MAX_STEPS_BODY)
    try:
        steps = StepsRequest.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, StepsRequest, "invalid-step", _EXPECTED) from None
    return JSONResponse(await worker.compute(steps), headers={"Cache-Control": "no-store"})
