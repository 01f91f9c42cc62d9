"""GET /model and GET /model/weights: the network and the loaded weights."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from app.http.conditional import NOT_MODIFIED, conditional_response
from app.http.media_types import SAFETENSORS
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY
from app.network.library import accuracy_of
from app.network.schemas import InputDescription, LayerDescription, ModelResponse, WeightsName
from app.network.weight_sets import weight_sets_of
from model.inference.classifier import Classifier
from model.layers import LAYERS, MEAN, SIDE, STD

router = APIRouter(tags=["the network"])


def classifier_of(request: Request) -> Classifier:
    """The classifier with the weights in service. Raises Problem while the weights are loading."""
    return weight_sets_of(request.scope).served


def model_card(classifier: Classifier) -> ModelResponse:
    """The network, layer by layer, and the metadata of its weights."""
    checkpoint = classifier.checkpoint
    return ModelResponse(
        model=checkpoint.model,
        name=checkpoint.name,
        sha256=checkpoint.sha256,
        engine=classifier.engine.name,
        device=classifier.engine.device,
        origin=checkpoint.metadata,
        accuracy=accuracy_of(checkpoint),
        temperature=classifier.temperature,
        parameters=sum(layer.parameters for layer in LAYERS),
        multiplications=sum(layer.multiplications for layer in LAYERS),
        input=InputDescription(side=SIDE, mean=MEAN, std=STD),
        layers=[
            LayerDescription(
                name=layer.name,
                kind=layer.kind,
                shape=list(layer.shape),
                module=layer.module,
                parameters=layer.parameters,
                multiplications=layer.multiplications,
                window=layer.window,
                stride=layer.stride,
                padding=layer.padding,
                formula=layer.formula,
            )
            for layer in LAYERS
        ],
    )


def attachment(filename: str) -> str:
    """The value of Content-Disposition for a download with this name, which may have any printable characters.

    Headers are ASCII here, so other characters are percent-encoded in `filename*` (RFC 6266, RFC 8187); old clients
    read `filename`, in which they are replaced.
    """
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", filename)
    encoded = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'attachment; filename="{plain}"{encoded}'


async def chosen_classifier(request: Request, weights: str | None) -> Classifier:
    """The classifier with the named weights, or the served one. Raises Problem if there are none of this name."""
    return classifier_of(request) if weights is None else await weight_sets_of(request.scope).find(weights)


@router.get(
    "/model", summary="The network and its weights", responses=problem_responses("not-ready", "unknown-weights")
)
async def model(request: Request, weights: WeightsName = None) -> ModelResponse:
    """The layers with their shapes, parameters, multiplications and formulas, and the origin of the weights."""
    return model_card(await chosen_classifier(request, weights))


@router.get(
    "/model/weights",
    summary="The weights as a safetensors file",
    response_class=Response,
    responses={
        200: {
            "description": "Eight float32 tensors with the keys of the lesson's state dict.",
            "content": {SAFETENSORS: {"schema": BINARY}},
        },
        **NOT_MODIFIED,
        **problem_responses("not-ready", "not-found", "unknown-weights"),
    },
)
async def weights_file(
    request: Request,
    weights: WeightsName = None,
    sha256: Annotated[
        str | None, Query(description="The hash from GET /model. If other weights are loaded, the response is 404.")
    ] = None,
) -> Response:
    """The loaded weights. With `?sha256=…`, the response for the address never changes and may be cached for ever."""
    checkpoint = (await chosen_classifier(request, weights)).checkpoint
    if sha256 is not None and sha256 != checkpoint.sha256:
        raise Problem("not-found", "Other weights are loaded now; GET /model names them.")
    headers = {"Content-Disposition": attachment(f"{checkpoint.model}.safetensors")}
    if sha256 is not None:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return conditional_response(request, checkpoint.content, SAFETENSORS, sha256=checkpoint.sha256, headers=headers)
