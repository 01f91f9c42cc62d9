"""The events that `model.training.run.train` yields during a training run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from model.checkpoint import Checkpoint
from model.evaluation.accuracy import Evaluation
from model.layers import NetworkName
from model.training.followed_step import FollowedStep


@dataclass(frozen=True)
class Started:
    """The first event of a run, whether it is new or resumed.

    `epoch` is the number of complete epochs, `epochs` is the number of epochs that the run will have, and `images` is
    the number of training images per epoch, in `batches` batches. `threads` is the number of threads of PyTorch on a
    CPU. `notes` are sentences about a resumed run whose result will not be bit for bit that of an uninterrupted one.
    """

    recipe: str
    network: NetworkName
    shuffled: bool
    seed: int
    device: str
    epoch: int
    epochs: int
    images: int
    batches: int
    threads: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """An event after every few batches.

    `images` is the number of images so far in this epoch, and `loss` is their mean loss in nats. `recent_loss` and
    `recent_accuracy` (0 to 1) are those of the images since the last such event. `batch` is the number of batches so
    far in this epoch. `seconds_left` is an estimate for the rest of the run. `step` is the last step, if it was
    followed. `kernels` are the weights of conv1 (`conv1_kernels`). `save` writes the present weights to a file; call it
    before the next event.
    """

    epoch: int
    batch: int
    images: int
    loss: float
    recent_loss: float
    recent_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds_left: float
    step: FollowedStep | None = None
    kernels: str | None = None
    save: Callable[[Path], object] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class EpochDone:
    """An epoch is complete and its weights are on disk. Epoch 0 is the untrained network.

    `loss` (mean, nats), `correct` (number of correct predictions) and `total` (number of images) are measured on the
    test set. `training_loss` and `images_per_second` are None for epoch 0. `training_correct` is the number of correct
    predictions of the `training_total` training images, each made just before the step on its batch; None for epoch 0.
    `file` contains the weights, and `result` all predictions for the test set.
    """

    epoch: int
    epochs: int
    loss: float
    correct: int
    total: int
    training_loss: float | None
    images_per_second: float | None
    file: Path
    training_correct: int | None = None
    training_total: int | None = None
    result: Evaluation | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """The line that the lesson's program prints after an epoch."""
        return (
            f"Test set: Average loss: {self.loss:.4f}, Accuracy: {self.correct}/{self.total} "
            f"({100 * self.correct / self.total:.2f}%)"
        )


@dataclass(frozen=True)
class Finished:
    """The run is complete. `checkpoint` contains the final weights, and `files` are the paths of all result files."""

    checkpoint: Checkpoint
    files: tuple[Path, ...]


Event = Started | Progress | EpochDone | Finished
