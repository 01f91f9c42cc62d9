"""GET /lab/map and POST /lab/map/nearest."""

import json

import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from app.lab.maps import Maps
from app.lab.schemas.maps import MapFacts, NearestResponse
from model.checkpoint import LESSON, ROBUST, read
from model.digit_sheets import digit_sheet
from model.explain.embedding import MapLayer, Vectors, fit, layer_vectors
from model.inference.classifier import Classifier
from model.inference.engines import OnnxEngine
from model.weight_files.safetensors_file import metadata_of

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


def test_the_map_is_that_of_the_layer_and_a_drawing_lies_where_it_says(client: TestClient) -> None:
    content = client.get("/lab/map?layer=logits&weights=lesson").content
    found, facts = safetensors.numpy.load(content), MapFacts.model_validate_json(metadata_of(content)["facts"])
    expected = fit("logits", layer_vectors(OnnxEngine(read(LESSON)).run, ("logits",))["logits"])
    np.testing.assert_allclose(found["points"], expected.points, atol=1e-3 * np.abs(expected.points).max())
    np.testing.assert_array_equal(found["labels"], digit_sheet("train").labels)
    assert facts.explained == pytest.approx(expected.explained, rel=1e-3)
    assert (facts.layer, facts.dimensions) == ("logits", 10)
    answer = client.post("/lab/map/nearest?layer=logits&weights=lesson", json=SEVEN)
    near = NearestResponse.model_validate_json(answer.content)
    logits = client.post("/feature-maps?layers=logits&weights=lesson", json=SEVEN).json()["layers"][0]["values"]
    place = found["components"] @ (np.array(logits, np.float32) - found["mean"])
    assert near.point == pytest.approx(place.tolist(), abs=1e-2)
    assert [each.distance for each in near.nearest] == sorted(each.distance for each in near.nearest)
    assert {each.label for each in near.nearest} == {7}
    labels = [digit_sheet("train").labels[each.position] for each in near.nearest]
    assert labels == [each.label for each in near.nearest]
    assert near.prediction.model == json.loads(client.post("/predict?weights=lesson", json=SEVEN).content)["model"]


def test_layers_share_forward_passes_and_maps_outlast_the_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[tuple[MapLayer, ...]] = []
    fitted: list[MapLayer] = []

    def run_quickly(run: object, layers: tuple[MapLayer, ...]) -> dict[MapLayer, Vectors]:
        passes.append(layers)
        return {layer: Vectors.empty(10, 1) for layer in layers}  # 60 bytes: 2 for each number, 4 for each step

    def fit_quickly(layer: MapLayer, vectors: object) -> str:
        fitted.append(layer)
        return "a map"

    monkeypatch.setattr("app.lab.maps.layer_vectors", run_quickly)
    monkeypatch.setattr("app.lab.maps.fit", fit_quickly)
    small = ("pool2", "relu3", "logits")
    lesson, robust = Classifier.load(LESSON), Classifier.load(ROBUST)
    maps = Maps(most_bytes=300, most_maps=3)
    for layer in ("input", "pool2", "relu3", "pool2"):
        maps.of(lesson, layer)
    assert (passes, fitted) == ([("input",), small], ["input", "pool2", "relu3"])
    maps.of(robust, "logits")  # replaces one map in memory, and the vectors of the other weights
    maps.of(lesson, "relu3")
    assert (passes[2:], fitted[3:]) == ([small], ["logits"])
    maps.vectors(lesson, "relu3")
    assert passes[3:] == [small]


@pytest.mark.parametrize("path", ["/lab/map?layer=conv1", "/lab/map?layer=logits&weights=nobody"])
def test_a_wrong_parameter_is_a_problem(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 422)
