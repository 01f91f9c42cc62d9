"""The OpenAPI document: FastAPI's own, with the schemas of request bodies that routes read themselves."""

import asyncio
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.responses import JSONResponse

from app.corrections.schemas import CorrectionRequest
from app.drawings.schemas import DrawingRequest
from app.http.assets.compression import compress
from app.http.middleware import root_path
from app.http.schemas import REFERENCE, ProblemDetails
from app.lab.schemas.accuracy import AccuracyRequest
from app.lab.schemas.teaching import TeachRequest
from app.lesson.schemas import StepsRequest
from app.network.schemas import ServeRequest
from app.training.schemas import ResumeRequest, RunRequest, StepRequest

TAGS = [
    {"name": "drawings", "description": "Send a drawing, get the prediction."},
    {"name": "the network", "description": "The network and its weights."},
    {"name": "training", "description": "Training runs, while they are trained and afterwards."},
    {"name": "the lesson", "description": "Measurements and computations for the lesson's page."},
    {"name": "the lab", "description": "Experiments on the network with your own drawing."},
    {"name": "corrections", "description": "The correct labels of drawings, if the server operator saves them."},
    {"name": "operations", "description": "For server operators."},
]
_MODELS = (  # see schema_reference
    DrawingRequest, CorrectionRequest, StepsRequest, RunRequest, ResumeRequest, StepRequest, AccuracyRequest,
    ServeRequest, TeachRequest, ProblemDetails,
)  # fmt: skip


def install(app: FastAPI) -> None:
    """Serve the complete document at /openapi.json."""

    generating = Lock()

    def document() -> dict[str, Any]:
        with generating:  # FastAPI's function fails if two threads call it at once
            if app.openapi_schema is None:
                app.openapi_schema = _document(app)
            return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend it

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi_json(request: Request) -> Response:
        """The document, compressed. FastAPI's own route would send 265 kB."""
        root = root_path(request)
        servers = {"servers": [{"url": root}]} if root else {}
        return compress(request, JSONResponse(await asyncio.to_thread(document) | servers))


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=TAGS
    )
    _, definitions = models_json_schema([(model, "validation") for model in _MODELS], ref_template=REFERENCE)
    components = document.setdefault("components", {}).setdefault("schemas", {})
    components.update(definitions["$defs"])
    # FastAPI documents its own validation error for each route with parameters. Here, these errors are problems.
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for methods in document["paths"].values():
        for operation in methods.values():
            responses = operation["responses"]
            if "application/json" in responses.get("422", {}).get("content", {}):
                del responses["422"]
            if "security" in operation:  # see app.access: depending on the settings, the token is not required
                operation["security"].insert(0, {})
    return document
