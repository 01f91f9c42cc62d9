"""The query parameters of `/predict` and `/feature-maps`."""

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import QueryParams

from app.drawings.queries import FeatureMapsQuery, PredictQuery, parse_layers, parse_query
from app.http.problems import Problem
from model.layers import LAYER_NAMES
from model.preprocess.modes import PREPARE_NAMES
from tests.app.drawings.bad_input import assert_problem

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}


def test_without_parameters_the_defaults_apply() -> None:
    query = parse_query(FeatureMapsQuery, QueryParams(""))
    assert (query.prepare, query.dtype, query.stages, query.calibrated) == ("mnist", "float32", False, True)
    assert parse_layers(QueryParams("")) == LAYER_NAMES


@pytest.mark.parametrize("prepare", PREPARE_NAMES)
def test_every_preprocessing_mode_can_be_chosen(prepare: str) -> None:
    assert parse_query(PredictQuery, QueryParams(f"prepare={prepare}")).prepare == prepare


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_is_true_or_false(value: str, expected: bool) -> None:
    assert parse_query(FeatureMapsQuery, QueryParams(f"stages={value}")).stages is expected
    assert parse_query(PredictQuery, QueryParams(f"calibrated={value}")).calibrated is expected


def test_unknown_parameters_are_ignored(client: TestClient) -> None:
    assert parse_query(PredictQuery, QueryParams("dtype=float64&colour=red")) == PredictQuery()
    assert client.post("/predict?dtype=float64", json=SEVEN).status_code == 200


def test_layers_are_selected_once_each_and_in_the_order_of_the_network(client: TestClient) -> None:
    body = client.post("/feature-maps?layers=pool2,conv1,pool2", json=SEVEN).json()
    assert [layer["name"] for layer in body["layers"]] == ["conv1", "pool2"]


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("layers=conv9", "unknown-layer"),
        ("layers=", "unknown-layer"),
        ("layers=conv1,", "unknown-layer"),
        ("dtype=float64", "invalid-parameter"),
        ("dtype=", "invalid-parameter"),
        ("prepare=blur", "invalid-parameter"),
        ("stages=maybe", "invalid-parameter"),
        ("calibrated=", "invalid-parameter"),
        ("calibrated=plain", "invalid-parameter"),
        ("layers=%ff", "unknown-layer"),
    ],
)
def test_a_wrong_value_is_a_problem(client: TestClient, query: str, slug: str) -> None:
    assert_problem(client.post(f"/feature-maps?{query}", json=SEVEN), 422, slug)


@pytest.mark.parametrize(
    "query", ["layers=conv1&layers=pool1", "dtype=uint8&dtype=float32", "calibrated=0&calibrated=1"]
)
def test_a_repeated_parameter_is_a_problem(client: TestClient, query: str) -> None:
    response = client.post(f"/feature-maps?{query}", json=SEVEN)
    assert_problem(response, 422, "invalid-parameter")
    assert "once" in response.json()["detail"]


@pytest.mark.parametrize(("query", "values"), [("prepare=blur", PREPARE_NAMES), ("stages=maybe", ("true", "false"))])
def test_the_problem_lists_the_values_that_are_allowed(query: str, values: tuple[str, ...]) -> None:
    with pytest.raises(Problem) as raised:
        parse_query(FeatureMapsQuery, QueryParams(query))
    assert all(value in raised.value.detail for value in values)
