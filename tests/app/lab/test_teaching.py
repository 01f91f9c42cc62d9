"""POST /lab/teach."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.lab.schemas.teaching import TeachResponse
from model.checkpoint import LESSON, from_bytes, read
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_strokes

CROSS = [[[0, 0], [100, 100]], [[100, 0], [0, 100]]]  # taught as a 4
RING = [[[50, 0], [0, 50], [50, 100], [100, 50], [50, 0]]]  # taught as a 0


def body(**changed: Any) -> dict[str, Any]:
    drawings = [{"label": label, "strokes": [[[x + i, y] for x, y in line] for line in strokes], "pen": 10}
                for i in range(6) for label, strokes in ((4, CROSS), (0, RING))]  # fmt: skip
    return {"drawings": drawings, "weights": "lesson", "learning_rate": 0.02, "steps": 60} | changed


def test_the_network_learns_the_crosses_and_says_what_it_forgets(client: TestClient) -> None:
    answer = client.post("/lab/teach", json=body())
    assert answer.status_code == 200, answer.text
    found = TeachResponse.model_validate_json(answer.content)
    held_out = [each for each in found.drawings if each.held_out]
    assert [each.label for each in held_out] == [4, 0, 4, 0]
    for each in held_out:
        assert each.after[each.label] > max(0.5, each.before[each.label] - 1e-6)
    assert found.digits == 2000
    assert found.correct_before - found.correct_after == sum(found.lost)
    assert {each.layer for each in found.moved} == {"logits"}
    assert {each.index[0] for each in found.moved} <= set(range(10))
    sizes = [abs(each.after - each.before) for each in found.moved]
    assert sizes == sorted(sizes, reverse=True)
    strokes = list(CROSS)
    expected = Classifier.load(LESSON).feature_maps(
        [from_strokes(strokes, pen=10)], ["probabilities"], calibrated=False
    )
    np.testing.assert_allclose(found.drawings[0].before, expected[0].maps[0], atol=1e-5)


def test_the_file_has_the_weights_that_were_tested(client: TestClient) -> None:
    headers = {"Accept": "application/vnd.safetensors"}
    content = client.post("/lab/teach", json=body(), headers=headers).content
    checkpoint, original = from_bytes(content, "taught"), read(LESSON)
    changed = [key for key, values in original.tensors.items() if (checkpoint.tensors[key] != values).any()]
    assert changed == ["classifier.3.weight", "classifier.3.bias"]
    assert checkpoint.name.startswith("mnist_cnn-taught-") or "-taught-" in checkpoint.name
    found = client.post("/lab/teach", json=body()).json()
    maps = Classifier(checkpoint).feature_maps([from_strokes(CROSS, pen=10)], ["probabilities"])
    np.testing.assert_allclose(found["drawings"][0]["after"], maps[0].maps[0], atol=1e-4)


def test_all_layers_can_learn(client: TestClient) -> None:
    sent = body(layers="all", learning_rate=0.01, steps=12)
    found = TeachResponse.model_validate_json(client.post("/lab/teach", json=sent).content)
    cross, ring = [each for each in found.drawings if each.held_out][:2]
    assert cross.after[4] > cross.before[4]
    assert ring.after[0] >= ring.before[0] - 1e-3
    for each in found.moved:
        assert (each.layer, len(each.index)) in (("conv1", 4), ("conv2", 4), ("dense1", 2), ("logits", 2))
    content = client.post("/lab/teach", json=sent, headers={"Accept": "application/vnd.safetensors"}).content
    checkpoint, original = from_bytes(content, "taught"), read(LESSON)
    assert all((checkpoint.tensors[key] != values).any() for key, values in original.tensors.items())
    assert "all layers" in checkpoint.metadata["taught"]


@pytest.mark.parametrize("accept", ["application/json", "application/vnd.safetensors"])
def test_training_that_diverges_is_a_problem_and_not_a_result(client: TestClient, accept: str) -> None:
    sent = body(layers="all", learning_rate=1.0, steps=60)
    answer = client.post("/lab/teach", json=sent, headers={"Accept": accept})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/diverged"
    assert "smaller learning rate" in answer.json()["detail"]


def test_without_steps_nothing_changes(client: TestClient) -> None:
    found = client.post("/lab/teach", json=body(steps=0)).json()
    assert found["correct_before"] == found["correct_after"]
    assert all(each["before"] == each["after"] for each in found["drawings"])


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"drawings": []}, 422),
        ({"steps": 501}, 422),
        ({"steps": 101, "layers": "all"}, 422),
        ({"layers": "first"}, 422),
        ({"learning_rate": 2}, 422),
        ({"drawings": [{"label": 11, "strokes": CROSS}]}, 422),
        ({"drawings": [{"label": 1, "strokes": CROSS}] * 61}, 422),
        ({"weights": "nobody"}, 404),
    ],
)
def test_what_cannot_be_taught_is_a_problem(client: TestClient, changed: dict[str, Any], status: int) -> None:
    answer = client.post("/lab/teach", json=body(**changed))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("content", "slug", "detail"),
    [
        (b'{"drawings": [' + b"[]," * 340_000 + b"]}", "too-many-points", "at most 60,000 points"),
        (b"{" + b'"a": 0,' * 90_000 + b"}", "invalid-drawing", "too many fields"),
    ],
    ids=["lists", "fields"],
)
def test_a_body_of_a_million_bytes_is_counted_before_it_is_parsed(
    client: TestClient, content: bytes, slug: str, detail: str
) -> None:
    answer = client.post("/lab/teach", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    assert detail in answer.json()["detail"]


def test_as_many_drawings_as_allowed_are_read(client: TestClient) -> None:
    drawing = {"label": 4, "strokes": [[[x, x] for x in range(100)], [[100, 0], [0, 100]]], "pen": 10}
    answer = client.post("/lab/teach", json=body(drawings=[drawing] * 60, layers="all", steps=0))
    assert len(answer.json()["drawings"]) == 60
