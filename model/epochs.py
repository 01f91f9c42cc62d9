"""The weights of the shipped run `lesson` after each of its epochs, from 0, the untrained network, to 5.

The last epoch is `lesson.safetensors`. For each earlier one, `lesson.epochs.safetensors` has the differences to the
next epoch as float16: added to the weights of the next epoch, they give the weights of this one. Differences are
smaller than weights, so float16 is precise enough: the weights are within 2e-4 of those of the run, and a file with
all weights as float32 would be twice as large. `python -m tools.lesson_epochs` makes the file.
"""

import hashlib
import json
from functools import cache
from typing import NamedTuple

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from model.checkpoint import LESSON, WEIGHTS, Checkpoint, read
from model.layers import PARAMETERS
from model.weight_files.safetensors_file import encode, metadata_of

RUN = "lesson"
FILE = WEIGHTS / f"{RUN}.epochs.safetensors"


class MeasuredEpoch(NamedTuple):
    """An epoch's results on MNIST's test images: the share of correct predictions, and the mean loss in nats."""

    epoch: int
    accuracy: float
    loss: float


def key_of(epoch: int, parameter: str) -> str:
    """The key of a difference in the file."""
    return f"{epoch}.{parameter}"


def encode_differences(epochs: list[dict[str, NDArray[np.float32]]], measured: list[MeasuredEpoch]) -> bytes:
    """The content of the file, for the weights of all epochs, the untrained ones first."""
    differences: dict[str, NDArray[np.float16]] = {}
    later = epochs[-1]
    for epoch in range(len(epochs) - 2, -1, -1):
        for parameter in PARAMETERS:
            differences[key_of(epoch, parameter)] = (epochs[epoch][parameter] - later[parameter]).astype(np.float16)
        # Continue from what a reader computes, so that rounding errors do not add up.
        later = _added(later, differences, epoch)
    return safetensors.numpy.save(differences, {"epochs": json.dumps(measured)})


@cache
def measured_epochs() -> tuple[MeasuredEpoch, ...]:
    """The results of each epoch, as the run measured them."""
    return tuple(MeasuredEpoch(*each) for each in json.loads(metadata_of(FILE.read_bytes())["epochs"]))


def read_epoch(epoch: int) -> Checkpoint:
    """The weights after an epoch, 0 to 5. Raises KeyError for other numbers."""
    last = read(LESSON)
    measured = measured_epochs()
    if epoch == measured[-1].epoch:
        return last
    found = {each.epoch: each for each in measured}[epoch]
    differences = safetensors.numpy.load(FILE.read_bytes())
    tensors = last.tensors
    for step in range(len(measured) - 2, epoch - 1, -1):
        tensors = _added(tensors, differences, step)
    name = f"{RUN}-epoch-{epoch}"
    metadata = {**last.metadata, "name": name, "epoch": str(epoch), "accuracy": str(found.accuracy)}
    content = encode(tensors, metadata)
    return Checkpoint(tensors, metadata, hashlib.sha256(content).hexdigest(), content, name)


def _added(
    later: dict[str, NDArray[np.float32]], differences: dict[str, NDArray[np.float16]], epoch: int
) -> dict[str, NDArray[np.float32]]:
    """The weights of an epoch, computed from those of the next epoch."""
    return {name: later[name] + differences[key_of(epoch, name)].astype(np.float32) for name in PARAMETERS}
