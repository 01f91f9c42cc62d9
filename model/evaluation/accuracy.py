"""How well a network reads digits: one pass over them, and all that can be counted afterwards.

result = evaluate(network, test)
print(result.accuracy, result.calibration_error)
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from model.data.mnist import Digits
from model.evaluation.reliability import Bin, calibration_error, reliability
from model.layers import CLASSES
from model.network import Network

BATCH = 250  # pictures; the maps of a larger batch no longer fit the caches, and take two to three times as long


@dataclass(frozen=True)
class Mistake:
    """A picture read as another digit: its place in the data, what it is, and what was answered how surely."""

    index: int
    label: int
    answer: int
    confidence: float


@dataclass(frozen=True)
class Evaluation:
    """How well a network reads a set of digits.

    `loss` is the mean cross-entropy in nats; `labels` and `predictions` are integers, N; `confidence` is the
    probability of
    each answer, N, and `probabilities` are those of all ten, N×10.
    """

    loss: float
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float32]
    probabilities: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, CLASSES), np.float32))

    @property
    def total(self) -> int:
        """How many pictures there were."""
        return len(self.labels)

    @property
    def is_correct(self) -> NDArray[np.bool_]:
        """For each picture whether it was read right."""
        correct: NDArray[np.bool_] = self.labels == self.predictions
        return correct

    @property
    def correct(self) -> int:
        """How many of them were read right."""
        return int(self.is_correct.sum())

    @property
    def accuracy(self) -> float:
        """Correct answers among all, 0 to 1."""
        return self.correct / self.total

    @property
    def confusion(self) -> NDArray[np.int64]:
        """10×10: row i, column j counts the pictures of digit i that were read as j."""
        return np.bincount(CLASSES * self.labels + self.predictions, minlength=CLASSES**2).reshape(CLASSES, CLASSES)

    @property
    def reliability(self) -> list[Bin]:
        """The answers in 15 bins of confidence, and how many of each were right."""
        return reliability(self.confidence, self.is_correct)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over those bins, 0 to 1."""
        return calibration_error(self.reliability)

    def mistakes(self, count: int) -> list[Mistake]:
        """The wrong answers that the network was surest of, surest first."""
        wrong = np.flatnonzero(~self.is_correct)
        wrong = wrong[np.argsort(-self.confidence[wrong], kind="stable")][:count]
        return [
            Mistake(int(i), int(self.labels[i]), int(self.predictions[i]), float(self.confidence[i])) for i in wrong
        ]


def evaluate(network: Network, digits: Digits, temperature: float = 1.0) -> Evaluation:
    """Let the network read every digit once. The digits live on the network's device.

    The probabilities are softmax(logits / temperature): no temperature changes an answer, but how sure it is.
    """
    logits = compute_logits(network, digits.normalised()) / temperature
    probabilities = logits.softmax(1)
    sure, predictions = probabilities.max(1)
    return Evaluation(
        loss=F.cross_entropy(logits.double(), digits.labels).item(),
        labels=digits.labels.cpu().numpy(),
        predictions=predictions.cpu().numpy(),
        confidence=sure.cpu().numpy(),
        probabilities=probabilities.cpu().numpy(),
    )


def compute_logits(network: Network, pictures: Tensor) -> Tensor:
    """The network's logits, N×10, for any number of normalised pictures, N×1×28×28."""
    network.eval()
    with torch.inference_mode():
        return torch.cat([network.quick(batch) for batch in torch.split(pictures, BATCH)])
