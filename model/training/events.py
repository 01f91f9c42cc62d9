"""The events that `run.train` yields while a network is trained."""

from dataclasses import dataclass
from pathlib import Path

from model.checkpoint import Checkpoint
from model.layers import NetworkName


@dataclass(frozen=True)
class Started:
    """A run starts, or continues after `epoch` complete epochs. `images` is the number of training images per epoch."""

    recipe: str
    network: NetworkName
    shuffled: bool
    seed: int
    device: str
    epoch: int
    epochs: int
    images: int


@dataclass(frozen=True)
class Progress:
    """Sent every few batches. `images` counts this epoch's images so far, and `loss` is their mean loss in nats."""

    epoch: int
    images: int
    loss: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class EpochDone:
    """An epoch is complete and its weights are on disk. Epoch 0 is the untrained network.

    `loss` (mean, nats), `correct` and `total` were measured on the test set. The training loss and the speed are None
    for epoch 0.
    """

    epoch: int
    epochs: int
    loss: float
    correct: int
    total: int
    training_loss: float | None
    images_per_second: float | None
    file: Path

    def __str__(self) -> str:
        """The line that the lesson's program prints."""
        return (
            f"Test set: Average loss: {self.loss:.4f}, Accuracy: {self.correct}/{self.total} "
            f"({100 * self.correct / self.total:.2f}%)"
        )


@dataclass(frozen=True)
class Finished:
    """The run is complete. `files` are its results."""

    checkpoint: Checkpoint
    files: tuple[Path, ...]


Event = Started | Progress | EpochDone | Finished
