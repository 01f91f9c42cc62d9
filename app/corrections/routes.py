"""The API for corrections: saving, deleting and exporting them, if the server operator has enabled it."""

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray
from pydantic import ValidationError
from starlette.responses import JSONResponse

from app.corrections.access import CorrectionId, OwnPagesStore, no_such_correction
from app.corrections.download import NPZ, Download
from app.corrections.rows import Correction
from app.corrections.schemas import CorrectionRequest, CorrectionResponse
from app.drawings.parsing import limit_points
from app.http.body import BODY_PROBLEMS, read_json
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY, json_body
from app.http.validation import ONE_LARGE_BODY, limit_counts, validation_problem
from model.preprocess.rasterise import Strokes

_STORE_PROBLEMS = ("not-collecting", "unknown-host", "corrections-unavailable", "corrections-full", "overloaded")
_EXPECTED = "id, answer, label, model, and one of strokes and pixels"

router = APIRouter(tags=["corrections"])


@router.post(
    "/corrections",
    summary="Correct a prediction",
    status_code=201,
    response_model=CorrectionResponse,
    responses={
        200: {
            "description": "A correction with this id is already saved; it is not changed.",
            "model": CorrectionResponse,
        },
        201: {"description": "The correction is saved on disk."},
        **problem_responses(
            *_STORE_PROBLEMS, "foreign-request", *BODY_PROBLEMS, "invalid-correction", "one-input", "too-many-points"
        ),
    },
    openapi_extra=json_body(
        CorrectionRequest, "The drawing as it was sent to `/predict`, the response, and the correct label."
    ),
)
async def save(request: Request, store: OwnPagesStore) -> Response:
    """Save a drawing with its correct label, if the server operator enabled it (INKLING_COLLECT=1).

    The server saves the drawing, the prediction, the label, the name of the weights and the day. It saves no address,
    no name and nothing about the browser. A client that gets no response can safely send the correction again with the
    same `id`.
    """
    body = await read_json(request.scope, request.receive)
    new = await store.run(lambda corrections: corrections.add(correction_of(body)))
    return JSONResponse({"kept": True}, 201 if new else 200, {"Cache-Control": "no-store"})


@router.delete(
    "/corrections",
    summary="Delete all corrections",
    status_code=204,
    responses=problem_responses(*_STORE_PROBLEMS, "foreign-request"),
)
async def delete_all(store: OwnPagesStore) -> None:
    """Deletes every saved correction. If they are in a file, their content is overwritten."""
    await store.run(lambda corrections: corrections.clear())


@router.delete(
    "/corrections/{id}",
    summary="Delete a correction",
    status_code=204,
    responses=problem_responses(*_STORE_PROBLEMS, "foreign-request", "not-found"),
)
async def delete(store: OwnPagesStore, correction_id: CorrectionId) -> None:
    """Deletes the correction with this id. If it is in a file, its content is overwritten."""
    if not await store.run(lambda corrections: corrections.remove(correction_id)):
        raise no_such_correction()


@router.get(
    "/corrections.npz",
    summary="Export all corrections",
    response_class=Response,
    responses={
        200: {"description": "A NumPy archive, for `numpy.load` without pickle.", "content": {NPZ: {"schema": BINARY}}},
        **problem_responses(*_STORE_PROBLEMS, "foreign-request"),
    },
)
async def export_all(store: OwnPagesStore) -> Response:
    """All saved corrections as arrays, oldest first.

    Drawings that were sent as strokes: `points`, float32 (N, 2), x right, y down, in each client's own unit; `stroke`,
    the index of each point's stroke in its drawing; `offsets`, so that drawing i has the points from offsets[i] up to,
    but not including, offsets[i + 1]; `label`, "0" to "9" or "not_a_digit"; `writer`, `source`, `split`; `pen` and
    `canvas` (NaN if unknown).
    Drawings that were sent as pixels: `img`, uint8 (M, 28, 28); `y`, the digit, or −1 for "not a digit".
    Both kinds have `answer` (−1 for a blank drawing), `probabilities`, `verdict`, `familiarity`, `model`, `prepare`,
    `day` and `id`; for pixels, these names start with `img_`. `meta` is JSON.
    """
    return await Download.start(store)


def correction_of(body: bytes) -> Correction:
    """The correction in a JSON body; parse it on a thread. Raises Problem if the body is invalid."""
    limit_counts(body, CorrectionRequest, "invalid-correction")
    try:
        with ONE_LARGE_BODY:
            request = CorrectionRequest.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, CorrectionRequest, "invalid-correction", _EXPECTED) from None
    return Correction(
        id=request.id,
        drawing=_drawing(request),
        label=request.label,
        digit=request.answer.digit,
        probabilities=np.array(request.answer.probabilities, np.float32),
        model=request.model,
        prepare=request.prepare,
        verdict=request.answer.verdict,
        familiarity=request.answer.familiarity,
    )


def _drawing(request: CorrectionRequest) -> Strokes | NDArray[np.uint8]:
    if (request.strokes is None) == (request.pixels is None):
        raise Problem("one-input", "Send exactly one of strokes and pixels.")
    if request.strokes is not None:
        limit_points(request.strokes)
        return Strokes(request.strokes, request.pen, request.canvas)
    if request.pen is not None or request.canvas is not None:
        raise Problem("invalid-correction", "pen and canvas belong to strokes; omit them with pixels.")
    pixels: NDArray[np.uint8] = np.rint(np.array(request.pixels)).astype(np.uint8)
    return pixels
