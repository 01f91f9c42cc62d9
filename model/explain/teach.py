"""Fine-tunes a network on a few drawings by gradient descent, in NumPy: the last layer, or all layers.

With the features f of a drawing (relu3, 128 numbers), the logits are z = W f + b. For N drawings with the labels y, one
step of gradient descent on the mean cross-entropy with the learning rate η is

    P = softmax(Z),   W ← W − η (P − Y)ᵀ F / N,   b ← b − η Σ (P − Y) / N

(Cox: The regression analysis of binary sequences, 1958; Bishop: Pattern Recognition and Machine Learning, 2006, 4.3.4).
`teach` trains only this layer, 1,290 of the 225,034 numbers. `teach_all` applies θ ← θ − η ∂L/∂θ to all of them, with
the gradients of model.explain.gradients.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.explain.accuracy import BATCH, Floats
from model.explain.gradients import NEEDED, backward, of_loss
from model.layers import CLASSES

Tensors = Mapping[str, Floats]
RunWeights = Callable[[Tensors, Floats, Sequence[str]], Sequence[Floats]]  # see model.inference.engines.run_weights

WEIGHT, BIAS = "classifier.3.weight", "classifier.3.bias"
EVERY = 3  # of the drawings of each digit, one in three is held out


@dataclass(frozen=True)
class LastLayer:
    """The weights of the last layer, float32 (10, 128), and its biases, float32 (10,)."""

    weights: Floats
    biases: Floats

    @classmethod
    def of(cls, tensors: Mapping[str, Floats]) -> "LastLayer":
        """The last layer of a network."""
        return cls(tensors[WEIGHT], tensors[BIAS])

    def logits(self, features: Floats) -> Floats:
        """The logits, N×10, for features N×128."""
        result: Floats = features @ self.weights.T + self.biases
        return result

    def into(self, tensors: Mapping[str, Floats]) -> dict[str, Floats]:
        """The tensors of a network with this last layer."""
        return {**tensors, WEIGHT: self.weights, BIAS: self.biases}


def held_out(labels: Sequence[int]) -> list[bool]:
    """For each drawing, whether it is held out: these are the third, the sixth, … drawing of each digit."""
    counts = [0] * CLASSES
    result = []
    for label in labels:
        counts[label] += 1
        result.append(counts[label] % EVERY == 0)
    return result


def teach(layer: LastLayer, features: Floats, labels: NDArray[np.integer], rate: float, steps: int) -> LastLayer:
    """The last layer after `steps` steps of gradient descent on all N drawings, features N×128."""
    weights, biases = layer.weights.astype(np.float64), layer.biases.astype(np.float64)
    inputs = features.astype(np.float64)
    wanted = np.eye(CLASSES)[labels]
    for _ in range(steps):
        logits = inputs @ weights.T + biases
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        errors = (powers / powers.sum(axis=1, keepdims=True) - wanted) / len(labels)
        weights -= rate * (errors.T @ inputs)
        biases -= rate * errors.sum(axis=0)
    return LastLayer(weights.astype(np.float32), biases.astype(np.float32))


@np.errstate(over="ignore", invalid="ignore")
def teach_all(
    tensors: Tensors, inputs: Floats, labels: NDArray[np.integer], rate: float, steps: int, run: RunWeights
) -> dict[str, Floats]:
    """The network after `steps` steps of gradient descent on all N drawings, normalised images N×1×28×28.

    `run` computes the outputs of layers for any weights. If training diverges, the result is not finite.
    """
    names = (*NEEDED, "logits")
    taught = dict(tensors)
    for _ in range(steps):
        summed: dict[str, Floats] = {}
        for first in range(0, len(inputs), BATCH):  # all at once would take more memory and no less time
            part = slice(first, first + BATCH)
            outputs = dict(zip(names, run(taught, inputs[part], names), strict=True))
            powers = np.exp(outputs["logits"] - outputs["logits"].max(axis=1, keepdims=True))
            start = of_loss(labels[part], powers / powers.sum(axis=1, keepdims=True))
            start *= np.float32(len(start) / len(inputs))  # the share of these drawings in the mean
            for key, values in backward(taught, outputs, start, parameters=True).parameters.items():
                summed[key] = summed[key] + values if first else values
        taught = {key: values - np.float32(rate) * summed[key] for key, values in taught.items()}
    return taught
