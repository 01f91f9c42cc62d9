"""GET /model/evaluation: what the loaded weights were measured to be worth, from the file beside them.

`inkling evaluate --weights NAME.safetensors --json` prints it; it is looked for as NAME.evaluation.json.
"""

import logging
from pathlib import Path

from fastapi import APIRouter, Request
from pydantic import ValidationError

from app.http.problems import Problem
from app.network.routes import classifier_of
from app.network.schemas import EvaluationResponse

router = APIRouter(tags=["the network"])
_NONE = "These weights have not been measured; `inkling evaluate --json` does it."


def beside(weights: Path, sha256: str) -> EvaluationResponse | None:
    """The evaluation that lies beside weights; None where there is none, or it is of other weights."""
    file = weights.with_suffix(".evaluation.json")
    try:
        found = EvaluationResponse.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        logging.getLogger(__name__).warning("%s cannot be read; it is left out.", file)
        return None
    return found if found.sha256 == sha256 else None


def evaluation_of(request: Request) -> EvaluationResponse | None:
    """The evaluation of the weights that are loaded, if there is one."""
    found: EvaluationResponse | None = getattr(request.app.state, "evaluation", None)
    return found


@router.get("/model/evaluation", summary="How far its answers can be trusted")
async def evaluation(request: Request) -> EvaluationResponse:
    """As measured on MNIST's test pictures: what is mistaken for what, and whether the confidence is borne out."""
    classifier_of(request)
    found = evaluation_of(request)
    if found is None:
        raise Problem("not-found", _NONE)
    return found
