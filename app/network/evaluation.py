"""GET /model/evaluation: how well weights classify MNIST's test images.

The service reads evaluations from NAME.evaluation.json, a file beside NAME.safetensors: of the weights with which it
starts, and of the shipped ones. `inkling evaluate --weights NAME.safetensors --json` prints the content of that file.
"""

import logging
from pathlib import Path

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from app.http.assets.compression import compress
from app.http.media_types import JSON
from app.http.problems import Problem, problem_responses
from app.network.routes import chosen_classifier
from app.network.schemas import EvaluationResponse, WeightsName
from model.checkpoint import NAMES, find
from model.inference.classifier import Classifier

router = APIRouter(tags=["the network"])


def load_evaluations(weights: Path) -> dict[str, EvaluationResponse]:
    """The evaluations of these weights and of the shipped ones, by the SHA-256 of the weights that were evaluated."""
    found = map(_read, (*map(find, NAMES), weights))
    return {evaluation.sha256: evaluation for evaluation in found if evaluation is not None}


def _read(weights: Path) -> EvaluationResponse | None:
    """The evaluation in the file beside the weights; None if the file is missing or invalid."""
    file = weights.with_suffix(".evaluation.json")
    try:
        return EvaluationResponse.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        logging.getLogger(__name__).warning("%s cannot be read; it is ignored.", file)
        return None


def evaluation_of(request: Request, classifier: Classifier) -> EvaluationResponse | None:
    """The evaluation of the weights of a classifier, if there is one."""
    found: dict[str, EvaluationResponse] = request.app.state.evaluations
    return found.get(classifier.checkpoint.sha256)


@router.get(
    "/model/evaluation",
    summary="How reliable the predictions are",
    response_model=EvaluationResponse,
    responses=problem_responses("not-ready", "not-found", "unknown-weights"),
)
async def evaluation(request: Request, weights: WeightsName = None) -> Response:
    """The evaluation on MNIST's test images: which digits are confused, and how well confidence is calibrated. It
    exists for the shipped weights, and for those with which the service started if `NAME.evaluation.json` is beside
    their file."""
    measured = evaluation_of(request, await chosen_classifier(request, weights))
    if measured is None:
        raise Problem("not-found", "These weights have not been evaluated; `inkling evaluate --json` does it.")
    return compress(request, Response(measured.model_dump_json(), media_type=JSON))
