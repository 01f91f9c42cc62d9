"""The schema of POST /corrections."""

import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from app.corrections.schemas import CORRECTION_EXAMPLE, CorrectedPrediction, CorrectionRequest
from app.drawings.schemas import PredictionResponse
from model.preprocess.modes import Prepare


def test_the_example_is_valid() -> None:
    request = CorrectionRequest.model_validate_json(json.dumps(CORRECTION_EXAMPLE))
    assert (request.label, request.answer.digit, request.prepare) == (1, 7, "mnist")


@pytest.mark.parametrize("prepare", get_args(Prepare))
def test_every_preprocessing_mode_is_valid(prepare: Prepare) -> None:
    body = json.dumps(CORRECTION_EXAMPLE | {"prepare": prepare})
    assert CorrectionRequest.model_validate_json(body).prepare == prepare


@pytest.mark.parametrize("changes", [{"label": 10}, {"prepare": "blur"}, {"id": "mine"}, {"name": "Ada"}])
def test_wrong_values_and_unknown_fields_are_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CorrectionRequest.model_validate_json(json.dumps(CORRECTION_EXAMPLE | changes))


def test_the_response_of_predict_is_a_valid_prediction_to_correct() -> None:
    example = PredictionResponse.model_json_schema()["examples"][0]
    prediction = CorrectedPrediction.model_validate_json(json.dumps(example))
    assert prediction.model_dump().keys() < example.keys()
