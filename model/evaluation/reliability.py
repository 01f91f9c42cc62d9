"""Whether a share that is announced comes true: of the answers given with 80 %, do 80 % prove right?

The answers are sorted into bins by the probability of the digit that was answered; in each bin its mean, the
confidence, stands beside the share that was right. Their mean distance is the expected calibration error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15  # as in the papers that made the figure common (Guo and others, 2017), so that it can be compared
SURE = 0.9  # a person would take an answer with this confidence for certain

Shares = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Bin:
    """The answers with a confidence from `low` to below `high`; the last bin holds 1 as well.

    `confidence` is their mean confidence and `accuracy` the share that was right, both None where `count` is 0.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def reliability(confidence: Shares, right: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """Bins of equal width from 0 to 1 for N answers: `confidence` 0 to 1, `right` whether each was."""
    confidence = confidence.astype(np.float64)
    places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(places, minlength=bins).tolist()
    sums = np.bincount(places, confidence, bins).tolist()
    rights = np.bincount(places, right, bins).tolist()
    return [
        Bin(k / bins, (k + 1) / bins, count, total / count if count else None, hits / count if count else None)
        for k, (count, total, hits) in enumerate(zip(counts, sums, rights, strict=True))
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE = Σ count/N · |accuracy − confidence|, 0 to 1. ValueError if there are no answers at all."""
    total = sum(each.count for each in bins)
    if not total:
        raise ValueError("there are no answers to judge")
    return sum(
        each.count / total * abs(each.accuracy - each.confidence)
        for each in bins
        if each.accuracy is not None and each.confidence is not None
    )


def auroc(digits: Shares, others: Shares) -> float:
    """How well a score tells digits from what is none: the chance that a digit's is the higher; equal counts a half.

    1 tells them apart without error, 0.5 is guessing. ValueError if there are none of either kind.
    """
    if not len(digits) or not len(others):
        raise ValueError("it takes digits and others to compare them")
    ordered = np.sort(others)
    below, up_to = np.searchsorted(ordered, digits, "left"), np.searchsorted(ordered, digits, "right")
    return float((below + up_to).mean() / (2 * len(others)))
