"""An evaluation counts the network's predictions for each digit and computes accuracy, loss and calibration error."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from model.data.mnist import Digits
from model.evaluation import robustness
from model.evaluation.accuracy import Evaluation, compute_logits, evaluate
from model.network import Network


def test_a_temperature_changes_the_confidence_but_no_prediction(network: Network, few: Digits) -> None:
    plain, cooler = evaluate(network, few), evaluate(network, few, temperature=2.0)
    assert np.array_equal(plain.predictions, cooler.predictions)
    expected = (compute_logits(network, few.normalised()) / 2).softmax(1).max(1).values
    assert np.allclose(cooler.confidence, expected.numpy(), atol=1e-6)
    assert cooler.confidence.mean() < plain.confidence.mean()
    assert cooler.loss == plain.loss == plain.calibrated_loss, "as training measures it"
    logits = compute_logits(network, few.normalised())
    assert cooler.calibrated_loss == pytest.approx(F.cross_entropy(logits / 2, few.labels).item(), rel=1e-5)
    assert cooler.calibrated_loss != cooler.loss


def test_an_evaluation_has_the_calibration_error_of_its_predictions() -> None:
    result = Evaluation(0.1, 0.1, np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9]), np.full(4, 0.9, np.float32))
    assert result.calibration_error == pytest.approx(0.15, abs=1e-6)
    assert [each.count for each in result.reliability if each.count] == [4]


def test_an_evaluation_counts_every_prediction(network: Network, few: Digits) -> None:
    digits = Digits(robustness.moved(few.images, 3, 0), few.labels, {})  # the shift causes mistakes
    result = evaluate(network, digits)
    with torch.no_grad():
        logits = network(digits.normalised())
    predictions = logits.argmax(1)
    assert result.total == 100
    assert result.correct == int((predictions == digits.labels).sum())
    assert 0.5 < result.accuracy == result.correct / 100 < 1
    assert result.loss == pytest.approx(F.cross_entropy(logits, digits.labels).item(), rel=1e-5)
    expected = np.zeros((10, 10), int)
    for label, predicted in zip(digits.labels.tolist(), predictions.tolist(), strict=True):
        expected[label, predicted] += 1
    assert np.array_equal(result.confusion, expected)
    mistakes = result.mistakes(5)
    assert len(mistakes) == 5
    assert [mistake.confidence for mistake in mistakes] == sorted((m.confidence for m in mistakes), reverse=True)
    wrong = predictions != digits.labels
    assert mistakes[0].confidence == pytest.approx(logits.softmax(1)[wrong].max().item(), rel=1e-5)
    for mistake in mistakes:
        assert mistake.label == digits.labels[mistake.index] != mistake.answer == predictions[mistake.index]
    assert len(result.mistakes(1000)) == 100 - result.correct
