"""The schemas of /lesson/figures and /lesson/step."""

import json

import pytest
from pydantic import ValidationError

from app.lesson.routes import FIGURES
from app.lesson.schemas import LessonFigures, StepsRequest, StepsResponse
from app.lesson.worker import RECORDED, recorded


def test_the_shipped_figures_are_valid() -> None:
    assert LessonFigures.model_validate_json(FIGURES.read_bytes()).shifts


def test_every_recording_is_a_valid_response() -> None:
    recordings = json.loads(RECORDED.read_bytes())["recordings"]
    for each in recordings:
        request = StepsRequest(optimiser=each["optimiser"], learning_rate=each["learning_rate"], steps=3)
        response = StepsResponse.model_validate(recorded(request), strict=True)
        assert response.learning_rate == each["learning_rate"]


@pytest.mark.parametrize("steps", ["3", "3.0"])
def test_a_whole_number_may_have_a_decimal_point(steps: str) -> None:
    assert StepsRequest.model_validate_json(f'{{"steps": {steps}}}').steps == 3


@pytest.mark.parametrize("body", [{"steps": 21}, {"steps": 2.5}, {"learning_rate": 11}, {"epochs": 1}])
def test_wrong_values_and_unknown_fields_are_invalid(body: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        StepsRequest.model_validate_json(json.dumps(body))
