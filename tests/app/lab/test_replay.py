"""POST /lab/replay."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.lab.schemas.replay import ReplayResponse

FOUR: dict[str, Any] = {"strokes": [[[60, 20], [30, 120], [140, 120]], [[110, 60], [105, 220]]], "pen": 20}


def ask(client: TestClient, body: Any, query: str = "") -> Any:
    answer = client.post(f"/lab/replay{query}", json=body)
    assert answer.status_code == 200, answer.text
    return ReplayResponse.model_validate_json(answer.content).model_dump()


def test_the_predictions_are_those_of_predict_for_each_part_of_the_drawing(client: TestClient) -> None:
    found = ask(client, FOUR, "?steps=5&weights=lesson")
    assert [step["share"] for step in found["steps"]] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])

    def predict(strokes: Any) -> Any:
        return client.post("/predict?weights=lesson", json=FOUR | {"strokes": strokes}).json()

    first, second = FOUR["strokes"]
    parts = [found["steps"][-1]["prediction"], *(each["without"] for each in found["strokes"])]
    for part, strokes in zip(parts, ([first, second], [second], [first]), strict=True):
        expected = predict(strokes)
        assert part["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-5)
        assert (part["digit"], part["verdict"], part["reasons"]) == tuple(
            expected[name] for name in ("digit", "verdict", "reasons")
        )
    lengths = [214.403, 160.078]
    assert found["strokes"][0]["share"] == pytest.approx(lengths[0] / sum(lengths), abs=1e-4)
    cut = 0.2 * sum(lengths)
    x, y = 60 - 30 * cut / 104.403, 20 + 100 * cut / 104.403
    assert found["steps"][0]["prediction"]["probabilities"] == pytest.approx(
        predict([[[60, 20], [x, y]]])["probabilities"], abs=1e-4
    )


def test_a_single_stroke_has_no_prediction_without_it(client: TestClient) -> None:
    found = ask(client, {"strokes": [[[30, 40], [110, 40], [60, 150]]]})
    assert len(found["steps"]) == 40
    assert found["strokes"] == [{"share": 1.0, "without": None}]


def test_a_large_drawing_can_be_replayed(client: TestClient) -> None:
    line = [[x / 10, 20] for x in range(2000)]
    assert client.post("/lab/replay", json={"strokes": [line]}).status_code == 200


def test_an_image_cannot_be_replayed(client: TestClient) -> None:
    answer = client.post("/lab/replay", json={"pixels": [[0, 255, 0]]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-drawing")
    assert client.post("/lab/replay?steps=61", json=FOUR).status_code == 422
