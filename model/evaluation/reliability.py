"""Reliability of the confidence: are 80 % of the predictions with a confidence of 80 % correct?

The predictions are sorted into bins by their confidence, the probability of the predicted digit. In each bin, the mean
confidence is compared with the accuracy. The expected calibration error is the mean absolute difference,
weighted by the number of predictions in each bin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15  # as in Guo et al. (2017), so that the values are comparable
SURE = 0.9  # predictions with at least this confidence are called sure

Shares = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Bin:
    """The predictions with a confidence of at least `low` and below `high`; the last bin includes 1.

    `confidence` is the mean confidence of these predictions, and `accuracy` is the share of them that are correct. Both
    are None if `count` is 0.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def reliability(confidence: Shares, correct: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """N predictions sorted into bins of equal width from 0 to 1.

    `confidence`, N, is the confidence of each prediction, and `correct`, N, says whether it is correct.
    """
    confidence = confidence.astype(np.float64)
    indices = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(indices, minlength=bins).tolist()
    sums = np.bincount(indices, confidence, bins).tolist()
    hits = np.bincount(indices, correct, bins).tolist()
    return [
        Bin(k / bins, (k + 1) / bins, count, total / count if count else None, right / count if count else None)
        for k, (count, total, right) in enumerate(zip(counts, sums, hits, strict=True))
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE = Σ count/N · |accuracy − confidence|, 0 to 1. Raises ValueError if there are no predictions."""
    total = sum(each.count for each in bins)
    if not total:
        raise ValueError("there are no predictions")
    return sum(
        each.count / total * abs(each.accuracy - each.confidence)
        for each in bins
        if each.accuracy is not None and each.confidence is not None
    )


def auroc(digits: Shares, others: Shares) -> float:
    """The area under the ROC curve, given the scores of digits and of other images.

    This is the probability that a random digit has a higher score than a random other image; a tie counts one half. If
    the area is 1, the scores separate digits perfectly from other images. If it is 0.5, the scores are no better than
    guessing. Raises ValueError if either array is empty.
    """
    if not len(digits) or not len(others):
        raise ValueError("the AUROC needs scores of digits and of other images")
    ordered = np.sort(others)
    below, up_to = np.searchsorted(ordered, digits, "left"), np.searchsorted(ordered, digits, "right")
    return float((below + up_to).mean() / (2 * len(others)))
