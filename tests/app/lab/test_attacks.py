"""POST /lab/attack and GET /lab/attack/accuracy."""

from typing import Any, get_args

import numpy as np
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from app.http.threads import ThreadQueue
from app.lab.attacks import PART
from app.lab.schemas.attacks import AttackAccuracyResponse, AttackResponse
from app.network.lru_cache import LruCache
from model.explain.attacks import AttackMethod

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


def ask(client: TestClient, query: str = "") -> Any:
    answer = client.post(f"/lab/attack{query}", json=SEVEN)
    assert answer.status_code == 200, answer.text
    return AttackResponse.model_validate_json(answer.content).model_dump()


@pytest.mark.parametrize("method", get_args(AttackMethod))
def test_the_changed_image_is_read_by_predict_in_the_same_way(client: TestClient, method: str) -> None:
    found = ask(client, f"?method={method}&epsilon=40")
    assert found["digit"] == 7
    assert found["prediction"] == client.post("/predict", json=SEVEN).json()
    again = client.post("/predict?prepare=none", json={"pixels": found["changed"]}).json()
    assert found["changed_prediction"] == again
    assert found["succeeded"] == (int(np.argmax(again["probabilities"])) != 7)
    change = np.subtract(found["changed"], found["pixels"])
    assert found["changed_pixels"] == (change != 0).sum()
    assert found["largest_change"] == np.abs(change).max()
    assert found["length"] == pytest.approx(np.linalg.norm(change))
    assert (found["certainty"] is None) == (method in ("fgsm", "iterated") or not found["succeeded"])


def test_an_attack_can_aim_at_a_digit(client: TestClient) -> None:
    found = ask(client, "?method=smallest_epsilon&towards=2&weights=lesson")
    assert found["succeeded"]
    assert found["changed_prediction"]["probabilities"][2] == max(found["changed_prediction"]["probabilities"])


@pytest.mark.parametrize("query", ["?method=magic", "?epsilon=-1", "?epsilon=256", "?towards=10"])
def test_a_wrong_parameter_is_a_problem(client: TestClient, query: str) -> None:
    answer = client.post(f"/lab/attack{query}", json=SEVEN)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")


def test_the_accuracy_falls_with_epsilon(client: TestClient) -> None:
    found = AttackAccuracyResponse.model_validate_json(client.get("/lab/attack/accuracy?weights=lesson").content)
    assert found.digits == 500
    assert found.epsilons == sorted(found.epsilons)
    assert found.correct[0] > 480
    assert found.correct[0] > found.correct[5] > found.correct[7] > 0
    assert found.correct[-1] < 250
    assert client.get("/lab/attack/accuracy?weights=nobody").status_code == 404
    assert client.get("/lab/attack/accuracy?method=deepfool").status_code == 422


def test_ten_steps_fool_more_digits_than_one(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.lab.attacks.DIGITS", 32)  # all 500 take seconds
    monkeypatch.setattr("app.lab.attacks._curves", LruCache(1))
    one, ten = (
        client.get(f"/lab/attack/accuracy?weights=lesson&method={name}").json() for name in ("fgsm", "iterated")
    )
    assert (ten["method"], ten["digits"], ten["epsilons"][-1]) == ("iterated", 32, 48)
    assert ten["correct"][0] == one["correct"][0]
    assert ten["correct"] == sorted(ten["correct"], reverse=True)
    for epsilon, correct in zip(ten["epsilons"][1:], ten["correct"][1:], strict=True):
        assert correct <= one["correct"][one["epsilons"].index(epsilon)]


CURVE = "/lab/attack/accuracy"


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first digits of the parts of curves that are computed in a test. No curve is kept from other tests."""
    computed: list[int] = []
    run_part = ThreadQueue.run_part

    def recorded(queue: ThreadQueue, compute: Any) -> Any:
        computed.append(compute.args[2])
        return run_part(queue, compute)

    monkeypatch.setattr(ThreadQueue, "run_part", recorded)
    monkeypatch.setattr("app.lab.attacks._curves", LruCache(1))
    return computed


def test_a_curve_is_computed_in_parts_and_kept(
    client: TestClient, parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.lab.attacks.DIGITS", 4 * PART)
    first = client.get(CURVE).json()
    assert client.get(CURVE).json() == first
    assert parts == [0, PART, 2 * PART, 3 * PART]


def test_a_curve_stops_when_its_client_has_gone(client: TestClient, parts: list[int]) -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(_: Message) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": CURVE, "raw_path": CURVE.encode(), "query_string": b""}
    scope |= {"headers": [], "http_version": "1.1", "scheme": "http"}
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
    assert parts in ([0], [0, PART])
