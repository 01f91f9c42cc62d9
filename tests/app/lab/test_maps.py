"""GET /lab/map and POST /lab/map/nearest."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from app.lab.maps import Maps
from app.lab.schemas.maps import MapFacts, MapQuery, NearestResponse
from model.checkpoint import LESSON, read
from model.digit_sheets import digit_sheet
from model.explain.embedding import fit
from model.inference.classifier import Classifier
from model.inference.engines import OnnxEngine
from model.weight_files.safetensors_file import metadata_of

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


def test_the_map_is_that_of_the_layer_and_a_drawing_lies_where_it_says(client: TestClient) -> None:
    content = client.get("/lab/map?layer=logits&weights=lesson").content
    found, facts = safetensors.numpy.load(content), MapFacts.model_validate_json(metadata_of(content)["facts"])
    expected = fit(OnnxEngine(read(LESSON)).run, "logits")
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


def test_maps_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[str] = []

    def fit_quickly(run: object, layer: str) -> Any:
        fitted.append(layer)
        return SimpleNamespace(nbytes=40)

    monkeypatch.setattr("app.lab.maps.fit", fit_quickly)
    classifier, maps = Classifier.load(LESSON), Maps(limit=100)
    for layer in ("logits", "relu3", "logits", "input", "logits", "relu3"):
        maps.of(classifier, MapQuery.model_validate({"layer": layer}))
    assert fitted == ["logits", "relu3", "input", "relu3"]


@pytest.mark.parametrize("path", ["/lab/map?layer=conv1", "/lab/map?layer=logits&weights=nobody"])
def test_a_wrong_parameter_is_a_problem(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 422)
