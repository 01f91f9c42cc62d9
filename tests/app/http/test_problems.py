"""Problems as exceptions, as responses and in the OpenAPI document."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.http.problem_types import PROBLEMS
from app.http.problems import Problem, problem_responses, service_unavailable
from app.main import create_app
from app.settings import Settings
from model.inference.classifier import Classifier

SEVEN = [[[30, 40], [110, 40], [60, 150]]]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def test_a_problem_says_by_default_what_its_type_means() -> None:
    response = Problem("not-found").response()
    assert response.media_type == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/not-found",
        "title": PROBLEMS["not-found"].title,
        "status": 404,
        "detail": PROBLEMS["not-found"].meaning,
    }


def test_a_problem_can_list_invalid_fields() -> None:
    fields = [{"where": "steps", "what": "is too large"}]
    assert json.loads(bytes(Problem("invalid-step", "Too large.", fields).response().body))["errors"] == fields


def test_a_temporary_problem_says_when_to_try_again() -> None:
    assert service_unavailable("overloaded").response().headers["retry-after"] == "1"
    assert service_unavailable("overloaded", "Busy.", retry_after=5).headers == {"Retry-After": "5"}


def test_documented_problems_with_the_same_status_share_a_response() -> None:
    responses = problem_responses("not-ready", "overloaded", "not-found")
    assert list(responses) == [503, 404, 500]
    examples = responses[503]["content"]["application/problem+json"]["examples"]
    assert list(examples) == ["not-ready", "overloaded"]
    assert responses[503]["description"] == "The service is still starting · The service is busy"
    assert "Retry-After" in responses[503]["headers"]
    assert "headers" not in responses[404]


def test_the_allow_header_lists_the_methods_of_all_routes_of_an_address(client: TestClient) -> None:
    answer = client.put("/corrections")
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, POST"


def test_a_problem_type_that_is_named_twice_is_documented_once() -> None:
    assert problem_responses("not-found", "not-found") == problem_responses("not-found")


def test_an_unexpected_error_is_a_problem_without_a_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    with TestClient(create_app(Settings(engine="onnx")), raise_server_exceptions=False) as client:
        monkeypatch.setattr(Classifier, "feature_maps", fail)
        answer = client.post("/predict", json={"strokes": SEVEN})
        assert answer.status_code == 500
        assert answer.json()["type"] == "/problems/internal-error"
        assert "secret" not in answer.text
        monkeypatch.undo()
        assert client.post("/predict", json={"strokes": SEVEN}).json()["digit"] == 7
