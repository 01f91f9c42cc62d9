"""GET /model/evaluation: how well the loaded weights classify MNIST's test images.

The service reads the evaluation from NAME.evaluation.json, a file beside NAME.safetensors. `inkling evaluate --weights
NAME.safetensors --json` prints the content of that file.
"""

import logging
from pathlib import Path

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from app.http.assets.compression import compress
from app.http.media_types import JSON
from app.http.problems import Problem, problem_responses
from app.network.routes import classifier_of
from app.network.schemas import EvaluationResponse

router = APIRouter(tags=["the network"])


def load_evaluation(weights: Path, sha256: str) -> EvaluationResponse | None:
    """The evaluation in the file beside the weights; None if the file is missing, invalid or for other weights."""
    file = weights.with_suffix(".evaluation.json")
    try:
        evaluation = EvaluationResponse.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        logging.getLogger(__name__).warning("%s cannot be read; it is ignored.", file)
        return None
    return evaluation if evaluation.sha256 == sha256 else None


def evaluation_of(request: Request) -> EvaluationResponse | None:
    """The evaluation of the weights in service, if there is one."""
    found: EvaluationResponse | None = getattr(request.app.state, "evaluation", None)
    return found if found is not None and found.sha256 == classifier_of(request).checkpoint.sha256 else None


@router.get(
    "/model/evaluation",
    summary="How reliable the predictions are",
    response_model=EvaluationResponse,
    responses=problem_responses("not-ready", "not-found"),
)
async def evaluation(request: Request) -> Response:
    """The evaluation on MNIST's test images: which digits are confused, and how well confidence is calibrated."""
    classifier_of(request)
    measured = evaluation_of(request)
    if measured is None:
        raise Problem("not-found", "These weights have not been evaluated; `inkling evaluate --json` does it.")
    return compress(request, Response(measured.model_dump_json(), media_type=JSON))
