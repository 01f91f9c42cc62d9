"""The OpenAPI document, complete: the framework's own for its routes, and the two hot calls written out here."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from app.corrections.schemas import CorrectionRequest
from app.drawings.parsing import PICTURES
from app.drawings.schemas import DrawingRequest, FeatureMapsResponse, PredictionResponse
from app.http.media_types import JSON, SAFETENSORS
from app.http.problems import MEDIA_TYPE, PROBLEMS
from app.http.schemas import ProblemDetails
from app.lesson.schemas import StepsRequest
from model.layers import LAYER_NAMES

_REF = "#/components/schemas/{model}"
_ALWAYS = ("internal-error",)
_DRAWING = (
    "unreadable-body", "unreadable-picture", "too-slow", "body-too-large", "picture-too-large", "unsupported-type",
    "invalid-drawing", "one-input", "too-many-points", "wrong-size", "animated-picture", "invalid-parameter",
    "not-ready", "overloaded",
)  # fmt: skip
_COLLECTING = ("not-collecting", "corrections-unavailable", "corrections-full", "overloaded")
_PROBLEMS = {
    ("/predict", "post"): _DRAWING,
    ("/feature-maps", "post"): (*_DRAWING, "unknown-layer", "not-acceptable"),
    ("/corrections", "post"): (
        *_COLLECTING, "foreign-request", "unreadable-body", "too-slow", "body-too-large", "unsupported-type",
        "invalid-correction", "one-input", "too-many-points",
    ),
    ("/corrections", "get"): ("corrections-unavailable", "corrections-full", "overloaded", "invalid-parameter"),
    ("/corrections", "delete"): (*_COLLECTING, "foreign-request"),
    ("/corrections/{id}", "delete"): (*_COLLECTING, "foreign-request", "not-found"),
    ("/corrections.npz", "get"): _COLLECTING,
    ("/lesson/step", "post"): (
        "unreadable-body", "too-slow", "body-too-large", "unsupported-type", "invalid-step", "not-ready", "overloaded",
    ),
    ("/readyz", "get"): ("not-ready",),
    ("/model", "get"): ("not-ready",),
    ("/model/weights", "get"): ("not-ready", "not-found"),
    ("/model/evaluation", "get"): ("not-ready", "not-found"),
}  # fmt: skip
_BINARY = {"type": "string", "format": "binary"}

_BODY = {
    "required": True,
    "description": "The drawing, in one of three ways.",
    "content": {
        JSON: {
            "schema": {"$ref": _REF.format(model="DrawingRequest")},
            "examples": {
                "strokes": {
                    "summary": "A seven, drawn with a pen",
                    "value": {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12},
                },
                "pixels": {
                    "summary": "A seven of 3×5 pixels",
                    "value": {"pixels": [[255, 255, 255], [0, 0, 255], [0, 255, 0], [0, 255, 0], [0, 255, 0]]},
                },
            },
        },
        **{media_type: {"schema": _BINARY} for media_type in PICTURES},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {**_BINARY, "description": "A PNG, JPEG or WebP picture."}},
                "required": ["file"],
            }
        },
    },
}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_PREPARE = _query(
    "prepare",
    {"type": "string", "enum": ["mnist", "resize", "none", "uncentred", "own_pen"], "default": "mnist"},
    "`mnist` fits the ink to 20 pixels and centres its mass, as MNIST was made; `resize` squashes the whole picture to "
    "28×28; `none` takes a 28×28 picture, or strokes in units of its pixels, as they are. `uncentred` puts the ink's "
    "box in the middle instead of its mass; `own_pen` leaves strokes the width of their pen. They show what each step "
    "is worth.",
)
_LAYERS = _query(
    "layers",
    {"type": "array", "items": {"type": "string", "enum": list(LAYER_NAMES)}, "minItems": 1},
    "The layers wanted, separated by commas, in any order; without it all of them.",
) | {"style": "form", "explode": False, "example": ["conv1", "pool2"]}
_DTYPE = _query(
    "dtype",
    {"type": "string", "enum": ["float32", "float16", "uint8"], "default": "float32"},
    "How safetensors holds the numbers; JSON is always float32. uint8 is linear between each layer's smallest and "
    "largest value, which stand in the metadata under `scales`.",
)
_STAGES = _query(
    "stages",
    {"type": "boolean", "default": False},
    "Whether to add how the drawing became the network's input, picture by picture.",
)


def _paths() -> dict[str, Any]:
    """The two calls that are no FastAPI routes."""
    answered = {
        "description": "The answer.",
        "content": {JSON: {"schema": {"$ref": _REF.format(model="PredictionResponse")}}},
    }
    maps = {
        "description": "The answer and the layers. As safetensors: tensors named as the layers; the answer is JSON in "
        "the metadata under `prediction`, the temperature under `temperature`, the stages under `stages`.",
        "content": {
            JSON: {"schema": {"$ref": _REF.format(model="FeatureMapsResponse")}},
            SAFETENSORS: {"schema": _BINARY},
        },
    }
    return {
        "/predict": {
            "post": {
                "tags": ["drawings"],
                "operationId": "predict",
                "summary": "Which digit is it?",
                "description": "Ten probabilities for a drawing, how much like a digit it is, and the verdict.",
                "parameters": [_PREPARE],
                "requestBody": _BODY,
                "responses": {"200": answered},
            }
        },
        "/feature-maps": {
            "post": {
                "tags": ["drawings"],
                "operationId": "feature_maps",
                "summary": "Everything the network computed",
                "description": "The same answer, and the activations of every layer, in one pass. JSON by default; "
                "with `Accept: application/vnd.safetensors` one file that `safetensors.numpy.load` reads.",
                "parameters": [_PREPARE, _LAYERS, _DTYPE, _STAGES],
                "requestBody": _BODY,
                "responses": {"200": maps},
            }
        },
    }


def _problems(slugs: tuple[str, ...]) -> dict[str, Any]:
    """One response for each status, with an example for each problem type that has it."""
    responses: dict[str, Any] = {}
    for slug in (*slugs, *_ALWAYS):
        kind = PROBLEMS[slug]
        response = responses.setdefault(
            str(kind.status),
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemDetails")}, "examples": {}}},
            },
        )
        response["description"] = " · ".join(filter(None, (response["description"], kind.title)))
        response["content"][MEDIA_TYPE]["examples"][slug] = {
            "summary": kind.title,
            "value": {
                "type": f"/problems/{slug}",
                "title": kind.title,
                "status": kind.status,
                "detail": kind.meaning,
            },
        }
        if kind.status == 503:
            response["headers"] = {
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": 1}
            }
    return responses


def install(app: FastAPI) -> None:
    """Serve the complete document at /openapi.json."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to change the document


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=[
            {"name": "drawings", "description": "Send a drawing, get an answer."},
            {"name": "the network", "description": "What answers."},
            {"name": "the lesson", "description": "What the lesson's page measures and computes."},
            {"name": "corrections", "description": "What it is in truth, kept if whoever runs the service wants it."},
            {"name": "running it", "description": "For whoever runs the service."},
        ],
    )
    kinds = (DrawingRequest, CorrectionRequest, StepsRequest, PredictionResponse, FeatureMapsResponse, ProblemDetails)
    models = [(model, "validation") for model in kinds]
    _, definitions = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    components = made.setdefault("components", {}).setdefault("schemas", {})
    components.update(definitions["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    made["paths"] = {**_paths(), **made["paths"]}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            own = _problems(_PROBLEMS.get((path, method), ()))
            operation["responses"] = {
                status: response for status, response in operation["responses"].items() if status != "422"
            } | own
    return made
