"""GET /model and GET /model/weights."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import orjson
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from app.main import create_app
from app.network.routes import attachment
from app.settings import Settings
from model import checkpoint
from model.layers import LAYER_NAMES
from model.weight_files.safetensors_file import encode


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


def test_the_weights_of_some_layers_can_be_requested(client: TestClient) -> None:
    shipped = checkpoint.read(checkpoint.SHIPPED)
    file = client.get(f"/model/weights?layers=conv1,relu1,logits&sha256={shipped.sha256}")
    assert "immutable" in file.headers["cache-control"]
    tensors = safetensors.numpy.load(file.content)
    assert set(tensors) == {
        f"{module}.{part}" for module in ("features.0", "classifier.3") for part in ("weight", "bias")
    }
    assert all(np.array_equal(values, shipped.tensors[key]) for key, values in tensors.items())
    assert client.get("/model/weights?layers=conv3").json()["type"] == "/problems/unknown-layer"


NAMES = {
    "Cyrillic": "цифры",
    "an emoji": "7️⃣",
    "a line break": "a\r\nSet-Cookie: b=c",
    "not printable": "a\x00\x1b[31m\x7f\u202e",
    "quotes": "a\"b'c\\d;e%20",
    "HTML": "</script><script>alert(1)</script>&amp;",
    "very long": "x" * 50_000,
    "only space": " \n",
}


def named(folder: Path, name: str) -> Path:
    """The shipped weights with this name in their metadata."""
    shipped = checkpoint.read(checkpoint.SHIPPED)
    checkpoint.write(folder / "mine.safetensors", shipped.tensors, {"name": name, "accuracy": "nan", "note": name})
    return folder / "mine.safetensors"


def file_called(folder: Path, name: bytes) -> Path:
    """The shipped weights, without a name in their metadata, in a file with this name."""
    path = folder / os.fsdecode(name)
    path.write_bytes(encode(checkpoint.read(checkpoint.SHIPPED).tensors, {}))
    return path


def name_of_download(header: str) -> str:
    """The file name in a header Content-Disposition, as browsers understand it (RFC 6266 and RFC 8187)."""
    found = re.fullmatch(r"""attachment; filename="[\w .-]+"(?:; filename\*=UTF-8''([\w.~%-]+))?""", header, re.ASCII)
    assert found is not None
    return header.split('"')[1] if found[1] is None else unquote(found[1], errors="strict")


def check_everything_that_shows_the_name(weights: Path) -> None:
    expected = checkpoint.read(weights).model
    with TestClient(create_app(Settings(weights=weights, engine="onnx"))) as client:
        for path in ("/", "/lesson", "/lesson/worksheet", "/lesson/teacher", "/docs", "/metrics", "/model"):
            assert client.get(path).status_code == 200, path
        card = client.get("/model").json()
        prediction = client.post("/predict", json={"strokes": [[[30, 40], [110, 40], [60, 150]]]}).json()
        assert (card["model"], prediction["model"]) == (expected, expected)
        assert card["accuracy"] is None
        page = client.get("/").text
        facts = page.partition('id="facts">')[2].partition("</script>")[0]
        assert json.loads(facts)["model"]["name"] == expected
        assert "<script>alert" not in page
        lines = [line for line in client.get("/metrics").text.split("\n") if line.startswith("inkling_model{")]
        assert len(lines) == 1
        download = client.get("/model/weights")
        assert (download.status_code, download.content) == (200, checkpoint.read(weights).content)
        assert name_of_download(download.headers["content-disposition"]) == f"{expected}.safetensors"
        assert "set-cookie" not in download.headers


@pytest.mark.parametrize("kind", NAMES)
def test_weights_may_have_any_name_in_their_metadata(kind: str, tmp_path: Path) -> None:
    check_everything_that_shows_the_name(named(tmp_path, NAMES[kind]))


@pytest.mark.parametrize("name", ["цифры.pth".encode(), b"a\xff\xfeb.safetensors", b"a\nb", b'"<b>', b"x" * 240])
def test_a_file_of_weights_may_have_any_name(name: bytes, tmp_path: Path) -> None:
    check_everything_that_shows_the_name(file_called(tmp_path, name))


@pytest.mark.parametrize("filename", ["robust-14e02996.safetensors", "цифры.safetensors", 'a"b\\c', "a;b=c", "%41 7️⃣"])
def test_a_download_keeps_its_name_in_an_ascii_header(filename: str) -> None:
    assert name_of_download(attachment(filename)) == filename


@pytest.mark.parametrize("accuracy", ["nan", "inf", "-inf", "1e999", "-0.5", "1.5", "many", ""])
def test_an_accuracy_that_is_no_share_is_left_out(accuracy: str, tmp_path: Path) -> None:
    shipped = checkpoint.read(checkpoint.SHIPPED)
    checkpoint.write(tmp_path / "mine.safetensors", shipped.tensors, {"accuracy": accuracy})
    with TestClient(create_app(Settings(weights=tmp_path / "mine.safetensors", engine="onnx"))) as client:
        body = orjson.loads(client.get("/model").content)
        assert (body["accuracy"], body["origin"]) == (None, {"accuracy": accuracy})
        assert client.get("/").status_code == 200
