"""The calibration of weights: the parameters of the in-distribution score, and the temperature of the softmax.

`inkling calibrate` (`model.training.calibrate`) writes a calibration beside the weights as
`<stem>.calibration.safetensors`.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import checkpoint as checkpoints
from model import hints
from model.checkpoint import MOST_OF_A_PATH, Checkpoint, CheckpointError
from model.weight_files import safetensors_file
from model.weight_files.errors import WeightFileError, one_line
from model.weight_files.files import read_file

Floats = NDArray[np.float32]

SUFFIX = ".calibration.safetensors"
# Hidden units of the small network that computes the raw score. With 32 units, it accepts more letters as digits; with
# 128, it is slower.
HIDDEN = 64
SCORING: dict[str, tuple[int, ...]] = {
    "flatten.weight": (1600, HIDDEN),
    "relu3.weight": (128, HIDDEN),
    "hidden.bias": (HIDDEN,),
    "score.weight": (HIDDEN,),
}  # the tensors of the raw score: see Calibration.score
SHAPES: dict[str, tuple[int | None, ...]] = {"temperature": (1,), **SCORING, "digits": (None,)}


@dataclass(frozen=True)
class Calibration:
    """The calibration of one set of weights.

    temperature  T in probabilities = softmax(logits / T)
    scoring      the tensors that compute the raw score, with the keys and shapes of `SCORING`
    digits       the raw scores of the held-out digits, in ascending order
    metadata     the metadata of the calibration's file
    """

    temperature: float
    scoring: dict[str, Floats] = field(repr=False)
    digits: Floats = field(repr=False)
    metadata: dict[str, str] = field(repr=False)

    @cached_property
    def _p_values(self) -> list[float]:
        """The p-values (k + 1)/(n + 1) for k = 0, …, n, to four decimals.

        k is the number of held-out digits, of n in all, whose raw score is not above that of the drawing.
        """
        count = len(self.digits)
        return [round((below + 1) / (count + 1), 4) for below in range(count + 1)]

    def score(self, flatten: Floats, relu3: Floats) -> Floats:
        """The raw scores of N drawings, computed from their layers `flatten`, N×1600, and `relu3`, N×128.

        score = w · max(0, A flatten + B relu3 + b), with A, B, b and w from `scoring`. It is trained to be larger for
        digits than for other drawings.
        """
        weights = self.scoring
        hidden = flatten @ weights["flatten.weight"] + relu3 @ weights["relu3.weight"] + weights["hidden.bias"]
        scores: Floats = np.maximum(hidden, 0) @ weights["score.weight"]
        return scores

    def familiarity(self, scores: Floats) -> list[float]:
        """The in-distribution score for each raw score: its rank among the n held-out digits, above 0 and up to 1.

        The rank is a conformal p-value: (1 + number of held-out digits whose raw score is no higher) / (1 + n). At most
        a share α of real digits has a p-value of α or less; however the raw score is defined.
        """
        below: list[int] = self.digits.searchsorted(scores, side="right").tolist()
        return [self._p_values[count] for count in below]


def calibration_path(weights: str | Path) -> Path:
    """The path of the calibration that belongs to a file of weights."""
    weights = Path(weights)
    return weights.with_name(weights.stem + SUFFIX)


def fingerprint(checkpoint: Checkpoint) -> str:
    """The SHA-256 of the tensors alone: equal for a `.pth` and a `.safetensors` file with the same weights."""
    return hashlib.sha256(safetensors_file.encode(checkpoint.tensors, {})).hexdigest()


def read(weights: str | Path, checkpoint: Checkpoint) -> Calibration | None:
    """Read the calibration beside a file of weights; None if there is none.

    Raises CheckpointError if it is damaged or belongs to other weights.
    """
    path = calibration_path(weights)
    file, belongs_to = (one_line(each, most=MOST_OF_A_PATH) for each in (path, weights))
    again = f"Make it again: {hints.command('calibrate', '--weights', belongs_to)}"
    try:
        path.stat()
    except OSError:
        return None  # for example because its name would be too long
    try:
        content = read_file(path)
    except WeightFileError as error:
        raise CheckpointError(f"{file} {error.reason}") from error
    try:
        tensors, metadata = safetensors_file.load(content)
    except WeightFileError as error:
        raise CheckpointError(f"{file} is damaged. {again}") from error
    if metadata.get("fingerprint") != fingerprint(checkpoint):
        raise CheckpointError(f"{file} does not belong to {belongs_to}. {again}")
    if not _is_complete(tensors):
        raise CheckpointError(f"{file} does not have the format of this version. {again}")
    return Calibration(
        temperature=round(float(tensors["temperature"][0]), 6),
        scoring={name: tensors[name] for name in SCORING},
        digits=np.sort(tensors["digits"]),
        metadata=metadata,
    )


def read_calibrated(weights: str | Path, *, baselines: bool = False) -> tuple[Checkpoint, Calibration | None]:
    """Read weights and the calibration beside them; the calibration is None if there is no such file.

    Raises CheckpointError if one of the files cannot be used; `baselines` is that of `model.checkpoint.read`.
    """
    checkpoint = checkpoints.read(weights, baselines=baselines)
    return checkpoint, read(weights, checkpoint)


def _is_complete(tensors: dict[str, Floats]) -> bool:
    """Whether the keys, shapes and types of the tensors are those of a calibration, and their values are valid."""
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
