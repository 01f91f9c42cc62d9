"""The schemas of drawings and responses agree with the limits and with what the service sends."""

import json

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from app.drawings.schemas import DrawingRequest, FeatureMapsResponse, PredictionResponse
from model.preprocess.pipeline import MAX_COORDINATE, MAX_SIDE

SEVEN = [[[30, 40], [110, 40], [60, 150]]]


def test_responses_have_exactly_the_documented_fields(client: TestClient) -> None:
    prediction = client.post("/predict", json={"strokes": SEVEN}).json()
    assert PredictionResponse.model_validate(prediction).model_dump(mode="json") == prediction
    maps = client.post("/feature-maps?stages=true", json={"strokes": SEVEN}).json()
    assert FeatureMapsResponse.model_validate(maps).model_dump(mode="json") == maps


@pytest.mark.parametrize(
    "fields",
    [
        {"strokes": [[[MAX_COORDINATE, -MAX_COORDINATE]]]},
        {"strokes": [[[0, 0]]], "pen": MAX_COORDINATE, "canvas": [MAX_COORDINATE, 1]},
        {"pixels": [[0, 127.5, 255]]},
        {"pixels": [[0] * MAX_SIDE]},
    ],
)
def test_values_at_the_limits_are_valid(fields: dict[str, object]) -> None:
    DrawingRequest.model_validate_json(json.dumps(fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"strokes": [[[MAX_COORDINATE * 1.01, 0]]]},
        {"strokes": [[[0, 0]]], "pen": 0},
        {"strokes": [[[0, 0]]], "canvas": [1, MAX_COORDINATE * 1.01]},
        {"pixels": [[255.1]]},
        {"pixels": [[0] * (MAX_SIDE + 1)]},
        {"pixels": [[0]], "colour": "red"},
    ],
)
def test_values_beyond_the_limits_are_invalid(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DrawingRequest.model_validate_json(json.dumps(fields))
