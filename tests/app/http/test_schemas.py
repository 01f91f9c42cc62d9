"""What several schemas share."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.http.schemas import Coordinate, LayerName, ProblemDetails, json_body, schema_reference
from model.layers import LAYER_NAMES


def test_layer_names_are_those_of_the_network() -> None:
    assert TypeAdapter(LayerName).json_schema()["enum"] == list(LAYER_NAMES)
    with pytest.raises(ValidationError):
        TypeAdapter(LayerName).validate_python("conv3")


@pytest.mark.parametrize("value", [1e7, -1e7, float("nan"), float("inf")])
def test_coordinates_are_finite_and_limited(value: float) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Coordinate).validate_python(value)


def test_a_json_body_refers_to_its_schema() -> None:
    body = json_body(ProblemDetails, "A problem.")["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == schema_reference(ProblemDetails)
    assert schema_reference(ProblemDetails) == {"$ref": "#/components/schemas/ProblemDetails"}
