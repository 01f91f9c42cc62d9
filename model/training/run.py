"""A whole training run: trains a network, evaluates it after every epoch, and writes the files.

    train_digits, test_digits = mnist.load("data")
    for event in run.train("runs/lesson", train_digits, test_digits):
        print(event)

The recipe, the seed, the data and the device determine the result. All random numbers are derived from the seed and the
number of the epoch, so a run that is stopped and resumed ends with the same weights as an uninterrupted run.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model import checkpoint
from model.allocator import keep_freed_memory
from model.checkpoint import replace_file
from model.data.mnist import Digits
from model.evaluation.accuracy import evaluate
from model.layers import NetworkName, pixel_order
from model.network import CLASSES_BY_NAME, CNN, Dense, Network, Shuffled, permute_pixels
from model.training.accuracy_plot import accuracy_plot
from model.training.events import Event, Finished, Progress, Started
from model.training.export_onnx import export_onnx
from model.training.followed_step import conv1_kernels
from model.training.images import TrainingImages
from model.training.run_state import RunOptions, RunState, arrays, find_run, torch_bytes
from model.training.trainer import BeforeBatch, Trainer, TrainingError, lay_out


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
    changes: Mapping[str, Any] | None = None,
    before_batch: BeforeBatch | None = None,
    clock: Callable[[], float] = time.perf_counter,
    trainer_class: type[Trainer] = Trainer,
) -> Iterator[Event]:
    """Train a network with a recipe and write the results into the folder `out`. Yields an event for every stage.

    After every epoch, the files `epoch-NN.safetensors` and `resume.pt` are written. At the end, `mnist_cnn.pth`,
    `mnist_cnn.safetensors`, `mnist_cnn.onnx` and `accuracy.png` are written; for the dense network, their names start
    with `mnist_dense`. Each file is written completely or not at all. With `shuffled`, the pixels of all training and
    test images are in the order of `model.layers.pixel_order`. The digits must be on the device. `changes` are other
    values for the recipe's fields in `model.runs.settings.CHANGEABLE`.

    `before_batch` is called before each batch. It may wait, or raise an exception, which ends the run after its last
    complete epoch. If it returns True, the event after the batch has the numbers of its step. The speed and
    the time left are measured with `clock`. `model.training.parallel` has another `trainer_class`.

    With `resume`, the run in `out` continues after its last complete epoch, and a larger `epochs` makes it longer. In a
    resumed run, an option that is None keeps its earlier value. In a new run, the defaults are the recipe `lesson`,
    seed 0, the epochs of the recipe, the convolutional network and no shuffling.

    Raises TrainingError before training starts if an option is not valid, or if the run in `out` has other options.
    """
    out = Path(out)
    data = {**train_digits.files, **test_digits.files}
    options = RunOptions(recipe, seed, epochs, network, shuffled, changes)
    notes: tuple[str, ...] = ()
    run = find_run(out, resume=resume)
    if run is None:
        run = RunState.new(options, device, data)
    else:
        notes = run.check_resume(out, options, device, data)
    check_writable(out)

    if device == "cpu":
        keep_freed_memory()
    with deterministic(device):
        chosen = run.chosen
        trainer = trainer_class(chosen, run.seed, device, run.epochs)
        if run.state is not None:
            trainer.load_state(run.state)
        training_images = TrainingImages(chosen, train_digits, run.seed)
        order = torch.tensor(pixel_order(), device=device) if run.shuffled else None
        batches = -(-len(training_images) // chosen.batch)
        yield Started(
            run.recipe, run.network, run.shuffled, run.seed, device, max(0, run.done), run.epochs,
            len(training_images), batches, run.threads, notes,
        )  # fmt: skip
        if run.done < 0:
            yield run.save_epoch(out, trainer, evaluate(_unshuffled(trainer.result, order), test_digits))
        speed = _Speed(len(training_images), clock)
        while run.done < run.epochs:
            number = run.done + 1
            speed.start_epoch()
            images, labels = training_images.epoch(number)
            images = images if order is None else permute_pixels(images, order)
            for report in trainer.epoch(lay_out(images, device), labels, number, before_batch):
                speed.update(report.images)
                yield Progress(
                    number, report.batch, report.images, report.loss, report.recent_loss, report.recent_accuracy,
                    report.learning_rate, speed.per_second, speed.seconds_left(run.epochs - number), report.step,
                    conv1_kernels(trainer.network), partial(run.save_snapshot, trainer, number, report.batch),
                )  # fmt: skip
            result = evaluate(_unshuffled(trainer.result, order), test_digits)
            yield run.save_epoch(out, trainer, result, report, speed.per_second)
        yield _write_results(out, run, trainer)


def _write_results(out: Path, run: RunState, trainer: Trainer) -> Finished:
    stem = f"mnist_{run.network}"
    final = checkpoint.write(out / f"{stem}.safetensors", arrays(trainer), run.metadata(run.name))
    # Save the state dict of a new network on the CPU, which is what the lesson's program saves.
    network = CLASSES_BY_NAME[run.network]()
    network.load_state_dict(trainer.weights())
    replace_file(out / f"{stem}.pth", torch_bytes(network.state_dict()))
    export_onnx(final, out / f"{stem}.onnx")
    replace_file(out / "accuracy.png", accuracy_plot([epoch.correct / epoch.total for epoch in run.measured]))
    names = (f"{stem}.pth", f"{stem}.safetensors", f"{stem}.onnx", "accuracy.png")
    return Finished(final, tuple(out / name for name in names))


def _unshuffled(network: CNN | Dense, order: Tensor | None) -> Network:
    """The network for input images with unshuffled pixels.

    `order` is the pixel order of the images that the network is trained on, or None if they are not shuffled.
    """
    return network if order is None else Shuffled(network, order.tolist()).to(order.device)


class _Speed:
    """Measures the images per second in the current epoch and estimates the time left.

    The estimate uses the mean speed of all epochs so far.
    """

    def __init__(self, images_per_epoch: int, clock: Callable[[], float]) -> None:
        self._per_epoch, self._clock = images_per_epoch, clock
        self._images = 0  # number of images in the previous epochs together
        self._seconds = 0.0
        self._seen = 0  # images so far in the current epoch
        self._elapsed = 0.0

    def start_epoch(self) -> None:
        self._images += self._seen
        self._seconds += self._elapsed
        self._seen, self._elapsed = 0, 0.0
        self._start = self._clock()

    def update(self, seen: int) -> None:
        self._seen = seen
        self._elapsed = self._clock() - self._start

    @property
    def per_second(self) -> float:
        return self._seen / max(self._elapsed, 1e-9)

    def seconds_left(self, epochs_after: int) -> float:
        rate = (self._images + self._seen) / max(self._seconds + self._elapsed, 1e-9)
        return (self._per_epoch - self._seen + epochs_after * self._per_epoch) / rate


@contextmanager
def deterministic(device: str) -> Iterator[None]:
    """Make the device compute the same numbers every time. On a GPU, this selects slower kernels and disables TF32."""
    if device == "cpu":
        yield
        return
    # cuBLAS reads this variable when its first handle is created. Without it, cuBLAS adds numbers in a varying order.
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


def check_writable(out: Path) -> None:
    """Create the folder, and raise TrainingError if nothing can be written to it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise TrainingError(f"Results cannot be written to {out}: {error.strerror}.") from error
