"""Accuracy of a network: predicts a set of digits once and computes all measures from the predictions.

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

BATCH = 250  # images per batch; larger batches do not fit into the CPU caches and take two to three times as long


@dataclass(frozen=True)
class Mistake:
    """A wrong prediction: the index of the image, its label, the predicted digit and the confidence (0 to 1)."""

    index: int
    label: int
    answer: int
    confidence: float


@dataclass(frozen=True)
class Evaluation:
    """The predictions of a network for N digits.

    `loss` is the mean cross-entropy of softmax(logits) in nats, the loss that training minimises; `calibrated_loss` is
    that of the probabilities. They are equal if the temperature is 1. `labels` and `predictions` are digits, N each.
    `confidence` is the probability of each predicted digit, N. `probabilities` are the probabilities of all ten digits,
    N×10.
    """

    loss: float
    calibrated_loss: float
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    confidence: NDArray[np.float32]
    probabilities: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, CLASSES), np.float32))

    @property
    def total(self) -> int:
        """The number of images."""
        return len(self.labels)

    @property
    def is_correct(self) -> NDArray[np.bool_]:
        """Whether each prediction is correct, N."""
        correct: NDArray[np.bool_] = self.labels == self.predictions
        return correct

    @property
    def correct(self) -> int:
        """The number of correct predictions."""
        return int(self.is_correct.sum())

    @property
    def accuracy(self) -> float:
        """The share of correct predictions, 0 to 1."""
        return self.correct / self.total

    @property
    def confusion(self) -> NDArray[np.int64]:
        """The confusion matrix, 10×10: row i, column j counts the images of digit i that were predicted as j."""
        return np.bincount(CLASSES * self.labels + self.predictions, minlength=CLASSES**2).reshape(CLASSES, CLASSES)

    @property
    def reliability(self) -> list[Bin]:
        """The predictions in 15 bins of confidence, with the accuracy in each bin."""
        return reliability(self.confidence, self.is_correct)

    @property
    def calibration_error(self) -> float:
        """The expected calibration error over the bins of `reliability`, 0 to 1."""
        return calibration_error(self.reliability)

    def mistakes(self, count: int) -> list[Mistake]:
        """The `count` wrong predictions with the highest confidence, highest first."""
        wrong = np.flatnonzero(~self.is_correct)
        wrong = wrong[np.argsort(-self.confidence[wrong], kind="stable")][:count]
        return [
            Mistake(int(i), int(self.labels[i]), int(self.predictions[i]), float(self.confidence[i])) for i in wrong
        ]


def evaluate(network: Network, digits: Digits, temperature: float = 1.0) -> Evaluation:
    """Predict every digit once. The digits must be on the network's device.

    The probabilities are softmax(logits / temperature). The temperature changes the confidence, but neither the
    predictions nor `loss`.
    """
    logits = compute_logits(network, digits.normalised())
    probabilities = (logits / temperature).softmax(1)
    confidence, predictions = probabilities.max(1)
    return Evaluation(
        loss=F.cross_entropy(logits.double(), digits.labels).item(),
        calibrated_loss=F.cross_entropy(logits.double() / temperature, digits.labels).item(),
        labels=digits.labels.cpu().numpy(),
        predictions=predictions.cpu().numpy(),
        confidence=confidence.cpu().numpy(),
        probabilities=probabilities.cpu().numpy(),
    )


def compute_logits(network: Network, images: Tensor) -> Tensor:
    """The network's logits, N×10, for N normalised images, N×1×28×28."""
    network.eval()
    with torch.inference_mode():
        return torch.cat([network.fast_logits(batch) for batch in torch.split(images, BATCH)])
