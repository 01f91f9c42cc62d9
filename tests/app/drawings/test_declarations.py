"""The documentation of the two routes that are plain ASGI endpoints."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.drawings import declarations
from model.layers import LAYER_NAMES
from model.preprocess.modes import MODES


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("handled by the endpoint")(scope, receive, send)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    app = FastAPI()
    for path in ("/predict", "/feature-maps"):
        app.router.routes.append(declarations.route(path, endpoint))
    return app


def test_the_endpoint_handles_requests_without_validation(app: FastAPI) -> None:
    client = TestClient(app)
    assert client.post("/predict?prepare=anything", content=b"any body").text == "handled by the endpoint"
    assert client.get("/predict").status_code == 405


def test_query_parameters_are_documented_with_their_values(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/feature-maps"]["post"]
    parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
    assert list(parameters) == ["prepare", "weights", "calibrated", "dtype", "stages", "layers"]
    assert parameters["prepare"]["schema"]["enum"] == list(MODES)
    assert all(mode.description in parameters["prepare"]["description"] for mode in MODES.values())
    assert parameters["layers"]["schema"]["items"]["enum"] == list(LAYER_NAMES)
    assert parameters["layers"]["explode"] is False
    predict = app.openapi()["paths"]["/predict"]["post"]
    assert [each["name"] for each in predict["parameters"]] == ["prepare", "weights", "calibrated"]


def test_bodies_and_responses_are_documented_in_every_media_type(app: FastAPI) -> None:
    operation = app.openapi()["paths"]["/feature-maps"]["post"]
    assert list(operation["requestBody"]["content"]) == [
        "application/json", "image/png", "image/jpeg", "image/webp", "multipart/form-data",
    ]  # fmt: skip
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "application/vnd.safetensors"}
    assert operation["operationId"] == "feature_maps"
