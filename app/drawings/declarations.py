"""The OpenAPI declarations of `/predict` and `/feature-maps`. Plain ASGI endpoints handle their requests.

`route` makes a FastAPI path operation from a declaration, so FastAPI generates its documentation as for every other
route. Then it replaces the operation's request handler with the ASGI endpoint.
"""

from typing import Annotated, Any

from fastapi import Query
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from app.drawings.queries import FeatureMapsQuery, PredictQuery
from app.drawings.schemas import DrawingRequest, FeatureMapsResponse, PredictionResponse
from app.http.body import BODY_PROBLEMS
from app.http.media_types import FORM, IMAGES, JSON, SAFETENSORS
from app.http.problems import problem_responses
from app.http.schemas import BINARY, json_body
from app.limits import MAX_BODY
from model.layers import LAYER_NAMES

_PROBLEMS = (
    *BODY_PROBLEMS, "unreadable-picture", "picture-too-large", "animated-picture", "wrong-size", "invalid-drawing",
    "one-input", "too-many-points", "invalid-parameter", "not-ready", "overloaded", "unknown-weights",
)  # fmt: skip
_LAYERS = {
    "name": "layers",
    "in": "query",
    "required": False,
    "style": "form",
    "explode": False,
    "schema": {"type": "array", "items": {"type": "string", "enum": list(LAYER_NAMES)}, "minItems": 1},
    "description": "The requested layers, separated by commas, in any order. The default is all layers.",
    "example": ["conv1", "pool2"],
}


def reads_drawing() -> dict[str, Any]:
    """Arguments of a path operation that reads a drawing: they document the request body and the problems."""
    return {"responses": problem_responses(*_PROBLEMS), "openapi_extra": _drawing_body()}


def _drawing_body() -> dict[str, Any]:
    """The `openapi_extra=` that documents the request body in each media type."""
    limit = f"at most {MAX_BODY / 2**20:g} MiB, not compressed"
    extra = json_body(DrawingRequest, f"The drawing, in one of three ways: {limit}.")
    content = extra["requestBody"]["content"]
    content[JSON]["examples"] = {
        "strokes": {
            "summary": "A seven, drawn with a pen",
            "value": {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12},
        },
        "pixels": {
            "summary": "A seven of 3×5 pixels",
            "value": {"pixels": [[255, 255, 255], [0, 0, 255], [0, 255, 0], [0, 255, 0], [0, 255, 0]]},
        },
    }
    content.update({media_type: {"schema": BINARY} for media_type in IMAGES})
    file = {**BINARY, "description": "A PNG, JPEG or WebP image."}
    content[FORM] = {"schema": {"type": "object", "properties": {"file": file}, "required": ["file"]}}
    return extra


async def predict(query: Annotated[PredictQuery, Query()]) -> None:
    """The probabilities of the ten digits for a drawing, its in-distribution score, and the verdict."""


async def feature_maps(query: Annotated[FeatureMapsQuery, Query()]) -> None:
    """The same prediction as `/predict`, and the output of every layer, in one pass. The response is JSON by default;
    with `Accept: application/vnd.safetensors` it is a file that `safetensors.numpy.load` reads."""


_DECLARATIONS: dict[str, dict[str, Any]] = {
    "/predict": {
        "endpoint": predict,
        "summary": "Which digit is it?",
        "response_model": PredictionResponse,
        "response_description": "The prediction.",
        **reads_drawing(),
    },
    "/feature-maps": {
        "endpoint": feature_maps,
        "summary": "Everything the network computed",
        "response_model": FeatureMapsResponse,
        "response_description": "The prediction and the layers. In safetensors the tensors have the layers' names; the "
        "metadata contains the prediction as JSON under `prediction`, the temperature under `temperature`, and the "
        "preprocessing stages under `stages`, whose images are the tensors `stage.grey`, `stage.ink`, `stage.fitted` "
        "and `stage.shifted`. In float32 the file is compressed for clients that accept gzip: a third of the size for "
        "about 2 ms. A program on the same machine is faster with `Accept-Encoding: identity`.",
        "responses": {
            200: {"content": {SAFETENSORS: {"schema": BINARY}}},
            **problem_responses(*_PROBLEMS, "unknown-layer", "not-acceptable"),
        },
        "openapi_extra": {"parameters": [_LAYERS], **_drawing_body()},
    },
}


def route(path: str, endpoint: ASGIApp) -> APIRoute:
    """The route of `/predict` or `/feature-maps`: documented as declared above, handled by an ASGI endpoint.

    Append it to `app.router.routes`. `include_router` would create a new route without the ASGI endpoint.
    """
    declaration = _DECLARATIONS[path]
    operation_id = declaration["endpoint"].__name__
    documented = APIRoute(path, methods=["POST"], tags=["drawings"], operation_id=operation_id, **declaration)
    documented.app = endpoint
    return documented
