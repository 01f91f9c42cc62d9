"""`POST /predict` and `POST /feature-maps`: the prediction, the activations, and the format of the response."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from app.drawings.routes import negotiate
from app.main import create_app
from app.settings import Settings
from model import checkpoint
from model.checkpoint import WEIGHTS
from model.inference.classifier import Classifier
from model.inference.verdicts import FROM_0_TO_1, OFF_CANVAS
from model.preprocess.pipeline import from_strokes
from model.weight_files.safetensors_file import metadata_of
from tests.app.drawings.bad_input import assert_problem

LESSON = WEIGHTS / "lesson.safetensors"
SEVEN = [[[30, 40], [110, 40], [60, 150]]]


def test_predict_returns_the_digit_with_its_probabilities_verdict_and_model(client: TestClient) -> None:
    response = client.post("/predict", json={"strokes": SEVEN, "pen": 12})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
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


def test_the_probabilities_are_those_of_the_classifier(client: TestClient, classifier: Classifier) -> None:
    (expected,) = classifier.predict([from_strokes(SEVEN, 12)])
    body = client.post("/predict", json={"strokes": SEVEN, "pen": 12}).json()
    assert np.array_equal(np.array(body["probabilities"], np.float32), expected.probabilities)


def test_a_drawing_without_ink_is_blank(client: TestClient) -> None:
    body = client.post("/predict", json={"pixels": [[0] * 28] * 28}).json()
    assert (body["verdict"], body["digit"], body["confidence"]) == ("blank", None, None)
    assert body["reasons"] == []


@pytest.mark.parametrize("prepare", ["mnist", "none"])
def test_pixels_scaled_to_0_to_1_are_blank_with_a_reason(client: TestClient, prepare: str) -> None:
    for largest, reasons in ((0.4, [FROM_0_TO_1]), (1, [FROM_0_TO_1]), (2, [])):
        pixels = [[0] * 28] * 27 + [[largest] * 28]
        body = client.post(f"/predict?prepare={prepare}", json={"pixels": pixels}).json()
        assert (body["verdict"], body["reasons"]) == ("blank", reasons)
    assert (body["reasons"], body["familiarity"]) == ([], None)
    assert sum(body["probabilities"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("prepare", ["resize", "none"])
def test_strokes_outside_the_canvas_are_blank_with_a_reason(client: TestClient, prepare: str) -> None:
    drawing = {"strokes": [[[300, 400], [500, 600]]], "canvas": [280, 280]}
    body = client.post(f"/predict?prepare={prepare}", json=drawing).json()
    assert (body["verdict"], body["reasons"]) == ("blank", [OFF_CANVAS])


def test_prepare_selects_the_preprocessing_mode(client: TestClient) -> None:
    drawing = {"strokes": [[[5, 5], [5, 60]]], "pen": 20, "canvas": [280, 280]}
    images = {}
    for prepare in ("mnist", "resize", "none", "uncentred", "own_pen"):
        response = client.post(f"/feature-maps?layers=input&prepare={prepare}", json=drawing)
        images[prepare] = np.array(response.json()["layers"][0]["values"])
    assert len({image.tobytes() for image in images.values()}) == 5
    assert (images["resize"][0, :6, 0] > 0).all()


def test_the_probabilities_are_the_softmax_of_the_logits_divided_by_the_temperature(client: TestClient) -> None:
    body = client.post("/feature-maps?layers=logits,probabilities", json={"strokes": SEVEN}).json()
    logits, probabilities = (np.array(layer["values"]) for layer in body["layers"])
    powers = np.exp(logits / body["temperature"])
    np.testing.assert_allclose(probabilities, powers / powers.sum(), atol=1e-6)
    assert body["temperature"] == client.get("/model").json()["temperature"] != 1
    assert body["prediction"]["probabilities"] == probabilities.tolist()


@pytest.fixture(scope="module", params=["onnx", "torch"])
def lesson_client(request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """A client of a service with the lesson's weights, in each engine."""
    with TestClient(create_app(Settings(engine=request.param, weights=LESSON))) as client:
        yield client


# The lesson's weights are unsure about this drawing: it is a 4 with p = 0.49, or 0.71 without the calibration.
FOUR_OR_NINE = {"strokes": [[[100, 20], [40, 60], [100, 40], [100, 20], [90, 130]]], "pen": 12}


@pytest.mark.parametrize("drawing", [{"strokes": SEVEN}, FOUR_OR_NINE, {"pixels": [[0]]}], ids=["7", "4 or 9", "blank"])
def test_calibrated_false_gives_the_plain_softmax_of_the_logits(
    lesson_client: TestClient, drawing: dict[str, object]
) -> None:
    usual = lesson_client.post("/predict", json=drawing).json()
    alone = lesson_client.post("/predict?calibrated=false", json=drawing).json()
    maps = lesson_client.post("/feature-maps?calibrated=false&layers=logits,probabilities", json=drawing).json()
    logits, probabilities = (np.array(layer["values"]) for layer in maps["layers"])
    powers = np.exp(logits)
    np.testing.assert_allclose(probabilities, powers / powers.sum(), atol=1e-6)
    np.testing.assert_allclose(alone["probabilities"], probabilities, atol=1e-6)
    assert maps["prediction"]["probabilities"] == probabilities.tolist()
    assert maps["temperature"] == 1 != lesson_client.get("/model").json()["temperature"]
    blank = alone["digit"] is None
    assert alone["confidence"] == (None if blank else max(alone["probabilities"]))
    for field in ("digit", "verdict", "reasons", "familiarity", "model"):
        assert alone[field] == usual[field]
    assert lesson_client.post("/predict?calibrated=true", json=drawing).json() == usual
    if drawing is FOUR_OR_NINE:
        assert alone["verdict"] == "unsure"
        assert alone["confidence"] - usual["confidence"] > 0.15


def test_calibrated_false_holds_for_safetensors_too(client: TestClient) -> None:
    headers = {"Accept": "application/vnd.safetensors"}
    target = "/feature-maps?calibrated=false&layers=logits,probabilities"
    exact = client.post(target, json={"strokes": SEVEN}, headers=headers)
    tensors = safetensors.numpy.load(exact.content)
    powers = np.exp(tensors["logits"].astype(np.float64))
    np.testing.assert_allclose(tensors["probabilities"], powers / powers.sum(), atol=1e-6)
    assert float(metadata_of(exact.content)["temperature"]) == 1
    small = client.post(f"{target}&dtype=uint8", json={"strokes": SEVEN}, headers=headers)
    scale = json.loads(metadata_of(small.content)["scales"])["probabilities"]
    assert scale["max"] == pytest.approx(float(tensors["probabilities"].max()))


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
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
def test_accept_selects_the_format(client: TestClient, accept: str | None, media_type: str) -> None:
    headers = {"Accept": accept} if accept is not None else {}
    request = client.build_request("POST", "/feature-maps?layers=logits", json={"strokes": SEVEN}, headers=headers)
    if accept is None:
        del request.headers["Accept"]
    response = client.send(request)
    assert response.headers["content-type"] == media_type
    assert response.status_code == (406 if "problem" in media_type else 200)


def test_several_accept_headers_count_as_one_list() -> None:
    assert negotiate(["text/html", "application/vnd.safetensors"]) == "application/vnd.safetensors"
    assert negotiate(["application/vnd.safetensors;q=x"]) == "application/vnd.safetensors"


def test_a_full_queue_is_a_problem_that_says_when_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.drawings.batching.MAX_WAITING", 0)
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        response = client.post("/predict", json={"strokes": SEVEN})
    assert response.headers["retry-after"] == "1"
    assert_problem(response, 503, "overloaded")


@pytest.mark.parametrize("path", ["/predict", "/feature-maps"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_than_post_are_not_allowed(client: TestClient, path: str, method: str) -> None:
    response = client.request(method, path)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"
