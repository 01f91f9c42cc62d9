"""The OpenAPI document is complete, its examples work, and the service's responses match it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import BaseSchema, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from app import openapi
from app.http.problem_types import PROBLEMS
from app.lesson import worker
from app.main import create_app
from app.settings import Settings

app = create_app(Settings(engine="onnx"))
document: dict[str, Any] = app.openapi()
CALLS = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
DRAWS = ("/predict", "/feature-maps", "/lab/saliency", "/lab/attack", "/lab/map/nearest", "/lab/replay")
DRAWING_CALLS = [call for call in CALLS if call[1] in DRAWS]
HOT = ("/predict", "/feature-maps")  # they read every kind of drawing
SLOW = ("/lab/map", "/lab/accuracy", "/lab/attack/accuracy", "/lab/teach")  # they compute for about a second
SECONDS = 120.0  # for one response; a busy machine needs longer than schemathesis' usual ten seconds
OTHER_CALLS = [call for call in CALLS if call not in DRAWING_CALLS]


@pytest.fixture(scope="module", autouse=True)
def client() -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch, TestClient(app) as client:
        # Use recorded training steps: they have the same schema as computed steps, and need no PyTorch.
        patch.setattr(worker, "find_spec", lambda _: None)
        yield client


def fields(schema: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in schema.get("properties", {}).items():
        yield f"{name}.{key}", value


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_generated_once_even_if_many_clients_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def slow(app: FastAPI) -> dict[str, Any]:
        calls.append(app)
        time.sleep(0.1)
        return {"openapi": "3.1.0"}

    monkeypatch.setattr(openapi, "_document", slow)
    fresh = create_app(Settings(engine="onnx"))
    with ThreadPoolExecutor(8) as clients:
        documents = list(clients.map(lambda _: fresh.openapi(), range(8)))
    assert documents == [{"openapi": "3.1.0"}] * 8
    assert calls == [fresh]


def test_every_api_call_is_documented() -> None:
    assert set(document["paths"]) == {
        "/predict", "/feature-maps", "/model", "/model/weights", "/model/evaluation", "/livez", "/readyz", "/metrics",
        "/corrections", "/corrections/{id}", "/corrections.npz", "/lesson/figures", "/lesson/dense", "/lesson/step",
        "/lab/saliency", "/lab/accuracy", "/lab/digits/{part}.png", "/lab/attack",
        "/lab/attack/accuracy", "/lab/map", "/lab/map/nearest", "/lab/replay", "/lab/teach",
        "/weights", "/weights/served", "/weights/{name}", "/runs", "/runs/defaults", "/runs/{id}", "/runs/{id}/events",
        "/runs/{id}/files/{name}", "/runs/{id}/pause", "/runs/{id}/resume", "/runs/{id}/step", "/runs/{id}/stop",
    }  # fmt: skip


def test_every_field_has_a_description_and_an_example() -> None:
    seen = 0
    for name, schema in document["components"]["schemas"].items():
        for field, described in fields(schema, name):
            seen += 1
            assert described.get("description") or "$ref" in described, field
            assert described.get("examples") or "$ref" in json.dumps(described), field
    assert seen > 50


def test_every_call_and_every_parameter_has_a_description() -> None:
    for path, _, operation in operations():
        assert operation["summary"], path
        assert operation["description"], path
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (path, parameter["name"])


def test_the_token_is_documented_as_optional_for_exactly_the_calls_that_may_need_it() -> None:
    token = document["components"]["securitySchemes"]["INKLING_ADMIN_TOKEN"]
    assert (token["type"], token["scheme"]) == ("http", "bearer")
    for path, _, operation in operations():
        expected: list[Any] = [{}, {"INKLING_ADMIN_TOKEN": []}] if "401" in operation["responses"] else []
        assert operation.get("security", []) == expected, path


def test_every_error_response_lists_its_problem_types() -> None:
    named = set()
    for path, _, operation in operations():
        for status, response in operation["responses"].items():
            if status.startswith(("2", "3")):
                continue
            content = response["content"]
            assert list(content) == ["application/problem+json"], path
            for slug, example in content["application/problem+json"]["examples"].items():
                assert PROBLEMS[slug].status == int(status)
                assert example["value"]["type"] == f"/problems/{slug}"
                named.add(slug)
    # No operation lists the problems that are the same for all of them: a wrong method, and invalid request headers.
    assert set(PROBLEMS) - named == {"method-not-allowed", "headers-too-large", "unreadable-request"}


def test_the_examples_of_request_bodies_work(live_server: str) -> None:
    ran = 0
    for path in ("/predict", "/feature-maps"):
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            answer = httpx2.post(f"{live_server}{path}", json=example["value"])
            assert answer.status_code == 200
            body = answer.json()
            assert (body["prediction"] if path == "/feature-maps" else body)["digit"] == 7
            ran += 1
    for field in document["components"]["schemas"]["DrawingRequest"]["properties"]:
        (example,) = document["components"]["schemas"]["DrawingRequest"]["properties"][field]["examples"]
        sent = {field: example} | ({"strokes": [[[1, 1], [9, 9]]]} if field in ("pen", "canvas") else {})
        assert httpx2.post(f"{live_server}/predict", json=sent).status_code == 200
        ran += 1
    assert ran == 9


def test_the_examples_of_responses_have_the_fields_of_responses(live_server: str) -> None:
    prediction = httpx2.post(f"{live_server}/predict", json={"strokes": [[[1, 1], [9, 9]]]}).json()
    (example,) = document["components"]["schemas"]["PredictionResponse"]["examples"]
    assert sorted(example) == sorted(prediction)
    card = httpx2.get(f"{live_server}/model").json()
    properties = document["components"]["schemas"]["ModelResponse"]["properties"]
    assert sorted(properties) == sorted(card)
    assert properties["parameters"]["examples"] == [card["parameters"]]
    assert properties["multiplications"]["examples"] == [card["multiplications"]]


@pytest.fixture(scope="module")
def api() -> BaseSchema:
    """The schema that requests are generated from. Loading it takes time, so only the process that runs these tests
    does so."""
    return schemathesis.openapi.from_dict(document)


def requests_of(api: BaseSchema, call: tuple[str, str]) -> SearchStrategy[schemathesis.Case[Any]]:
    """Generated requests: some as documented, others wrong in some way."""
    method, path = call
    operation = api[path][method]
    return operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)


GENERATED = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("call", DRAWING_CALLS, ids=" ".join)
def test_no_generated_request_causes_a_server_error(api: BaseSchema, call: tuple[str, str]) -> None:
    @given(requests_of(api, call))
    @settings(GENERATED, max_examples=40 if call[1] in HOT else 15)
    def check(case: schemathesis.Case[Any]) -> None:
        answer = case.call(app=app, timeout=SECONDS)
        case.validate_response(answer, checks=[not_a_server_error])
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0] == "application/problem+json"

    check()


@pytest.mark.parametrize("call", OTHER_CALLS, ids=" ".join)
def test_responses_of_the_other_calls_match_their_schemas(api: BaseSchema, call: tuple[str, str]) -> None:
    @given(requests_of(api, call))
    @settings(GENERATED, max_examples=4 if call[1] in SLOW else 10)
    def check(case: schemathesis.Case[Any]) -> None:
        answer = case.call(app=app, timeout=SECONDS)
        # The schema limits each value but not the length of the body, and it cannot say at which learning rate training
        # diverges. So a request that fits it may be refused for that, and so may one that does not fit it.
        problem = answer.json()["type"].removeprefix("/problems/") if answer.status_code >= 400 else ""
        excused = problem in ("body-too-large", "diverged")
        case.validate_response(
            answer, excluded_checks=[positive_data_acceptance, negative_data_rejection] if excused else None
        )

    check()
