"""Validation errors become problems in words, which name the invalid field and never quote the input."""

import json
from typing import Annotated, Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.corrections.schemas import CorrectionRequest
from app.drawings.schemas import DrawingRequest
from app.http.problems import Problem
from app.http.validation import limit_counts, validation_problem
from app.lesson.schemas import StepsRequest
from app.training.schemas import StepRequest
from model.layers import SIDE


class Example(BaseModel):
    """A schema with every kind of field that the service has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    points: list[tuple[float, float]] | None = None
    level: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] = 0
    count: Annotated[int, Field(ge=1)] = 1
    name: Annotated[str, Field(min_length=1)] = "x"
    rows: Annotated[list[int], Field(min_length=SIDE, max_length=SIDE)] = [0] * SIDE
    digits: Annotated[list[int], Field(min_length=1, max_length=9)] = [0]  # without FailFast
    rate: Annotated[float, Field(ge=1e-6)] = 1
    seed: Annotated[int, Field(le=2**63 - 1)] = 0
    title: Annotated[str, Field(max_length=2000)] = ""
    paused: bool = False
    pair: Annotated[list[int], Field(min_length=2)] = [0, 0]


def problem_for(body: bytes) -> Problem:
    with pytest.raises(ValidationError) as raised:
        Example.model_validate_json(body)
    return validation_problem(raised.value, Example, "invalid-drawing", "one of points and rows")


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"level": "secret"}, "In the body, the field level must be a number."),
        ({"level": -1}, "In the body, the field level must be at least 0."),
        ({"level": 1_000_001}, "In the body, the field level must be at most 1,000,000."),
        ({"count": 1.5}, "In the body, the field count must be a whole number."),
        ({"count": 0}, "In the body, the field count must be at least 1."),
        ({"name": 1}, "In the body, the field name must be a string."),
        ({"name": ""}, "In the body, the field name is empty."),
        ({"rows": [0]}, f"In the body, the field rows must have a length of {SIDE}."),
        ({"digits": []}, "In the body, the field digits is empty."),
        ({"digits": [0] * 10}, "In the body, the field digits may have at most 9 entries."),
        ({"rate": 0}, "In the body, the field rate must be at least 0.000001."),
        ({"seed": 2**63}, "In the body, the field seed must be at most 9,223,372,036,854,775,807."),
        ({"title": "x" * 2001}, "In the body, the field title may have at most 2,000 characters."),
        ({"paused": "yes"}, "In the body, the field paused must be true or false."),
        ({"pair": [0]}, "In the body, the field pair must have at least 2 entries."),
        ({"digits": 1}, "In the body, the field digits must be a list."),
        ({"points": [[1, "secret"]]}, "In the body, the field points[0][1] must be a number."),
        ({"points": [[1]]}, "In the body, the field points[0][1] is missing: a point is [x, y]."),
        ({"points": [[1, 2, 3]]}, "In the body, the field points[0] must be a list of two numbers."),
        ({"points": ["secret"]}, "In the body, the field points[0] must be a list of two numbers."),
    ],
)
def test_an_invalid_field_is_named_with_what_it_must_be(fields: dict[str, Any], detail: str) -> None:
    problem = problem_for(json.dumps(fields).encode())
    assert (problem.kind.slug, problem.detail, list(problem.errors)) == ("invalid-drawing", detail, [])


def test_an_unknown_field_is_not_repeated_and_the_known_ones_are_listed() -> None:
    problem = problem_for(b'{"secret": 1}')
    assert problem.detail == (
        "In the body, a field is unknown; the fields are points, level, count, name, rows, digits, rate, seed, title, "
        "paused and pair."
    )


def test_the_only_field_is_named_as_such() -> None:
    with pytest.raises(ValidationError) as raised:
        StepRequest.model_validate_json(b'{"secret": 1}')
    problem = validation_problem(raised.value, StepRequest, "invalid-command", "unit")
    assert problem.detail == "In the body, a field is unknown; the only field is unit."


@pytest.mark.parametrize("body", [b"[]", b"null", b"3"])
def test_a_body_that_is_no_object_is_told_what_is_expected(body: bytes) -> None:
    assert problem_for(body).detail == "The body must be a JSON object with one of points and rows."


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"{", (1, 1)),
        (b"", (1, 0)),
        (b'{"name": "\xff"}', (1, 11)),
        (b"{'name': 1}", (1, 2)),
        (b'{\n  "name",}', (2, 9)),
    ],
)
def test_a_body_that_is_no_json_is_told_where_the_mistake_is(body: bytes, position: tuple[int, int]) -> None:
    problem = problem_for(body)
    assert problem.kind.slug == "unreadable-body"
    assert problem.detail == "The body is not valid JSON in UTF-8; see line {}, column {}.".format(*position)


def test_at_most_five_invalid_fields_are_listed() -> None:
    two = problem_for(b'{"level": -1, "name": ""}')
    assert list(two.errors) == [
        {"where": "level", "what": "must be at least 0"},
        {"where": "name", "what": "is empty"},
    ]
    assert two.detail == "In the body, the field level must be at least 0."
    assert len(problem_for(json.dumps({"digits": ["x"] * 9}).encode()).errors) == 5


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"[" * 30_000, "too-many-points"),
        (b'{"points": [' + b"[]," * 340_000 + b"]}", "too-many-points"),
        (b'{"points": [' + b"0," * 500_000 + b"]}", "invalid-drawing"),
        (b"{" + b'"a":0,' * 100_000 + b"}", "invalid-drawing"),
        (b'{"points": [' + b"{}," * 340_000 + b"]}", "invalid-drawing"),
    ],
    ids=["nested lists", "empty lists", "numbers", "fields", "objects"],
)
def test_a_body_with_too_many_items_is_refused_before_it_is_parsed(body: bytes, slug: str) -> None:
    with pytest.raises(Problem) as raised:
        limit_counts(body, Example, "invalid-drawing")
    assert raised.value.kind.slug == slug


@pytest.mark.parametrize("schema", [DrawingRequest, CorrectionRequest, StepsRequest])
@pytest.mark.parametrize("wrong", ["[]", "{}", "null", '""', "[[]]", "[1e9,1e9]", "true"])
def test_the_errors_of_a_list_stop_at_the_first_wrong_item(schema: type[BaseModel], wrong: str) -> None:
    items = ",".join([wrong] * 1000)
    for value in (f"[{items}]", f"[[{items}]]", f"[[[{items}]]]"):
        body = "{" + ",".join(f'"{name}": {value}' for name in schema.model_fields) + "}"
        with pytest.raises(ValidationError) as raised:
            schema.model_validate_json(body)
        assert raised.value.error_count() <= 2 * len(schema.model_fields)
    body = '{"answer": {"probabilities": [' + items + "]}}"
    with pytest.raises(ValidationError) as raised:
        schema.model_validate_json(body)
    assert raised.value.error_count() <= 2 * len(schema.model_fields)


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("/corrections?page=0", "The parameter page must be at least 1."),
        ("/corrections?page=x", "The parameter page must be a whole number."),
        ("/lab/map?layer=conv9", "The parameter layer must be input, pool1, pool2, relu3 or logits."),
    ],
)
def test_the_problem_names_the_wrong_parameter_and_what_it_must_be(
    client: TestClient, address: str, detail: str
) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")
    assert answer.json()["detail"] == detail
