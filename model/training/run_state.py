"""The state of a run, saved in `resume.pt`: its options, the state of its trainer, and the results after each epoch."""

import io
import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import model
from model import checkpoint
from model.checkpoint import replace_file
from model.evaluation.accuracy import Evaluation
from model.layers import NetworkName, pixel_order
from model.training.events import EpochDone
from model.training.recipes import LARGEST_SEED, LESSON, RECIPES, weights_name
from model.training.trainer import Trainer, TrainingError
from model.weight_files import torch_files
from model.weight_files.files import read_file

RESUME = "resume.pt"  # contains everything that is needed to continue a run


@dataclass(frozen=True)
class RunOptions:
    """The options given for a run. None means that the option was not given."""

    recipe: str | None = None
    seed: int | None = None
    epochs: int | None = None
    network: NetworkName | None = None
    shuffled: bool | None = None


@dataclass
class Measured:
    """The results after one epoch.

    `loss` (mean, nats), `correct` (number of correct predictions) and `total` (number of images) are measured on the
    test set. `training_loss` is the mean loss of the epoch in nats, or None for the untrained network.
    """

    loss: float
    correct: int
    total: int
    training_loss: float | None


@dataclass
class RunState:
    """The options of a run and its results so far.

    `state` is the trainer's state that `read` found in `resume.pt`, or None in a new run. It does not change while the
    run continues.
    """

    recipe: str
    seed: int
    epochs: int
    device: str
    files: dict[str, str]  # names and SHA-256 of the data files
    measured: list[Measured]
    state: dict[str, Any] | None = None
    network: NetworkName = "cnn"
    shuffled: bool = False

    @property
    def done(self) -> int:
        """The number of complete epochs. It is −1 before the untrained network is saved as epoch 0."""
        return len(self.measured) - 1

    @property
    def name(self) -> str:
        """The name of the run's weights."""
        return weights_name(self.recipe, self.network, self.shuffled)

    def __str__(self) -> str:
        variant = f"{'' if self.network == 'cnn' else 'dense network, '}{'shuffled pixels, ' if self.shuffled else ''}"
        return f"{variant}recipe {self.recipe}, seed {self.seed}, {self.done} of {self.epochs} epochs done"

    @classmethod
    def new(cls, options: RunOptions, device: str, files: dict[str, str]) -> "RunState":
        """The state of a run that has not started. Raises TrainingError if an option is not valid."""
        recipe, seed = options.recipe or LESSON.name, options.seed or 0
        if recipe not in RECIPES:
            raise TrainingError(f"There is no recipe {recipe}. Recipes: {', '.join(RECIPES)}.")
        if not 0 <= seed <= LARGEST_SEED:
            raise TrainingError(f"The seed must be a whole number from 0 to {LARGEST_SEED}.")
        epochs = RECIPES[recipe].epochs if options.epochs is None else options.epochs
        _check_epochs(epochs)
        return cls(recipe, seed, epochs, device, files, [], None, options.network or "cnn", bool(options.shuffled))

    @classmethod
    def read(cls, out: Path) -> "RunState":
        """Read the state of the run in the folder `out`. Raises TrainingError if `resume.pt` is damaged."""
        try:
            saved = torch_files.load(read_file(out / RESUME), torch.from_numpy)
            measured = [Measured(**epoch) for epoch in saved.pop("measured")]
            return cls(**saved, measured=measured)
        except Exception as error:  # reading a damaged file can raise almost any exception
            raise TrainingError(
                f"{out / RESUME} is damaged, so this run cannot be resumed. Start a new one in another folder (--out)."
            ) from error

    def check_resume(self, out: Path, options: RunOptions, device: str, files: dict[str, str]) -> None:
        """Check whether this run can be resumed with these options, and set its `epochs` if the options give them.

        `out` is the folder of the run, and `files` are the names and SHA-256 of the data files. Raises TrainingError if
        the options, the device or the data differ from those of the run, or if `epochs` cannot be changed in this way.
        """
        _check_epochs(options.epochs)
        for name, given, own in (
            ("recipe", options.recipe, self.recipe),
            ("seed", options.seed, self.seed),
            ("network", options.network, self.network),
        ):
            if given is not None and given != own:
                raise TrainingError(
                    f"The run in {out} has {name} {own}, not {given}. Leave out --{name} to resume it, "
                    f"or start a new run in another folder with --out."
                )
        if options.shuffled is not None and options.shuffled != self.shuffled:
            raise TrainingError(
                f"The run in {out} was trained {'with' if self.shuffled else 'without'} shuffled pixels. "
                f"Resume it {'with' if self.shuffled else 'without'} --shuffle-pixels, or start a new run in another "
                "folder with --out."
            )
        if self.recipe not in RECIPES:
            raise TrainingError(f"The run in {out} uses the recipe {self.recipe}, which this version does not have.")
        if files != self.files:
            raise TrainingError(f"The run in {out} was trained on other data, so it cannot be resumed with this data.")
        if device != self.device:
            raise TrainingError(
                f"The run in {out} was trained on {self.device}; on {device} it would end with other weights. "
                f"Use --device {self.device}, or start a new run in another folder with --out."
            )
        if options.epochs not in (None, self.epochs) and RECIPES[self.recipe].warm_up is not None:
            raise TrainingError(
                f"The recipe {self.recipe} plans its learning rate for the whole run, so the run in {out} cannot have "
                f"{options.epochs} epochs instead of {self.epochs}. Leave out --epochs, or start a new run in another "
                "folder."
            )
        if options.epochs is not None and options.epochs < self.done:
            raise TrainingError(f"The run in {out} has already done {self.done} epochs, more than {options.epochs}.")
        self.epochs = self.epochs if options.epochs is None else options.epochs

    def save_epoch(
        self,
        out: Path,
        trainer: Trainer,
        result: Evaluation,
        training_loss: float | None,
        images_per_second: float | None,
    ) -> EpochDone:
        """Save the results of an epoch: first its weights, then `resume.pt`.

        The epoch counts as complete when `resume.pt` is written. If the run is stopped before, the epoch is repeated.
        """
        self.measured.append(Measured(result.loss, result.correct, result.total, training_loss))
        file = out / f"epoch-{self.done:02}.safetensors"
        checkpoint.write(file, arrays(trainer), self.metadata(f"{self.name}-epoch-{self.done:02}"))
        saved = {
            "recipe": self.recipe,
            "seed": self.seed,
            "epochs": self.epochs,
            "device": self.device,
            "network": self.network,
            "shuffled": self.shuffled,
            "files": self.files,
            "measured": [asdict(epoch) for epoch in self.measured],
            "state": trainer.state(),
        }
        replace_file(out / RESUME, torch_bytes(saved))
        return EpochDone(
            self.done,
            self.epochs,
            result.loss,
            result.correct,
            result.total,
            training_loss,
            images_per_second,
            file,
        )

    def metadata(self, name: str) -> dict[str, str]:
        """The metadata of the run's weights, which describe how they were trained.

        They contain no times, host names or paths, so the same run writes the same bytes.
        """
        last = self.measured[-1]
        return {
            "name": name,
            "recipe": self.recipe,
            "seed": str(self.seed),
            "epochs": str(self.done),
            "accuracy": f"{last.correct / last.total:.4f}",
            "loss": f"{last.loss:.6f}",
            "accuracy_per_epoch": json.dumps([round(epoch.correct / epoch.total, 6) for epoch in self.measured]),
            "loss_per_epoch": json.dumps([round(epoch.loss, 6) for epoch in self.measured]),
            "training_loss_per_epoch": json.dumps(
                [None if epoch.training_loss is None else round(epoch.training_loss, 6) for epoch in self.measured]
            ),
            "data_sha256": json.dumps(self.files),
            "device": self.device if self.device == "cpu" else torch.cuda.get_device_name(),
            "threads": str(torch.get_num_threads()),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "created_by": f"inkling {model.__version__}",
            **({} if self.network == "cnn" else {"network": self.network}),
            **({checkpoint.PIXEL_ORDER: json.dumps(pixel_order())} if self.shuffled else {}),
        }


def _check_epochs(epochs: int | None) -> None:
    if epochs is not None and epochs < 1:
        raise TrainingError("A run needs at least one epoch.")


def arrays(trainer: Trainer) -> dict[str, NDArray[Any]]:
    """The trainer's weights as NumPy arrays."""
    return {key: values.numpy() for key, values in trainer.weights().items()}


def torch_bytes(value: Any) -> bytes:
    """The bytes that torch.save would write for `value`."""
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()
