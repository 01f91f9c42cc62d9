"""GET /model and GET /model/weights."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from model import checkpoint
from model.layers import LAYER_NAMES


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def test_model_describes_every_layer_with_its_arithmetic(client: TestClient) -> None:
    body = client.get("/model").json()
    shipped = checkpoint.read(checkpoint.SHIPPED)
    assert (body["model"], body["sha256"], body["engine"]) == (shipped.model, shipped.sha256, "onnx")
    assert body["accuracy"] >= 0.99
    assert body["origin"]["recipe"] == "robust"
    assert body["parameters"] == 225_034
    assert body["input"] == {"side": 28, "mean": 0.1307, "std": 0.3081}
    layers = {layer["name"]: layer for layer in body["layers"]}
    assert list(layers) == list(LAYER_NAMES)
    assert layers["conv1"]["parameters"] == 320
    assert layers["conv1"]["multiplications"] == 32 * 26 * 26 * 9
    assert layers["conv2"]["multiplications"] == 64 * 11 * 11 * 32 * 9
    assert layers["dense1"]["parameters"] == 204_928
    assert layers["conv1"]["formula"] == "(28 − 3 + 2·0)/1 + 1 = 26"
    assert layers["flatten"]["formula"] is None


def test_the_weights_can_be_cached_for_ever_under_their_hash(client: TestClient) -> None:
    shipped = checkpoint.read(checkpoint.SHIPPED)
    answer = client.get("/model/weights")
    assert answer.content == shipped.content
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "application/vnd.safetensors"
    named = client.get(f"/model/weights?sha256={shipped.sha256}")
    assert "immutable" in named.headers["cache-control"]
    unchanged = client.get("/model/weights", headers={"If-None-Match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    other = client.get(f"/model/weights?sha256={'0' * 64}")
    assert other.status_code == 404
    assert other.json()["type"] == "/problems/not-found"
