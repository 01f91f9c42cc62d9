"""GET /model and GET /model/weights: the network and the loaded weights."""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from app.http.assets.compression import compress
from app.http.conditional import IMMUTABLE, NOT_MODIFIED, conditional_response
from app.http.media_types import JSON, SAFETENSORS
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY
from app.network.library import accuracy_of
from app.network.schemas import InputDescription, LayerDescription, ModelResponse, WeightsName
from app.network.weight_sets import weight_sets_of
from model.checkpoint import Checkpoint
from model.inference.classifier import Classifier
from model.layers import LAYER_NAMES, LAYERS, MEAN, SIDE, STD
from model.weight_files.safetensors_file import encode

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


_NAMES = "|".join(LAYER_NAMES)


@router.get(
    "/model",
    summary="The network and its weights",
    response_model=ModelResponse,
    responses=problem_responses("not-ready", "unknown-weights"),
)
async def model(request: Request, weights: WeightsName = None) -> Response:
    """The layers with their shapes, parameters, multiplications and formulas, and the origin of the weights."""
    card = model_card(await chosen_classifier(request, weights))
    return compress(request, Response(card.model_dump_json(), media_type=JSON))


@router.get(
    "/model/weights",
    summary="The weights as a safetensors file",
    response_class=Response,
    responses={
        200: {
            "description": "Float32 tensors with the keys of the lesson's state dict, two for each layer with weights.",
            "content": {SAFETENSORS: {"schema": BINARY}},
        },
        **NOT_MODIFIED,
        **problem_responses("not-ready", "not-found", "unknown-layer", "unknown-weights"),
    },
)
async def weights_file(
    request: Request,
    weights: WeightsName = None,
    sha256: Annotated[
        str | None, Query(description="The hash from GET /model. If other weights are loaded, the response is 404.")
    ] = None,
    layers: Annotated[
        str | None,
        Query(
            description="Only these layers, separated by commas. The default is all.",
            examples=["conv1"],
            # The route checks the names itself, because its problem lists them.
            json_schema_extra={"pattern": f"^({_NAMES})(,({_NAMES}))*$"},
        ),
    ] = None,
) -> Response:
    """The loaded weights. With `?sha256=…`, the response for the address never changes and may be cached for ever."""
    checkpoint = (await chosen_classifier(request, weights)).checkpoint
    if sha256 is not None and sha256 != checkpoint.sha256:
        raise Problem("not-found", "Other weights are loaded now; GET /model names them.")
    headers = {"Content-Disposition": attachment(f"{checkpoint.model}.safetensors")}
    if sha256 is not None:
        headers["Cache-Control"] = IMMUTABLE
    if layers is not None:
        content = _weights_of(checkpoint, layers.split(","))
        tag = hashlib.sha256(content).hexdigest()
        return conditional_response(request, content, SAFETENSORS, sha256=tag, headers=headers)
    return conditional_response(request, checkpoint.content, SAFETENSORS, sha256=checkpoint.sha256, headers=headers)


def _weights_of(checkpoint: Checkpoint, names: Sequence[str]) -> bytes:
    """A safetensors file with the weights of some layers. Raises Problem for an unknown layer."""
    if not set(names) <= set(LAYER_NAMES):
        raise Problem("unknown-layer")
    modules = {layer.module for layer in LAYERS if layer.name in names}
    wanted = {key: values for key, values in checkpoint.tensors.items() if key.rpartition(".")[0] in modules}
    return encode(wanted, {})
