"""The calibration error and the area under the ROC curve."""

import numpy as np
import pytest

from model.evaluation.reliability import auroc, calibration_error, reliability


def test_the_calibration_error_is_the_weighted_mean_difference_of_confidence_and_accuracy() -> None:
    # There are two bins of width 1/2. Of the predictions with confidence 0.2 and 0.4, one is correct; of those with
    # confidence 0.6, 0.8 and 1.0, two are correct.
    confidence = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
    correct = np.array([True, False, True, False, True])
    low, high = bins = reliability(confidence, correct, bins=2)
    assert (low.low, low.high, high.low, high.high) == (0.0, 0.5, 0.5, 1.0)
    assert (low.count, low.accuracy, high.count) == (2, 0.5, 3)
    assert low.confidence == pytest.approx(0.3)
    assert high.confidence == pytest.approx(0.8)
    assert high.accuracy == pytest.approx(2 / 3)
    assert calibration_error(bins) == pytest.approx(2 / 5 * 0.2 + 3 / 5 * (0.8 - 2 / 3))


def test_predictions_that_are_correct_as_often_as_their_confidence_have_no_calibration_error() -> None:
    correct = np.arange(1000) % 10 < 7
    assert calibration_error(reliability(np.full(1000, 0.7), correct)) == pytest.approx(0, abs=1e-12)
    assert calibration_error(reliability(np.ones(1000), correct)) == pytest.approx(0.3)


def test_every_prediction_is_in_one_of_fifteen_bins_and_an_empty_bin_has_no_mean() -> None:
    confidence = np.append(np.random.default_rng(0).uniform(0.5, 1, 500), [0.0, 1.0]).astype(np.float32)
    bins = reliability(confidence, np.ones(502, bool))
    assert len(bins) == 15
    assert sum(each.count for each in bins) == 502
    assert (bins[0].count, bins[0].confidence) == (1, 0.0)
    assert (bins[3].count, bins[3].confidence, bins[3].accuracy) == (0, None, None)
    for each in bins:
        assert each.count == ((confidence >= each.low) & ((confidence < each.high) | (each.high == 1))).sum()
        assert each.confidence is None or each.low <= each.confidence <= each.high


def test_empty_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="no predictions"):
        calibration_error(reliability(np.zeros(0), np.zeros(0, bool)))
    with pytest.raises(ValueError, match="scores of digits and of other images"):
        auroc(np.zeros(0), np.ones(3))


def test_the_area_under_the_curve_is_the_fraction_of_pairs_in_which_the_digit_scores_higher() -> None:
    digits, others = np.array([0.9, 0.5, 0.5]), np.array([0.1, 0.5])
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in digits for b in others]
    assert auroc(digits, others) == pytest.approx(np.mean(pairs))
    assert auroc(np.array([2.0]), np.array([1.0])) == 1
    assert auroc(np.array([1.0]), np.array([2.0])) == 0
