"""How much like a digit a drawing is, and how far its probabilities can be trusted: the calibration of weights.

It lies beside the weights as `<stem>.calibration.safetensors` and is made by `inkling calibrate`
(`model.training.calibrate`).
Only NumPy here: this is on the path of every request.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from model.checkpoint import Checkpoint, CheckpointError, encode, metadata_of

Floats = NDArray[np.float32]

ENDING = ".calibration.safetensors"
HIDDEN = 64  # units between the activations and the score; half as many miss more letters, twice as many cost more
SCORING: dict[str, tuple[int, ...]] = {
    "flatten.weight": (1600, HIDDEN),
    "relu3.weight": (128, HIDDEN),
    "hidden.bias": (HIDDEN,),
    "score.weight": (HIDDEN,),
}  # what a score is made of
SHAPES: dict[str, tuple[int | None, ...]] = {"temperature": (1,), **SCORING, "digits": (None,)}


@dataclass(frozen=True)
class Calibration:
    """What `inkling calibrate` found out about one set of weights.

    `temperature` is T in probabilities = softmax(logits / T). `scoring` are the numbers that a score is made of, keyed
    and shaped as in `SHAPES`; `digits` the scores of real digits held back from fitting, rising.
    """

    temperature: float
    scoring: dict[str, Floats] = field(repr=False)
    digits: Floats = field(repr=False)
    metadata: dict[str, str] = field(repr=False)

    @cached_property
    def _shares(self) -> list[float]:
        """For every number of digits that score no higher the familiarity, to four places."""
        count = len(self.digits)
        return [round((below + 1) / (count + 1), 4) for below in range(count + 1)]

    def score(self, flatten: Floats, relu3: Floats) -> Floats:
        """The in-distribution scores of N drawings from the layers `flatten`, N×1600, and `relu3`, N×128.

        score = w · max(0, A flatten + B relu3 + b): larger for digits than for anything else.
        """
        weights = self.scoring
        hidden = flatten @ weights["flatten.weight"] + relu3 @ weights["relu3.weight"] + weights["hidden.bias"]
        scores: Floats = np.maximum(hidden, 0) @ weights["score.weight"]
        return scores

    def familiarity(self, scores: Floats) -> list[float]:
        """For each score the share of real digits that look no more like digits than the drawing, above 0 up to 1.

        A conformal p-value, (1 + how many of n held-back digits score no higher) / (1 + n): of real digits a share of
        at most α gets a familiarity of α or less, whatever the score is.
        """
        below: list[int] = self.digits.searchsorted(scores, side="right").tolist()
        return [self._shares[count] for count in below]


def beside(weights: str | Path) -> Path:
    """Where the calibration of a file of weights lies."""
    weights = Path(weights)
    return weights.with_name(weights.stem + ENDING)


def fingerprint(checkpoint: Checkpoint) -> str:
    """The SHA-256 of the weights' numbers alone: the same for one network's `.pth` and `.safetensors`."""
    return hashlib.sha256(encode(checkpoint.tensors, {})).hexdigest()


def read(weights: str | Path, checkpoint: Checkpoint) -> Calibration | None:
    """The calibration beside a file of weights, None where there is none.

    Raises CheckpointError where it is damaged or belongs to other weights.
    """
    path = beside(weights)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    again = f"Make it again: inkling calibrate --weights {weights}"
    try:
        tensors = safetensors.numpy.load(content)
        metadata = metadata_of(content)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is damaged. {again}") from error
    if metadata.get("fingerprint") != fingerprint(checkpoint):
        raise CheckpointError(f"{path} belongs to other weights than {weights}. {again}")
    if not _whole(tensors):
        raise CheckpointError(f"{path} does not hold what this version reads. {again}")
    return Calibration(
        temperature=round(float(tensors["temperature"][0]), 6),
        scoring={name: tensors[name] for name in SCORING},
        digits=np.sort(tensors["digits"]),
        metadata=metadata,
    )


def _whole(tensors: dict[str, Floats]) -> bool:
    """Whether every number is there, finite, and of the shape it should have."""
    return (
        tensors.keys() == SHAPES.keys()
        and all(
            tensors[key].dtype == np.float32
            and len(tensors[key].shape) == len(shape)
            and all(length in (None, found) for length, found in zip(shape, tensors[key].shape, strict=True))
            and np.isfinite(tensors[key]).all()
            for key, shape in SHAPES.items()
        )
        and float(tensors["temperature"][0]) > 0
        and len(tensors["digits"]) > 0
    )
