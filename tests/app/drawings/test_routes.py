"""The API as a programmer meets it: three ways in, two formats out, and everything about the network."""

import base64
import io
import json
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from app.main import create_app
from app.settings import Settings
from model import checkpoint
from model.inference.classifier import Classifier
from model.layers import LAYER_NAMES, LAYERS
from model.preprocess.pipeline import from_strokes

SEVEN = [[[30, 40], [110, 40], [60, 150]]]
SAFETENSORS = {"Accept": "application/vnd.safetensors"}
Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(engine="onnx")


def png(picture: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def metadata(content: bytes) -> dict[str, str]:
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return found


# ---------------------------------------------------------------- /predict


def test_predict_says_digit_confidence_probabilities_verdict_and_model(client: TestClient) -> None:
    answer = client.post("/predict", json={"strokes": SEVEN, "pen": 12})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["digit", "confidence", "probabilities", "verdict", "reasons", "familiarity", "model"]
    assert body["digit"] == 7
    assert body["confidence"] == max(body["probabilities"]) == body["probabilities"][7]
    assert sum(body["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert (body["verdict"], body["reasons"]) == ("digit", [])
    assert 0.01 <= body["familiarity"] <= 1
    name, _, digits = body["model"].rpartition("-")
    assert name == "robust"
    assert checkpoint.read(checkpoint.SHIPPED).sha256.startswith(digits)
    assert len(digits) == 8


def test_every_way_in_gives_the_same_answer(client: TestClient, mnist_test: Mnist) -> None:
    for picture, label in zip(mnist_test[0][:20], mnist_test[1][:20].tolist(), strict=True):
        content = png(picture)
        encoded = base64.b64encode(content).decode()
        answers = [
            client.post("/predict", json={"pixels": picture.tolist()}),
            client.post("/predict", json={"image": encoded}),
            client.post("/predict", json={"image": f"data:image/png;base64,{encoded}"}),
            client.post("/predict", content=content, headers={"Content-Type": "image/png"}),
            client.post("/predict", files={"file": ("digit.png", content, "image/png")}),
        ]
        assert [answer.status_code for answer in answers] == [200] * 5
        first = answers[0].json()
        assert all(answer.json() == first for answer in answers)
        assert first["digit"] == label


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("PNG", "image/png")])
def test_uploads_in_every_format_are_read(client: TestClient, mnist_test: Mnist, kind: str, media_type: str) -> None:
    out = io.BytesIO()
    Image.fromarray(255 - mnist_test[0][0]).resize((280, 280)).save(out, kind)
    answer = client.post("/predict", content=out.getvalue(), headers={"Content-Type": f"{media_type}; charset=x"})
    assert answer.json()["digit"] == 7


def test_the_answer_is_the_classifiers_own(client: TestClient, classifier: Classifier) -> None:
    (expected,) = classifier.predict([from_strokes(SEVEN, 12)])
    answer = client.post("/predict", json={"strokes": SEVEN, "pen": 12}).json()
    assert np.array_equal(np.array(answer["probabilities"], np.float32), expected.probabilities)


def test_a_blank_drawing_is_blank(client: TestClient) -> None:
    answer = client.post("/predict", json={"pixels": [[0] * 28] * 28}).json()
    assert (answer["verdict"], answer["digit"], answer["confidence"]) == ("blank", None, None)
    assert (answer["reasons"], answer["familiarity"]) == ([], None)
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_prepare_chooses_how_the_drawing_is_prepared(client: TestClient) -> None:
    drawing = {"strokes": [[[5, 5], [5, 60]]], "pen": 20, "canvas": [280, 280]}
    pictures = {}
    for prepare in ("mnist", "resize", "none", "uncentred", "own_pen"):
        answer = client.post(f"/feature-maps?layers=input&prepare={prepare}", json=drawing)
        pictures[prepare] = np.array(answer.json()["layers"][0]["values"])
    assert len({picture.tobytes() for picture in pictures.values()}) == 5
    assert (pictures["resize"][0, :6, 0] > 0).all()


def test_large_bodies_are_read_too(client: TestClient) -> None:
    rows = np.zeros((400, 400), int)
    rows[50:350, 180:220] = 255
    body = json.dumps({"pixels": rows.tolist()})
    assert len(body) > 100_000
    assert client.post("/predict", content=body, headers={"Content-Type": "application/json"}).json()["digit"] == 1


# ---------------------------------------------------------------- /feature-maps


def test_feature_maps_give_every_layer_nested_as_its_shape_says(client: TestClient, classifier: Classifier) -> None:
    body = client.post("/feature-maps", json={"strokes": SEVEN, "pen": 12}).json()
    assert list(body) == ["prediction", "temperature", "layers"]
    assert body["prediction"] == client.post("/predict", json={"strokes": SEVEN, "pen": 12}).json()
    expected = classifier.feature_maps([from_strokes(SEVEN, 12)])[0].maps
    assert [layer["name"] for layer in body["layers"]] == list(LAYER_NAMES)
    for layer, known, values in zip(body["layers"], LAYERS, expected, strict=True):
        assert list(layer) == ["name", "kind", "shape", "min", "max", "values"]
        assert layer["kind"] == known.kind
        assert tuple(layer["shape"]) == known.shape == np.shape(layer["values"])
        received = np.array(layer["values"], np.float32)
        assert np.array_equal(received, values)  # float32 survives being written as decimal digits
        assert (np.float32(layer["min"]), np.float32(layer["max"])) == (received.min(), received.max())


def test_the_probabilities_are_the_softmax_of_the_logits_divided_by_the_temperature(client: TestClient) -> None:
    body = client.post("/feature-maps?layers=logits,probabilities", json={"strokes": SEVEN}).json()
    logits, probabilities = (np.array(layer["values"]) for layer in body["layers"])
    powers = np.exp(logits / body["temperature"])
    np.testing.assert_allclose(probabilities, powers / powers.sum(), atol=1e-6)
    assert body["temperature"] == client.get("/model").json()["temperature"] != 1
    assert body["prediction"]["probabilities"] == probabilities.tolist()


def test_layers_picks_and_the_order_is_the_networks(client: TestClient) -> None:
    body = client.post("/feature-maps?layers=pool2,conv1,pool2", json={"strokes": SEVEN}).json()
    assert [layer["name"] for layer in body["layers"]] == ["conv1", "pool2"]


@pytest.mark.parametrize(
    ("dtype", "numpy_type"), [("float32", np.float32), ("float16", np.float16), ("uint8", np.uint8)]
)
def test_the_safetensors_library_reads_the_file(client: TestClient, dtype: str, numpy_type: type) -> None:
    answer = client.post(f"/feature-maps?dtype={dtype}&stages=true", json={"strokes": SEVEN}, headers=SAFETENSORS)
    assert answer.headers["content-type"] == "application/vnd.safetensors"
    tensors = safetensors.numpy.load(answer.content)
    stages = {name for name in tensors if name.startswith("stage.")}
    assert stages == {"stage.grey", "stage.ink", "stage.fitted", "stage.shifted"}
    assert set(tensors) - stages == set(LAYER_NAMES)
    for layer in LAYERS:
        assert tensors[layer.name].shape == layer.shape
        assert tensors[layer.name].dtype == numpy_type
    assert float(metadata(answer.content)["temperature"]) == client.get("/model").json()["temperature"]
    assert json.loads(metadata(answer.content)["prediction"]) == client.post("/predict", json={"strokes": SEVEN}).json()


def test_every_dtype_holds_the_same_values_as_json_as_nearly_as_it_can(client: TestClient) -> None:
    exact = {
        layer["name"]: np.array(layer["values"], np.float32)
        for layer in client.post("/feature-maps", json={"strokes": SEVEN}).json()["layers"]
    }

    def fetch(dtype: str) -> bytes:
        return client.post(f"/feature-maps?dtype={dtype}", json={"strokes": SEVEN}, headers=SAFETENSORS).content

    for name, values in safetensors.numpy.load(fetch("float32")).items():
        assert np.array_equal(values, exact[name])
    for name, values in safetensors.numpy.load(fetch("float16")).items():
        np.testing.assert_allclose(values.astype(np.float32), exact[name], rtol=1e-3, atol=1e-4)
    content = fetch("uint8")
    scales = json.loads(metadata(content)["scales"])
    for name, values in safetensors.numpy.load(content).items():
        low, high = scales[name]["min"], scales[name]["max"]
        assert (np.float32(low), np.float32(high)) == (exact[name].min(), exact[name].max())
        step = (high - low) / 255
        np.testing.assert_allclose(values * step + low, exact[name], atol=step * 0.51)
        assert (values.min(), values.max()) == (0, 255)


def test_a_blank_drawing_has_maps_in_uint8_as_well(client: TestClient) -> None:
    answer = client.post("/feature-maps?dtype=uint8", json={"pixels": [[0]]}, headers=SAFETENSORS)
    scales = json.loads(metadata(answer.content)["scales"])
    tensors = safetensors.numpy.load(answer.content)
    assert scales["input"]["min"] == scales["input"]["max"] == pytest.approx(-0.1307 / 0.3081)
    assert not tensors["input"].any()


def test_stages_show_how_the_drawing_became_the_input(client: TestClient) -> None:
    drawing = {"strokes": SEVEN, "pen": 12, "canvas": [280, 280]}
    body = client.post("/feature-maps?stages=true&layers=input", json=drawing).json()
    stages = body["stages"]
    prepared = from_strokes(SEVEN, 12, (280, 280))
    assert (stages["source"], stages["prepare"], stages["pen"]) == ("strokes", "mnist", 12)
    assert (stages["size"], stages["box"]) == ([280, 280], [24, 34, 116, 156])
    assert stages["line"] == pytest.approx(prepared.stroke_width)
    assert (stages["scale"], stages["shift"]) == (pytest.approx(prepared.scale), list(prepared.shift))
    pictures = {picture["name"]: picture for picture in stages["pictures"]}
    assert list(pictures) == ["grey", "ink", "fitted", "shifted"]
    for picture in pictures.values():
        assert list(np.shape(picture["values"])) == picture["shape"]
    assert np.array_equal(pictures["shifted"]["values"], prepared.image)
    binary = client.post("/feature-maps?stages=1&layers=input", json=drawing, headers=SAFETENSORS).content
    assert json.loads(metadata(binary)["stages"]) == {k: v for k, v in stages.items() if k != "pictures"}
    for name, values in safetensors.numpy.load(binary).items():
        if name.startswith("stage."):
            assert np.array_equal(values, pictures[name.removeprefix("stage.")]["values"])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*;q=0.5", "application/json"),
        ("text/html, application/json;q=0.1", "application/json"),
        ("application/vnd.safetensors", "application/vnd.safetensors"),
        ("application/json;q=0.5, Application/Vnd.Safetensors", "application/vnd.safetensors"),
        ("application/vnd.safetensors;q=0, */*", "application/json"),
        ("application/vnd.safetensors;q=0.1, application/json;q=0.9", "application/json"),
        ("application/vnd.safetensors;q=0.5, */*", "application/vnd.safetensors"),
        ("text/html", "application/problem+json"),
    ],
)
def test_accept_chooses_the_format(client: TestClient, accept: str | None, media_type: str) -> None:
    headers = {"Accept": accept} if accept else {}
    request = client.build_request("POST", "/feature-maps?layers=logits", json={"strokes": SEVEN}, headers=headers)
    if accept is None:
        del request.headers["Accept"]
    answer = client.send(request)
    assert answer.headers["content-type"] == media_type
    assert answer.status_code == (406 if "problem" in media_type else 200)


@pytest.mark.parametrize("query", ["layers=conv1&layers=pool1", "dtype=uint8&dtype=float32", "prepare=mnist&prepare="])
def test_a_parameter_that_is_there_twice_is_refused(client: TestClient, query: str) -> None:
    answer = client.post(f"/feature-maps?{query}", json={"strokes": SEVEN})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-parameter"
    assert "once" in answer.json()["detail"]


# ---------------------------------------------------------------- /model and the rest


def test_metrics_count_requests_durations_and_batches(client: TestClient) -> None:
    client.post("/predict", json={"strokes": SEVEN})
    client.post("/predict", content=b"{", headers={"Content-Type": "application/json"})
    client.get("/no/such/page")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'inkling_request_seconds_count{route="/predict",status="200"}' in answer.text
    assert 'inkling_request_seconds_count{route="/predict",status="400"}' in answer.text
    assert 'route="other",status="404"' in answer.text
    assert "/no/such/page" not in answer.text
    assert "inkling_batch_size_count" in answer.text
    assert f'inkling_model{{engine="onnx",model="{checkpoint.read(checkpoint.SHIPPED).model}"}} 1.0' in answer.text


def test_every_page_is_served_with_a_policy_that_lets_nothing_in_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/docs", "/problems/one-input", "/static/favicon.svg"):
        answer = client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_static_files_are_asked_after_each_time_and_not_sent_twice(client: TestClient) -> None:
    first = client.get("/static/favicon.svg")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/favicon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_service_that_has_too_much_to_do_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.drawings.batching.MAX_WAITING", 0)
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        answer = client.post("/predict", json={"strokes": SEVEN})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "/problems/overloaded"


def test_a_picture_compressed_a_thousandfold_is_refused_by_its_header() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    header = (30_000).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**6)))
        + chunk(b"IEND", b"")
    )
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        answer = client.post("/predict", content=bomb, headers={"Content-Type": "image/png"})
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/picture-too-large"
