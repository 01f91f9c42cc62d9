"""Recipes, and the loop that follows them.

    train, test = dataset.load("data")
    for event in training.train("runs/lesson", train, test):
        print(event)

A run is decided by its recipe, its seed, its data and its device. Everything random is derived from the seed and the
number of the epoch, so a run that was stopped and resumed ends with the very weights of one that never stopped.
"""

import copy
import io
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from model import checkpoint
from model.checkpoint import Checkpoint, replace_file
from model.data.mnist import Digits
from model.evaluation.accuracy import Evaluation, evaluate
from model.layers import NetworkName, pixel_order
from model.network import CLASSES_BY_NAME, CNN, Dense, Network, Shuffled, reordered
from model.training.export_onnx import export_onnx
from model.training.recipes import LARGEST_SEED, LESSON, RECIPES, Recipe

RESUME = "resume.pt"  # all that a run needs to go on: weights, the optimiser's state, what was measured
REPORT_EVERY = 16  # batches between two progress events, and so between two waits for the device


class TrainingError(Exception):
    """A run that cannot start or go on. The message says why and what to do."""


# ---------------------------------------------------------------- what happens, as it happens


@dataclass(frozen=True)
class Started:
    """A run begins, or goes on after `epoch` whole epochs."""

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
    """Some batches later. `loss` is the mean over this epoch's pictures so far, in nats."""

    epoch: int
    images: int
    loss: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class EpochDone:
    """An epoch is over and its weights are on disk. Epoch 0 is the network before any training."""

    epoch: int
    epochs: int
    loss: float
    correct: int
    total: int
    training_loss: float | None
    images_per_second: float | None
    file: Path

    def __str__(self) -> str:
        """The lesson's own line."""
        return (
            f"Test set: Average loss: {self.loss:.4f}, Accuracy: {self.correct}/{self.total} "
            f"({100 * self.correct / self.total:.2f}%)"
        )


@dataclass(frozen=True)
class Finished:
    """The run is complete; `files` are the results."""

    checkpoint: Checkpoint
    files: tuple[Path, ...]


Event = Started | Progress | EpochDone | Finished


# ---------------------------------------------------------------- weights and devices


def network_of(weights: Checkpoint, device: str = "cpu") -> Network:
    """The checkpoint's weights in a network on the device, for pictures as they are."""
    network = CLASSES_BY_NAME[weights.network]()
    network.load_state_dict({key: torch.from_numpy(values) for key, values in weights.tensors.items()})
    placed = _place(network, device)
    return placed if weights.pixel_order is None else Shuffled(placed, weights.pixel_order).to(device)


def pick_device(wanted: str = "auto") -> str:
    """`cpu` or `cuda`; `auto` is the GPU if there is one. Raises TrainingError where the one wanted is not there."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "There is no CUDA device that PyTorch can use here. Leave out --device, or say --device cpu."
        )
    return wanted


def name_of(recipe: str, network: NetworkName = "cnn", shuffled: bool = False) -> str:
    """What weights of such a run are called: as the recipe, and what is unlike the lesson's network and pictures."""
    return f"{'' if network == 'cnn' else f'{network}-'}{recipe}{'-shuffled' if shuffled else ''}"


# ---------------------------------------------------------------- training


class Trainer:
    """A network on its way through a recipe; knows nothing of files.

    The mathematics is that of the lesson's loop. What makes it faster: the pictures lie on the device, normalised once,
    and a batch is an index into them; the convolutions run on the layout in which a CPU's kernels are at their best
    (channels last); the loss is added up on the device, so that no batch waits for a number to be read.
    """

    def __init__(self, recipe: Recipe, seed: int, device: str, epochs: int | None = None) -> None:
        self.recipe, self.seed, self.device = recipe, seed, device
        self.epochs = epochs or recipe.epochs
        with torch.random.fork_rng(devices=[]):  # whoever called keeps their own random numbers
            torch.default_generator.manual_seed(seed)
            network = recipe.network()  # made on the CPU, so that a GPU starts from the same weights
        self.network = _place(network, device)
        self.optimiser = recipe.optimiser(self.network)
        self.steps = 0
        self.average = [values.detach().clone() for values in self.network.parameters()] if recipe.average else None

    def epoch(self, pictures: Tensor, labels: Tensor, number: int) -> Iterator[tuple[int, float]]:
        """Train on every picture once, in the order of epoch `number` (from 1).

        Takes normalised pictures, N×1×28×28, and labels, N, on the device. Yields, every few batches and at the end,
        how many pictures have been seen and their mean loss in nats.
        """
        self.network.train()
        seen = 0
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        batches = torch.split(self.recipe.order(len(labels), self.seed, number).to(self.device), self.recipe.batch)
        for count, batch in enumerate(batches, start=1):
            self.set_rate((number - 1 + (count - 1) / len(batches)) / self.epochs)
            total += self.step(pictures[batch], labels[batch]) * len(batch)
            seen += len(batch)
            if count % REPORT_EVERY == 0 or count == len(batches):
                yield seen, total.item() / seen

    def step(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """One batch: forward, cross-entropy, backward, update. Returns the loss, still on the device."""
        self.optimiser.zero_grad()
        loss = F.cross_entropy(self.network.quick(pictures), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.steps += 1
        if self.average is not None:
            # A mean over about 1/(1 − average) steps; over fewer while there are fewer.
            kept = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
            with torch.no_grad():
                torch._foreach_lerp_(self.average, list(self.network.parameters()), 1 - kept)
        return loss.detach()

    def set_rate(self, done: float) -> None:
        """The learning rate for a share of the run that is done, 0 to 1."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate(done)

    @property
    def result(self) -> CNN | Dense:
        """The network as it is to be used: with averaged weights where the recipe averages."""
        if self.average is None:
            return self.network
        network = copy.deepcopy(self.network)  # a new one would draw from the caller's random numbers
        with torch.no_grad():
            for values, mean in zip(network.parameters(), self.average, strict=True):
                values.copy_(mean)
        return network

    def weights(self) -> dict[str, Tensor]:
        """A copy of the state dict on the CPU, laid out as the lesson's."""
        return {
            key: values.detach().cpu().clone(memory_format=torch.contiguous_format)
            for key, values in self.result.state_dict().items()
        }

    def state(self) -> dict[str, Any]:
        """Weights and the optimiser's state, as torch.save takes them."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "average": self.average,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps = state["steps"]
        if self.average is not None:
            for values, kept in zip(self.average, state["average"], strict=True):
                values.copy_(kept)


def train(
    out: str | Path,
    train_digits: Digits,
    test_digits: Digits,
    *,
    recipe: str | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    device: str = "cpu",
    network: NetworkName | None = None,
    shuffled: bool | None = None,
    resume: bool = False,
) -> Iterator[Event]:
    """Follow a recipe, and write into the folder `out`: after every epoch, `epoch-NN.safetensors` and what it takes to
    resume; at the end `mnist_cnn.pth`, `.safetensors`, `.onnx` and `accuracy.png`. Each file appears whole.

    `network` is what is trained; of the dense one the results are called `mnist_dense`. `shuffled` shows every picture,
    those it is tested on too, with its pixels in the order `model.layers.pixel_order` gives. Left out, `recipe`,
    `seed`, `epochs`, `network` and `shuffled` are those of the run to resume, else `lesson`, 0, the recipe's own, `cnn`
    and no. With `resume` a run goes on after its last whole epoch; more `epochs` than before make it longer. The digits
    are on the device. Raises TrainingError before anything is computed if the run cannot be what was asked for.
    """
    out = Path(out)
    files = {**train_digits.files, **test_digits.files}
    run = _Run.read(out) if (out / RESUME).exists() else None
    if run is None:
        if resume:
            raise TrainingError(f"There is no run to resume in {out}. Without --resume a new one starts there.")
        run = _Run.new(recipe, seed, epochs, device, files, network or "cnn", bool(shuffled))
    elif not resume:
        raise TrainingError(
            f"{out} already holds a run ({run}). Go on with it with --resume, or choose another folder with --out."
        )
    else:
        run.must_be(out, recipe, seed, epochs, device, files, network, shuffled)
    _make_writable(out)

    with _deterministic(device):
        follows = replace(RECIPES[run.recipe], network=CLASSES_BY_NAME[run.network])
        trainer = Trainer(follows, run.seed, device, run.epochs)
        if run.state is not None:
            trainer.load_state(run.state)
        material = follows.material(train_digits, run.seed)
        order = torch.tensor(pixel_order(), device=device) if run.shuffled else None
        yield Started(
            run.recipe, run.network, run.shuffled, run.seed, device, max(0, run.done), run.epochs, len(material)
        )
        if run.done < 0:
            yield run.keep(out, trainer, evaluate(_for_plain(trainer.result, order), test_digits), None, None)
        rate = _Rate(len(material))
        while run.done < run.epochs:
            number = run.done + 1
            rate.start()
            loss = 0.0
            pictures, labels = material.epoch(number)
            pictures = pictures if order is None else reordered(pictures, order)
            for images, loss in trainer.epoch(lay_out(pictures, device), labels, number):  # the last loss is kept
                rate.seen(images)
                yield Progress(number, images, loss, rate.per_second, rate.seconds_left(run.epochs - number))
            evaluation = evaluate(_for_plain(trainer.result, order), test_digits)
            yield run.keep(out, trainer, evaluation, loss, rate.per_second)
        yield _finish(out, run, trainer)


@dataclass
class _Measured:
    """What is kept of one epoch: mean losses in nats, correct answers on the test set."""

    loss: float
    correct: int
    total: int
    training_loss: float | None


def _at_least_one(epochs: int | None) -> None:
    if epochs is not None and epochs < 1:
        raise TrainingError("A run has at least one epoch.")


@dataclass
class _Run:
    """What decides a run, and how far it is. `state` is None until it has been read back from a file."""

    recipe: str
    seed: int
    epochs: int
    device: str
    files: dict[str, str]
    measured: list[_Measured]
    state: dict[str, Any] | None = None
    network: NetworkName = "cnn"
    shuffled: bool = False

    @property
    def done(self) -> int:
        """Whole epochs behind it; −1 before even the untrained network was kept."""
        return len(self.measured) - 1

    def __str__(self) -> str:
        what = f"{'' if self.network == 'cnn' else 'dense network, '}{'shuffled pixels, ' if self.shuffled else ''}"
        return f"{what}recipe {self.recipe}, seed {self.seed}, {self.done} of {self.epochs} epochs done"

    @classmethod
    def new(
        cls,
        recipe: str | None,
        seed: int | None,
        epochs: int | None,
        device: str,
        files: dict[str, str],
        network: NetworkName,
        shuffled: bool,
    ) -> "_Run":
        recipe, seed = recipe or LESSON.name, seed or 0
        if recipe not in RECIPES:
            raise TrainingError(f"There is no recipe {recipe}; there is {', '.join(RECIPES)}.")
        if not 0 <= seed <= LARGEST_SEED:
            raise TrainingError(f"A seed is a whole number from 0 to {LARGEST_SEED}.")
        if epochs is None:
            epochs = RECIPES[recipe].epochs
        _at_least_one(epochs)
        return cls(recipe, seed, epochs, device, files, [], None, network, shuffled)

    @classmethod
    def read(cls, out: Path) -> "_Run":
        try:
            saved = torch.load(out / RESUME, map_location="cpu", weights_only=True)
            measured = [_Measured(**epoch) for epoch in saved.pop("measured")]
            return cls(**saved, measured=measured)
        except Exception as error:  # there is no end to what a damaged file can be taken for
            raise TrainingError(
                f"{out / RESUME} is damaged, so this run cannot be resumed. Start a new one in another folder (--out)."
            ) from error

    def must_be(
        self,
        out: Path,
        recipe: str | None,
        seed: int | None,
        epochs: int | None,
        device: str,
        files: dict[str, str],
        network: NetworkName | None,
        shuffled: bool | None,
    ) -> None:
        """Refuse to go on as anything but the same run; take over a larger number of epochs."""
        _at_least_one(epochs)
        for what, wanted, was in (
            ("recipe", recipe, self.recipe),
            ("seed", seed, self.seed),
            ("network", network, self.network),
        ):
            if wanted is not None and wanted != was:
                raise TrainingError(
                    f"The run in {out} has {what} {was}, not {wanted}. Leave out --{what} to resume it, "
                    f"or start a new run in another folder with --out."
                )
        if shuffled is not None and shuffled != self.shuffled:
            raise TrainingError(
                f"The run in {out} was trained on pictures {'with' if self.shuffled else 'without'} shuffled pixels. "
                "Resume it as it was, or start a new run in another folder with --out."
            )
        if self.recipe not in RECIPES:
            raise TrainingError(f"The run in {out} follows the recipe {self.recipe}, which is not known here.")
        if files != self.files:
            raise TrainingError(f"The run in {out} was trained on other data, so it cannot be resumed on this.")
        if device != self.device:
            raise TrainingError(
                f"The run in {out} was trained on {self.device}; on {device} it would not end with the same weights. "
                f"Say --device {self.device}, or start a new run in another folder with --out."
            )
        if epochs not in (None, self.epochs) and RECIPES[self.recipe].warm_up is not None:
            raise TrainingError(
                f"The recipe {self.recipe} plans its learning rate for the whole run, so the {self.epochs} epochs of "
                f"the run in {out} cannot become {epochs}. Leave out --epochs, or start a new run in another folder."
            )
        if epochs is not None and epochs < self.done:
            raise TrainingError(f"The run in {out} has done {self.done} epochs already, more than {epochs}.")
        self.epochs = self.epochs if epochs is None else epochs

    def keep(
        self, out: Path, trainer: Trainer, result: Evaluation, training_loss: float | None, rate: float | None
    ) -> EpochDone:
        """Write an epoch down: first its weights, then the state that makes it count."""
        self.measured.append(_Measured(result.loss, result.correct, result.total, training_loss))
        file = out / f"epoch-{self.done:02}.safetensors"
        checkpoint.write(file, _arrays(trainer), self.metadata(f"{self.name}-epoch-{self.done:02}"))
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
        replace_file(out / RESUME, _saved(saved))
        return EpochDone(self.done, self.epochs, result.loss, result.correct, result.total, training_loss, rate, file)

    @property
    def name(self) -> str:
        """The name of its weights."""
        return name_of(self.recipe, self.network, self.shuffled)

    def metadata(self, name: str) -> dict[str, str]:
        """Where the weights come from. No times, hosts or paths: the same run makes the same file, byte for byte."""
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
            "created_by": f"inkling {_version()}",
            **({} if self.network == "cnn" else {"network": self.network}),
            **({checkpoint.PIXEL_ORDER: json.dumps(pixel_order())} if self.shuffled else {}),
        }


class _Rate:
    """Pictures a second in this epoch, and the time that is left at the rate of all epochs so far."""

    def __init__(self, images: int) -> None:
        self.images = images
        self.before, self.spent = 0, 0.0  # in whole epochs
        self.now = 0

    def start(self) -> None:
        self.before += self.now
        self.now = 0
        self.began = time.perf_counter()
        self.elapsed = 0.0

    def seen(self, images: int) -> None:
        self.now = images
        self.elapsed = time.perf_counter() - self.began
        if images == self.images:
            self.spent += self.elapsed

    @property
    def per_second(self) -> float:
        return self.now / max(self.elapsed, 1e-9)

    def seconds_left(self, epochs_after: int) -> float:
        spent = self.spent if self.now == self.images else self.spent + self.elapsed
        rate = (self.before + self.now) / max(spent, 1e-9)
        return (self.images - self.now + epochs_after * self.images) / rate


def _finish(out: Path, run: _Run, trainer: Trainer) -> Finished:
    stem = f"mnist_{run.network}"
    final = checkpoint.write(out / f"{stem}.safetensors", _arrays(trainer), run.metadata(run.name))
    lesson = run_network(trainer)
    replace_file(out / f"{stem}.pth", _saved(lesson.state_dict()))
    export_onnx(final, out / f"{stem}.onnx")
    replace_file(out / "accuracy.png", plot([epoch.correct / epoch.total for epoch in run.measured]))
    names = (f"{stem}.pth", f"{stem}.safetensors", f"{stem}.onnx", "accuracy.png")
    return Finished(final, tuple(out / name for name in names))


def _for_plain(network: CNN | Dense, order: Tensor | None) -> Network:
    """The network for pictures as they are, where it was trained on shuffled ones."""
    return network if order is None else Shuffled(network, order.tolist()).to(order.device)


def run_network(trainer: Trainer) -> CNN | Dense:
    """The trained network on the CPU, laid out as the lesson's, for torch.save(model.state_dict(), …)."""
    network = trainer.recipe.network()
    network.load_state_dict(trainer.weights())
    return network


def plot(accuracy: list[float]) -> bytes:
    """Test accuracy against epoch as a PNG; `accuracy` begins with epoch 0, the untrained network."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(7, 4), dpi=150, layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(accuracy))
    axes.plot(epochs, accuracy[1:], marker="o", color="#2f6db3")
    for epoch in epochs:
        axes.annotate(
            f"{accuracy[epoch]:.2%}",
            (epoch, accuracy[epoch]),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},  # the line must not run through the figures
        )
    axes.margins(x=0.08, y=0.2)
    axes.set_title(f"Test accuracy (untrained: {accuracy[0]:.2%})")
    axes.set_xlabel("Epoch")
    axes.set_ylabel("Accuracy")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


# ---------------------------------------------------------------- small things


@contextmanager
def _deterministic(device: str) -> Iterator[None]:
    """The same numbers every time. On a CPU they are so anyway; on a GPU it takes slower kernels and no TF32."""
    if device == "cpu":
        yield
        return
    # cuBLAS reads this when its first handle is made; without it, its sums may come in any order
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    convolutions = torch.backends.cudnn.conv  # type: ignore[attr-defined]
    before = torch.are_deterministic_algorithms_enabled(), convolutions.fp32_precision
    torch.use_deterministic_algorithms(True, warn_only=True)
    convolutions.fp32_precision = "ieee"
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        convolutions.fp32_precision = before[1]


def _place(network: CNN | Dense, device: str) -> CNN | Dense:
    """On a CPU, channels last: its convolutions are written for that, and take half the time."""
    layout = torch.channels_last if device == "cpu" else torch.contiguous_format
    return network.to(device=device, memory_format=layout)  # type: ignore[call-overload, no-any-return]


def lay_out(pictures: Tensor, device: str) -> Tensor:
    """Normalised pictures, N×1×28×28, as the network on this device likes them best in memory."""
    return pictures.contiguous(memory_format=torch.channels_last) if device == "cpu" else pictures


def _arrays(trainer: Trainer) -> dict[str, NDArray[Any]]:
    return {key: values.numpy() for key, values in trainer.weights().items()}


def _saved(value: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def _make_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise TrainingError(f"Results cannot be written to {out}: {error.strerror}.") from error


def _version() -> str:
    try:
        return version("inkling")
    except PackageNotFoundError:
        return "from source"
