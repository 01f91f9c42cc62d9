"""POST /lesson/step: computed steps, recorded steps, and invalid requests."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.lesson import worker
from app.lesson.schemas import StepsResponse
from app.main import create_app
from app.settings import STATIC, Settings
from model.training import demo_worker
from tools import lesson_steps

Json = dict[str, Any]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def step(client: TestClient, **request: object) -> Json:
    response = client.post("/lesson/step", json=request)
    assert response.status_code == 200, response.text
    StepsResponse.model_validate(response.json(), strict=True)
    steps: Json = response.json()
    return steps


def test_a_request_for_steps_may_start_with_a_byte_order_mark(client: TestClient) -> None:
    body = BOM_UTF8 + b'{"optimiser": "sgd", "learning_rate": 0.03, "steps": 1}'
    response = client.post("/lesson/step", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200
    assert response.json() == step(client, optimiser="sgd", learning_rate=0.03, steps=1)


def test_a_learning_rate_can_be_too_small_right_or_too_large(client: TestClient) -> None:
    small, right, large = (step(client, optimiser="sgd", learning_rate=rate, steps=8) for rate in (0.00001, 0.03, 3))
    assert small["loss"] - 0.001 < small["steps"][-1]["loss"] < small["loss"]
    losses = [right["loss"], *(each["loss"] for each in right["steps"])]
    assert losses == sorted(losses, reverse=True)
    assert right["steps"][-1]["accuracy"] > 3 * right["accuracy"]
    assert max(each["loss"] for each in large["steps"]) > large["loss"] + 0.1


def test_recorded_steps_are_returned_and_labelled_without_pytorch(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "find_spec", lambda _: None)
    for optimiser, rate, nearest in (
        ("sgd", 0.025, 0.03),
        ("adam", 0.001, 0.001),
        ("adam", 10, 1),
        ("sgd", 1e-6, 1e-5),
    ):
        answer = step(client, optimiser=optimiser, learning_rate=rate, steps=4)
        assert (answer["recorded"], answer["optimiser"], answer["learning_rate"]) == (True, optimiser, nearest)
        assert [each["step"] for each in answer["steps"]] == [1, 2, 3, 4]
    assert len(step(client)["steps"]) == 1
    assert len(step(client, steps=3.0)["steps"]) == 3


def test_the_recording_equals_the_computed_steps() -> None:
    recordings = json.loads(worker.RECORDED.read_bytes())["recordings"]
    assert [(each["optimiser"], each["learning_rate"]) for each in recordings] == [
        (optimiser, rate) for optimiser in ("sgd", "adam") for rate in lesson_steps.RATES
    ]
    assert all(each["diverged"] or len(each["steps"]) == lesson_steps.STEPS for each in recordings)
    digits = demo_worker.samples(STATIC / "samples")
    for optimiser, rate in (("sgd", 0.01), ("adam", 0.001)):
        report = demo_worker.train_steps(digits, optimiser, rate, 2)  # type: ignore[arg-type]
        (recorded,) = (each for each in recordings if (each["optimiser"], each["learning_rate"]) == (optimiser, rate))
        assert recorded["loss"] == pytest.approx(report["loss"], rel=1e-4)
        for ours, theirs in zip(report["steps"], recorded["steps"], strict=False):
            assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-3)
            numbers = [{key: each[key] or 0.0 for key in each} for each in (ours["weight"], theirs["weight"])]
            assert numbers[0] == pytest.approx(numbers[1], rel=2e-2, abs=1e-7)
            assert ours["gradient_norms"] == pytest.approx(theirs["gradient_norms"], rel=1e-2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": 11}, "learning_rate"),
        ({"learning_rate": "0.1"}, "learning_rate"),
        ({"learning_rate": None}, "learning_rate"),
        ({"steps": 0}, "steps"),
        ({"steps": 21}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"optimiser": "magic"}, "optimiser"),
        ({"epochs": 3}, "a field is unknown; the fields are learning_rate, steps and optimiser"),
        ([], "must be a JSON object"),
    ],
)
def test_invalid_steps_are_refused_with_an_explanation(body: object, words: str, client: TestClient) -> None:
    answer = client.post("/lesson/step", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/invalid-step"
    assert words in answer.json()["detail"]


def test_unreadable_bodies_are_refused_as_on_other_routes(client: TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert client.post("/lesson/step", content=b"{", headers=json_type).json()["type"] == "/problems/unreadable-body"
    nan = client.post("/lesson/step", content=b'{"learning_rate": NaN}', headers=json_type)
    assert nan.status_code in (400, 422)
    assert client.post("/lesson/step", content=b"steps=1").status_code == 415
    assert client.post("/lesson/step", content=b" " * 2_000_000, headers=json_type).status_code == 413
    assert client.get("/lesson/step").status_code == 405
