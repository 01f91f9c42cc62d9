"""GET /model and GET /model/weights: the network and the weights that are loaded."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.http.media_types import SAFETENSORS
from app.http.problems import Problem, later
from app.network.schemas import InputDescription, LayerDescription, ModelResponse
from model.inference.classifier import Classifier
from model.layers import LAYERS, MEAN, SIDE, STD

router = APIRouter(tags=["the network"])


def classifier_of(request: Request) -> Classifier:
    """The application's classifier. Raises Problem while there is none."""
    classifier: Classifier | None = getattr(request.app.state, "classifier", None)
    if classifier is None:
        raise later("not-ready")
    return classifier


def model_card(classifier: Classifier) -> ModelResponse:
    """The network, layer by layer, and what its weights' file says of them."""
    checkpoint = classifier.checkpoint
    return ModelResponse(
        model=checkpoint.model,
        name=checkpoint.name,
        sha256=checkpoint.sha256,
        engine=classifier.engine.name,
        device=classifier.engine.device,
        origin=checkpoint.metadata,
        accuracy=_accuracy(checkpoint.metadata),
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


def _accuracy(metadata: dict[str, str]) -> float | None:
    try:
        return float(metadata["accuracy"])
    except (KeyError, ValueError):
        return None


@router.get("/model", summary="The network and its weights", response_model_exclude_none=False)
async def model(request: Request) -> ModelResponse:
    """Layers with shapes, parameters, multiplications and the output-size formula; where the weights come from."""
    return model_card(classifier_of(request))


@router.get(
    "/model/weights",
    summary="The weights as a safetensors file",
    response_class=Response,
    responses={
        200: {
            "description": "The file: eight float32 tensors, keyed as the lesson's state dict.",
            "content": {SAFETENSORS: {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "You have this file already (If-None-Match)."},
    },
)
async def weights(
    request: Request,
    sha256: Annotated[
        str | None, Query(description="The hash that GET /model names; other weights are not found.")
    ] = None,
) -> Response:
    """The weights that answer. With `?sha256=` the address names the very file and may be cached for ever."""
    checkpoint = classifier_of(request).checkpoint
    if sha256 is not None and sha256 != checkpoint.sha256:
        raise Problem("not-found", "Other weights are loaded now; GET /model says which.")
    etag = f'"{checkpoint.sha256}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "no-cache" if sha256 is None else "public, max-age=31536000, immutable",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{checkpoint.model}.safetensors"'
    return Response(checkpoint.content, media_type=SAFETENSORS, headers=headers)
