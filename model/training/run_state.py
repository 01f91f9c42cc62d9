"""The state of a run, saved in `resume.pt`: its options, the state of its trainer, and the results after each epoch."""

import io
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed

import model
from model import checkpoint
from model.checkpoint import replace_file
from model.evaluation.accuracy import Evaluation
from model.layers import NetworkName, pixel_order
from model.runs.settings import RunSettings, changed
from model.training.events import EpochDone
from model.training.recipes import LARGEST_SEED, LESSON, RECIPES, Recipe, weights_name
from model.training.trainer import Report, Trainer, TrainingError
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
    changes: Mapping[str, Any] | None = None


@dataclass
class Measured:
    """The results after one epoch.

    `loss` (mean, nats), `correct` (number of correct predictions) and `total` (number of images) are measured on the
    test set. `training_loss` is the mean loss of the epoch in nats, and `training_correct` of `training_total` training
    images were predicted correctly; all are None for the untrained network.
    """

    loss: float
    correct: int
    total: int
    training_loss: float | None
    training_correct: int | None = None
    training_total: int | None = None


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
    changes: dict[str, Any] = field(default_factory=dict)  # other values for fields of the recipe
    threads: int = field(default_factory=torch.get_num_threads)  # of the last process that trained

    @property
    def chosen(self) -> Recipe:
        """The recipe with the changes of this run."""
        return changed(replace(RECIPES[self.recipe], network=self.network), self.changes)

    @property
    def settings(self) -> RunSettings:
        """All settings of this run."""
        return RunSettings.of_recipe(
            self.recipe, epochs=self.epochs, seed=self.seed, network=self.network, shuffled=self.shuffled,
            **self.changes,
        )  # fmt: skip

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
        changes = dict(options.changes or {})
        network, shuffled = options.network or "cnn", bool(options.shuffled)
        return cls(recipe, seed, epochs, device, files, [], None, network, shuffled, changes)

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

    def check_resume(self, out: Path, options: RunOptions, device: str, files: dict[str, str]) -> tuple[str, ...]:
        """Check whether this run can be resumed with these options, and set its `epochs`, `device` and `threads`.

        `out` is the folder of the run, and `files` are the names and SHA-256 of the data files. Returns sentences: why
        the weights will not be bit for bit those of an uninterrupted run. Raises TrainingError if the options or the
        data differ from those of the run, or if `epochs` cannot be changed in this way.
        """
        self.check_options(out, options)
        if files != self.files:
            raise TrainingError(f"The run in {out} was trained on other data, so it cannot be resumed with this data.")
        return self._continue(options, device)

    def check_options(self, out: Path, options: RunOptions) -> None:
        """Raise TrainingError if the run in the folder `out` cannot be resumed with these options."""
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
        for name, value in (options.changes or {}).items():
            if value != getattr(self.chosen, name):
                raise TrainingError(
                    f"The run in {out} has {name.replace('_', ' ')} {getattr(self.chosen, name)}, not {value}. Start a "
                    "new run in another folder with --out."
                )
        if options.epochs not in (None, self.epochs) and RECIPES[self.recipe].warm_up is not None:
            raise TrainingError(
                f"The recipe {self.recipe} plans its learning rate for the whole run, so the run in {out} cannot have "
                f"{options.epochs} epochs instead of {self.epochs}. Leave out --epochs, or start a new run in another "
                "folder."
            )
        if options.epochs is not None and options.epochs < self.done:
            raise TrainingError(f"The run in {out} has already done {self.done} epochs, more than {options.epochs}.")

    def _continue(self, options: RunOptions, device: str) -> tuple[str, ...]:
        """Set the epochs, the device and the threads. Returns why the result will not be bit for bit the same."""
        self.epochs = self.epochs if options.epochs is None else options.epochs
        threads = torch.get_num_threads()
        if device != self.device:
            difference = f"on {self.device} before and on {device} now"
        elif device == "cpu" and threads != self.threads:
            difference = f"with {self.threads} threads before and with {threads} now"
        else:
            return ()
        self.device, self.threads = device, threads
        return (
            f"The run is trained {difference}, so its weights will not be bit for bit those of an uninterrupted run.",
        )

    def save_epoch(
        self,
        out: Path,
        trainer: Trainer,
        result: Evaluation,
        training: Report | None = None,
        images_per_second: float | None = None,
    ) -> EpochDone:
        """Save the results of an epoch: first its weights, then `resume.pt`.

        `result` is measured on the test set. `training` is the trainer's last report of the epoch; None for epoch 0.
        The epoch counts as complete when `resume.pt` is written. If the run is stopped before, the epoch is repeated.
        """
        measured = Measured(result.loss, result.correct, result.total, None)
        if training is not None:
            measured.training_loss, measured.training_correct = training.loss, training.correct
            measured.training_total = training.images
        self.measured.append(measured)
        file = out / f"epoch-{self.done:02}.safetensors"
        checkpoint.write(file, arrays(trainer), self.metadata(f"{self.name}-epoch-{self.done:02}"))
        saved = {
            "recipe": self.recipe,
            "seed": self.seed,
            "epochs": self.epochs,
            "device": self.device,
            "network": self.network,
            "shuffled": self.shuffled,
            "changes": self.changes,
            "threads": self.threads,
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
            measured.training_loss,
            images_per_second,
            file,
            measured.training_correct,
            measured.training_total,
            result,
        )

    def save_snapshot(self, trainer: Trainer, epoch: int, batch: int, file: Path) -> None:
        """Save the weights after a batch of an epoch. They have no accuracy, because they are not tested.

        They are soon deleted, so training does not wait until the disk has them.
        """
        metadata = {
            "name": f"{self.name}-epoch-{epoch:02}-batch-{batch}",
            "recipe": self.recipe,
            "seed": str(self.seed),
        }
        checkpoint.write(file, arrays(trainer), metadata, durable=False)

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
            **{name: str(value) for name, value in self.changes.items()},
            **({"processes": str(distributed.get_world_size())} if distributed.is_initialized() else {}),
            **({} if self.network == "cnn" else {"network": self.network}),
            **({checkpoint.PIXEL_ORDER: json.dumps(pixel_order())} if self.shuffled else {}),
        }


def find_run(out: Path, *, resume: bool) -> RunState | None:
    """The run in the folder `out`; None if a new one can start there.

    Raises TrainingError if there is a run but `resume` is false, or no run but `resume` is true.
    """
    run = RunState.read(out) if (out / RESUME).exists() else None
    if run is None and resume:
        raise TrainingError(f"There is no run to resume in {out}. Without --resume a new one starts there.")
    if run is not None and not resume:
        raise TrainingError(
            f"{out} already contains a run ({run}). Continue it with --resume, or choose another folder with --out."
        )
    return run


def settings_for(out: Path, options: RunOptions, *, resume: bool) -> RunSettings:
    """The settings with which the run in the folder `out` starts or continues. Raises TrainingError."""
    run = find_run(out, resume=resume)
    if run is None:
        return RunState.new(options, "cpu", {}).settings
    run.check_options(out, options)
    return replace(run.settings, epochs=options.epochs or run.epochs)


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
