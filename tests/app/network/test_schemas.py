"""The schemas of /model and /model/evaluation."""

import pytest

from app.network.routes import model_card
from app.network.schemas import EvaluationResponse, ModelResponse
from model.checkpoint import NAMES, find
from model.inference.classifier import Classifier


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_evaluations_are_valid(name: str) -> None:
    file = find(name).with_suffix(".evaluation.json")
    evaluation = EvaluationResponse.model_validate_json(file.read_bytes())
    assert evaluation.correct / evaluation.pictures == pytest.approx(evaluation.accuracy)
    assert sum(map(sum, evaluation.confusion)) == evaluation.pictures


def test_the_response_of_model_is_unchanged_after_a_round_trip_through_json() -> None:
    card = model_card(Classifier.load(engine="onnx"))
    assert ModelResponse.model_validate_json(card.model_dump_json()) == card
