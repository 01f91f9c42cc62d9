"""GET /lesson/figures and GET /lesson/dense."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from model import checkpoint
from model.checkpoint import DENSE, WEIGHTS
from model.layers import DENSE_PARAMETERS


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


@pytest.fixture(scope="module")
def figures(client: TestClient) -> dict[str, Any]:
    answer = client.get("/lesson/figures")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_response_is_the_shipped_file_of_figures(client: TestClient, figures: dict[str, Any]) -> None:
    assert figures == json.loads((WEIGHTS / "lesson-figures.json").read_text(encoding="utf-8"))
    answer = client.get("/lesson/figures")
    assert answer.headers["content-type"] == "application/json"
    known = client.get("/lesson/figures", headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_the_response_is_the_shipped_file_of_dense_weights(client: TestClient) -> None:
    answer = client.get("/lesson/dense")
    assert answer.content == DENSE.read_bytes()
    assert answer.headers["content-type"] == "application/vnd.safetensors"
    assert answer.headers["etag"] == f'"{checkpoint.read(DENSE, baselines=True).sha256}"'
    known = client.get("/lesson/dense", headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    tensors = safetensors.numpy.load(answer.content)
    assert {key: values.shape for key, values in tensors.items()} == DENSE_PARAMETERS
