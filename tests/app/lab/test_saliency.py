"""POST /lab/saliency."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.lab.schemas.saliency import SaliencyResponse
from model.checkpoint import SHIPPED, read
from model.explain.saliency import METHODS, Explainer, Target
from model.inference.classifier import normalise
from model.inference.engines import OnnxEngine
from tests.app.images import saved

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


def ask(client: TestClient, query: str = "", body: dict[str, Any] | None = None) -> Any:
    answer = client.post(f"/lab/saliency{query}", json=SEVEN if body is None else body)
    assert answer.status_code == 200, answer.text
    return SaliencyResponse.model_validate_json(answer.content).model_dump()


def test_by_default_the_ink_is_explained_for_the_predicted_digit(client: TestClient) -> None:
    found = ask(client)
    assert (found["digit"], found["against"], found["method"]) == (7, None, "gradient_times_input")
    assert found["prediction"] == client.post("/predict", json=SEVEN).json()
    values, pixels = np.array(found["values"]), np.array(found["pixels"])
    assert not values[pixels == 0].any()
    assert values.sum() + found["rest"] == pytest.approx(found["value"], abs=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_the_values_are_the_explainers(client: TestClient, method: Any) -> None:
    found = ask(client, f"?method={method}&digit=7&against=1&patch=3")
    checkpoint = read(SHIPPED)
    image = normalise(np.array(found["pixels"], np.uint8)[None])[0, 0]
    expected = Explainer(checkpoint.tensors, OnnxEngine(checkpoint).run).explain(image, Target(7, 1), method, 3)
    np.testing.assert_allclose(found["values"], expected.values, rtol=1e-5, atol=1e-6)
    assert found["value"] == pytest.approx(expected.value, abs=1e-4)
    logits = client.post("/feature-maps?layers=logits", json=SEVEN).json()["layers"][0]["values"]
    assert found["value"] == pytest.approx(logits[7] - logits[1], abs=1e-3)


def test_without_a_digit_the_most_likely_other_digit_is_explained(client: TestClient) -> None:
    found = ask(client, "?against=7")
    probabilities = np.array(found["prediction"]["probabilities"])
    probabilities[7] = 0
    assert found["digit"] == probabilities.argmax()


def test_every_kind_of_drawing_and_preprocessing_is_read(client: TestClient) -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:16] = 255
    answer = client.post("/lab/saliency", content=saved(Image.fromarray(pixels)), headers={"Content-Type": "image/png"})
    assert answer.json()["digit"] == 1
    assert ask(client, "?prepare=uncentred")["pixels"] != ask(client)["pixels"]


def test_a_blank_drawing_has_no_values(client: TestClient) -> None:
    found = ask(client, "?method=occlusion", {"pixels": [[0] * 28] * 28})
    assert not np.any(found["values"])
    assert found["prediction"]["digit"] is None


@pytest.mark.parametrize("query", ["?method=magic", "?digit=10", "?patch=0", "?patch=10"])
def test_a_wrong_parameter_is_a_problem(client: TestClient, query: str) -> None:
    answer = client.post(f"/lab/saliency{query}", json=SEVEN)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")


def test_a_wrong_drawing_is_a_problem(client: TestClient) -> None:
    assert client.post("/lab/saliency", json={"strokes": []}).status_code == 422
    assert client.post("/lab/saliency", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
