"""An evaluation counts what the network predicts."""

import numpy as np
import pytest

from model.data.mnist import Digits
from model.evaluation.accuracy import Evaluation, compute_logits, evaluate
from model.network import Network


def test_a_temperature_changes_the_confidence_but_no_prediction(network: Network, few: Digits) -> None:
    plain, cooler = evaluate(network, few), evaluate(network, few, temperature=2.0)
    assert np.array_equal(plain.predictions, cooler.predictions)
    expected = (compute_logits(network, few.normalised()) / 2).softmax(1).max(1).values
    assert np.allclose(cooler.confidence, expected.numpy(), atol=1e-6)
    assert cooler.confidence.mean() < plain.confidence.mean()
    assert cooler.loss != plain.loss


def test_an_evaluation_has_the_calibration_error_of_its_predictions() -> None:
    result = Evaluation(0.1, np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9]), np.full(4, 0.9, np.float32))
    assert result.calibration_error == pytest.approx(0.15, abs=1e-6)
    assert [each.count for each in result.reliability if each.count] == [4]
