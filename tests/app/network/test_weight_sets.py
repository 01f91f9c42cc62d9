"""`?weights=`: every endpoint answers with any weights; and `GET /weights`."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient

from app.main import create_app
from app.network.weight_sets import MAX_SETS, WeightSets
from app.settings import Settings
from model import checkpoint
from model.epochs import read_epoch
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_strokes
from tests.app.connections.service import Service

STROKES = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]
SEVEN = {"strokes": STROKES}
SETS = ("served", "robust", "lesson", "lesson:0", "lesson:3", "lesson:5")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def own(name: str) -> Classifier:
    """A classifier of its own with these weights."""
    if name in ("lesson:0", "lesson:3"):
        return Classifier(read_epoch(int(name[-1])), "onnx")
    return Classifier.load(checkpoint.LESSON if name.startswith("lesson") else checkpoint.SHIPPED, "onnx")


@pytest.mark.parametrize("name", SETS)
def test_every_set_answers_with_its_own_numbers_and_name(client: TestClient, name: str) -> None:
    classifier = own(name)
    (expected,) = classifier.predict([from_strokes(STROKES)])
    found = client.post(f"/predict?weights={name}", json=SEVEN).json()
    np.testing.assert_allclose(found["probabilities"], expected.probabilities, atol=1e-5)
    assert found["model"] == classifier.model
    assert (found["familiarity"] is None) == (classifier.calibration is None)
    maps = client.post(f"/feature-maps?weights={name}&layers=conv1", json=SEVEN).json()
    # Both endpoints compute the same, but the numbers may be added in another order.
    numbers = {key: pytest.approx(found[key], rel=1e-5) for key in ("probabilities", "confidence")}
    assert maps["prediction"] == {**found, **numbers}
    assert maps["temperature"] == classifier.temperature
    values = np.array(maps["layers"][0]["values"])
    (reference,) = classifier.feature_maps([from_strokes(STROKES)], ["conv1"])
    np.testing.assert_allclose(values, reference.maps[0], atol=1e-5)
    card = client.get(f"/model?weights={name}").json()
    assert (card["model"], card["temperature"]) == (classifier.model, classifier.temperature)
    tensors = safetensors.numpy.load(client.get(f"/model/weights?weights={name}").content)
    assert all((tensors[key] == values).all() for key, values in classifier.checkpoint.tensors.items())


def test_the_untrained_network_knows_nothing(client: TestClient) -> None:
    found = client.post("/predict?weights=lesson:0", json=SEVEN).json()
    assert max(found["probabilities"]) < 0.2
    assert client.get("/model?weights=lesson:0").json()["accuracy"] < 0.2


def test_the_list_has_every_set_with_its_epochs(client: TestClient) -> None:
    served, robust, lesson = client.get("/weights").json()["weights"]
    assert (served["name"], robust["name"], lesson["name"]) == ("served", "robust", "lesson")
    assert served["model"] == robust["model"] == client.get("/model").json()["model"]
    assert [epoch["name"] for epoch in lesson["epochs"]] == [f"lesson:{number}" for number in range(6)]
    for epoch in lesson["epochs"]:
        card = client.get(f"/model?weights={epoch['name']}").json()
        assert card["accuracy"] == pytest.approx(epoch["accuracy"])
    assert (served["epochs"], lesson["calibrated"]) == ([], True)


@pytest.mark.parametrize("name", ["", "nobody", "lesson:6", "lesson:", "lesson:-1", "../robust", "robust:0", "x" * 999])
def test_an_unknown_name_is_a_problem(client: TestClient, name: str) -> None:
    for method, path in (("POST", "/predict"), ("POST", "/feature-maps"), ("GET", "/model"), ("GET", "/model/weights")):
        answer = client.request(method, path, params={"weights": name}, json=SEVEN if method == "POST" else None)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-weights"), path
        assert name == "" or name not in answer.text


def test_the_served_weights_are_not_loaded_twice(client: TestClient) -> None:
    sets: WeightSets = client.app.state.weight_sets  # type: ignore[attr-defined]
    assert asyncio.run(sets.find("robust")) is sets.served
    assert len(SETS) <= MAX_SETS


def test_mixed_requests_from_many_connections_get_the_answers_of_their_own_weights(service: Service) -> None:
    expected = {}
    for name in SETS:
        (expected[name],) = own(name).predict([from_strokes(STROKES)])

    async def ask(client: httpx2.AsyncClient, name: str) -> tuple[str, Any]:
        return name, (await client.post(f"/predict?weights={name}", json=SEVEN)).json()

    async def ask_all() -> list[tuple[str, Any]]:
        async with httpx2.AsyncClient(
            base_url=service.url, limits=httpx2.Limits(max_connections=32), timeout=60
        ) as client:
            return await asyncio.gather(*(ask(client, SETS[number % len(SETS)]) for number in range(32 * 6)))

    for name, found in asyncio.run(ask_all()):
        assert found["model"] == expected[name].model
        np.testing.assert_allclose(found["probabilities"], expected[name].probabilities, atol=1e-5)
