"""POST /lab/accuracy: what an edit of the weights costs. GET /lab/digits/…: the digits that it is measured on."""

from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from app.http.body import BODY_PROBLEMS
from app.http.conditional import NOT_MODIFIED, conditional_response, hash_of
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY, json_body
from app.lab.computing import compute, json_response, read_body
from app.lab.schemas.accuracy import AccuracyRequest, AccuracyResponse
from app.network.lru_cache import LruCache
from app.network.weight_sets import SERVED, weight_sets_of
from model.checkpoint import Checkpoint
from model.digit_sheets import PARTS, digit_sheet, sheet_file
from model.explain.accuracy import Labels, compare, inputs_of, predict_digits
from model.explain.edits import SEPARATOR, EditError, join_name, parse
from model.inference.classifier import Classifier

MAX_BYTES = 16 * 1024  # bytes of a request body: room for 24 edits of nine numbers each
MAX_KEPT = 64  # sets of weights whose 2,000 predictions are kept
_SHEETS: dict[str, FilePath] = {part: sheet_file(part) for part in PARTS}

router = APIRouter()
# Predictions by the hash of the weights. They never change, so all applications can share them.
_predictions = LruCache[str, Labels](MAX_KEPT)


@router.post(
    "/accuracy",
    summary="What does an edit of the weights cost?",
    response_model=AccuracyResponse,
    responses=problem_responses(*BODY_PROBLEMS, "invalid-edit", "unknown-weights", "not-ready", "overloaded"),
    openapi_extra=json_body(AccuracyRequest, "A set of weights, and the edits."),
)
async def accuracy(request: Request) -> Response:
    """Edit a set of weights, and count how many of 2,000 test digits it still reads correctly: every fifth image of
    MNIST's test set. The response compares it with the set without edits.

    Nothing is stored. The name `weights` in the response contains the edits, so every call with `?weights=` accepts it:
    `/predict`, `/feature-maps`, `/lab/saliency`, `/model` and `/model/weights`.
    """
    body = await read_body(request, AccuracyRequest, MAX_BYTES, "invalid-edit", "weights, edits, or both")
    sets = weight_sets_of(request.scope)
    weights = body.weights or SERVED
    try:
        edits = tuple(map(parse, body.edits))
    except EditError as error:
        raise Problem("invalid-edit", str(error)) from None
    original = await sets.find(weights.partition(SEPARATOR)[0])
    name = join_name(weights, edits)
    changed = await sets.find(name)
    return json_response(await compute(request, lambda: _compare(original, changed)) | {"weights": name})


def _predicted(classifier: Classifier) -> Labels:
    """The predicted digits for the images of the test sheet."""
    return _predictions.get_or_compute(
        classifier.checkpoint.sha256, lambda: predict_digits(classifier.engine.run, inputs_of("test"))
    )


def _compare(original: Classifier, changed: Classifier) -> dict[str, Any]:
    labels = digit_sheet("test").labels
    predicted = _predicted(changed)
    found = compare(labels, _predicted(original), predicted)
    return {
        "model": changed.model,
        "changed_weights": _changed_weights(original.checkpoint, changed.checkpoint),
        "digits": len(labels),
        "correct": found.correct,
        "correct_before": found.before,
        "confusion": found.confusion,
        "lost": found.lost,
        "broken": found.broken,
        "broken_as": predicted[found.broken],
        "fixed": found.fixed,
    }


def _changed_weights(original: Checkpoint, changed: Checkpoint) -> int:
    """The number of weights and biases that differ."""
    pairs = ((values, changed.tensors[key]) for key, values in original.tensors.items())
    return sum(0 if before is after else int((before != after).sum()) for before, after in pairs)


@router.get(
    "/digits/{part}.png",
    summary="The digits of the lab",
    response_class=Response,
    responses={
        200: {
            "description": "An 8-bit grey PNG, 100 digits of 28×28 px in a row. Its text `labels` has their labels.",
            "content": {"image/png": {"schema": BINARY}},
        },
        **NOT_MODIFIED,
        **problem_responses("not-found"),
    },
)
async def digits(
    request: Request,
    part: Annotated[str, Path(description="`test` or `train`.", json_schema_extra={"enum": [*_SHEETS]})],
) -> Response:
    """The 2,000 test images (`test`) or 5,000 training images (`train`) of MNIST that the lab's experiments use, under
    CC BY-SA 3.0. Image i is number 5·i of MNIST's test images, or 12·i of its training images."""
    if part not in _SHEETS:
        raise Problem("not-found")
    content = _SHEETS[part].read_bytes()
    return conditional_response(request, content, "image/png", sha256=hash_of(content))
