"""Measures training: the lesson's DataLoader loop, this project's loop for the same recipe, and the recipe `fast`.

    .venv/bin/python -m benchmarks.training                          three seeds; about ten minutes on two cores
    .venv/bin/python -m benchmarks.training --seeds 1 --images 9600  one seed, and only 9,600 images

The lesson's loop trains five epochs, and so does the recipe `lesson`, with the same mathematics: the same initial
weights, settings and formulas. They take turns, epoch by epoch, and after each of these, `fast` trains a fifth of its
single epoch. So other work on the machine affects all equally. The time includes everything from the bytes of the
images to the updated weights, but not the evaluation after each epoch. The lesson's loop has a process of its own,
because this project's loops change how their process keeps memory (`model.allocator`).

The processor time (CPU-s, of all threads together) depends less on other programs than the wall-clock time, but is also
longer on a busy machine.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from statistics import mean
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in `inkling train`; it affects all loops equally

import psutil
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset

from model.allocator import keep_freed_memory
from model.data import mnist
from model.data.mnist import Digits
from model.evaluation.accuracy import evaluate
from model.network import CNN, Network
from model.training import recipes
from model.training.images import TrainingImages
from model.training.recipes import Recipe
from model.training.trainer import Trainer, lay_out, pick_device

SEEDS = 3
GOAL = 0.99  # the accuracy on the test images to which the time is measured
THEIRS, OURS, FAST = "the lesson's DataLoader loop", "inkling train --recipe lesson", "inkling train --recipe fast"
# Targets: the largest processor time, as a share of the lesson's loop for its five epochs.
TARGETS = {OURS: 0.5, FAST: 0.0833}  # 1/2 and 1/12
WARM_UP = 640  # images of an untimed run of each loop, because the first calls of a library are slow
# A training loop: it yields the network after each epoch, and None after each part of an epoch.
Loop = Iterator[Network | None]


@dataclass(frozen=True)
class Seconds:
    """Processor time of all threads, and wall-clock time."""

    cpu: float
    wall: float

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(self.cpu + other.cpu, self.wall + other.wall)


@dataclass
class Run:
    """The times of a run, one for each epoch, and the accuracies on the test images after each epoch."""

    name: str
    times: list[Seconds] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)  # shorter than `times` during an epoch

    @property
    def total(self) -> Seconds:
        """The time of all epochs."""
        return sum(self.times, Seconds(0, 0))

    def time_to(self, accuracy: float) -> Seconds | None:
        """The time to the end of the first epoch with at least this accuracy; None if there is no such epoch."""
        for count, reached in enumerate(self.accuracies, start=1):
            if reached >= accuracy:
                return sum(self.times[:count], Seconds(0, 0))
        return None

    def train(self, loop: Loop, test: Digits) -> None:
        """Continue the loop and measure its time. At the end of an epoch, evaluate the network."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        network = next(loop)
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # wait until the GPU has finished
        seconds = Seconds(cpu_seconds() - cpu, time.perf_counter() - wall)
        if len(self.times) > len(self.accuracies):
            self.times[-1] += seconds
        else:
            self.times.append(seconds)
        if network is not None:
            self.accuracies.append(evaluate(network, test).accuracy)


def cpu_seconds() -> float:
    """The processor time of this process and of those that it has started."""
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return time.process_time() + float(sum(each.user + each.system for each in times))


def lesson_elsewhere(pool: Executor, data: str | None, count: int, seed: int, device: str) -> Loop:
    """The lesson's loop with the first `count` images, in the process of `pool`. Yields the network of each epoch."""
    network = CNN()
    for number in range(1, recipes.LESSON.epochs + 1):
        weights = pool.submit(_lesson_epoch, number, data, count, seed, device).result()
        network.load_state_dict({key: torch.from_numpy(values) for key, values in weights.items()})
        yield network.to(device)


_lesson_loops: dict[int, Loop] = {}  # in the process of the lesson's loop: by seed


def _lesson_epoch(number: int, data: str | None, count: int, seed: int, device: str) -> dict[str, Any]:
    """Train epoch `number`, counted from 1; call this for one epoch after another. Returns the weights as NumPy
    arrays."""
    if number == 1:
        _lesson_loops[seed] = lesson_epochs(Subset(lesson_data(data), range(count)), seed, device)
    network = next(_lesson_loops[seed])
    assert network is not None
    return {key: values.cpu().numpy() for key, values in network.state_dict().items()}


def lesson_epochs(images: Any, seed: int, device: str) -> Loop:
    """The lesson's loop: a shuffling DataLoader transforms the images one by one and combines them into batches.

    It differs from the lesson in two respects: it starts from the weights of this project's run with the same seed, and
    it moves each batch to the device, which a GPU needs. Yields the network after each of its five epochs.
    """
    network = CNN()
    network.load_state_dict(Trainer(recipes.LESSON, seed, "cpu").weights())
    network.to(device)
    torch.manual_seed(seed)  # determines the order of the DataLoader
    loader: DataLoader[Any] = DataLoader(images, batch_size=64, shuffle=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.001)
    for _ in range(recipes.LESSON.epochs):
        network.train()
        for inputs, targets in loader:
            batch, labels = inputs.to(device), targets.to(device)
            optimiser.zero_grad()
            loss = F.cross_entropy(network(batch), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        yield network


def our_epochs(recipe: Recipe, digits: Digits, seed: int, device: str, parts: int = 1) -> Loop:
    """The loop of `inkling train`. Yields the network after each epoch of the recipe.

    Divides each epoch into `parts`, and yields None after all but the last.
    """
    trainer = Trainer(recipe, seed, device)
    training_images = TrainingImages(recipe, digits, seed)
    for number in range(1, recipe.epochs + 1):
        images, labels = training_images.epoch(number)
        part = 1
        for report in trainer.epoch(lay_out(images, device), labels, number):
            while part < parts and report.images >= len(labels) * part / parts:
                part += 1
                yield None
        yield trainer.result


@cache
def lesson_data(data: str | None) -> Any:
    """MNIST's training images, opened as in the lesson."""
    from torchvision import datasets, transforms

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    return datasets.MNIST(str(mnist.root(data)), train=True, transform=transform)


def measure(
    seeds: int, images: int | None, device: str, data: str | None = None, pool: Executor | None = None
) -> list[list[Run]]:
    """Train with each of the three loops and each seed, and print a line for each run.

    Returns the runs: first those of the lesson's loop, then those of the two recipes. `images` is the number of
    training images, or None for all of them. The lesson's loop runs in the process of `pool`, by default a new one.
    """
    if pool is None:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as new:
            return measure(seeds, images, device, data, new)
    if device == "cpu":
        keep_freed_memory()  # as `inkling train` does
    mnist.fetch(data)
    digits, test = mnist.load(data, device)
    count = len(digits) if images is None else max(1, min(images, len(digits)))

    def loops(seed: int, count: int) -> list[Loop]:
        first = digits.first(count)
        return [
            lesson_elsewhere(pool, data, count, seed, device),
            our_epochs(recipes.LESSON, first, seed, device),
            our_epochs(recipes.FAST, first, seed, device, parts=recipes.LESSON.epochs),
        ]

    for loop in loops(0, min(count, WARM_UP)):
        next(loop)
    runs: list[list[Run]] = [[], [], []]
    for seed in range(seeds):
        of_seed = [Run(name) for name in (THEIRS, OURS, FAST)]
        own_loops = loops(seed, count)
        for _ in range(recipes.LESSON.epochs):
            for run, loop in zip(of_seed, own_loops, strict=True):
                run.train(loop, test)
        for run, others in zip(of_seed, runs, strict=True):
            others.append(run)
            accuracies = ", ".join(f"{accuracy:.2%}" for accuracy in run.accuracies)
            print(f"  seed {seed}: {run.name:<30} {run.total.cpu:>6.1f} CPU-s   {accuracies}", flush=True)
    return runs


def table(runs: Sequence[Sequence[Run]]) -> list[str]:
    """The lines of a table with the means over the seeds: the time for all epochs, and the time to the goal."""
    columns = f"{'CPU-s':>9}{'wall-s':>9}{'ratio':>8}"
    lines = [f"{'':30}{'epochs':>8}{columns}   to {GOAL:.1%}: {columns}"]
    all_of_lesson, goal_of_lesson = _mean([run.total for run in runs[0]]), _to_goal(runs[0])
    for same in runs:
        total, goal = _mean([run.total for run in same]), _to_goal(same)
        line = f"{same[0].name:30}{len(same[0].times):>8}{total.cpu:>9.1f}{total.wall:>9.1f}"
        line += f"{all_of_lesson.cpu / total.cpu:>8.1f}"
        if goal is None:
            reached = sum(run.time_to(GOAL) is not None for run in same)
            line += f"   reached by {reached} of {len(same)} seeds"
        else:
            line += f"{'':13}{goal.cpu:>9.1f}{goal.wall:>9.1f}"
            line += "" if goal_of_lesson is None else f"{goal_of_lesson.cpu / goal.cpu:>8.1f}"
        lines.append(line)
    return lines


def shares(runs: Sequence[Sequence[Run]]) -> dict[str, float]:
    """The processor time of each of our loops as a share of that of the lesson's loop for all its epochs."""
    theirs = _mean([run.total for run in runs[0]])
    return {same[0].name: _mean([run.total for run in same]).cpu / theirs.cpu for same in runs[1:]}


def _to_goal(runs: Sequence[Run]) -> Seconds | None:
    """The mean time to the goal; None if a run has not reached it."""
    found = [seconds for run in runs if (seconds := run.time_to(GOAL)) is not None]
    return _mean(found) if len(found) == len(runs) else None


def _mean(seconds: Sequence[Seconds]) -> Seconds:
    return Seconds(mean(each.cpu for each in seconds), mean(each.wall for each in seconds))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"number of seeds (default: {SEEDS})")
    parser.add_argument("--images", type=int, metavar="N", help="number of training images (default: all)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument("--data", metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)")
    chosen = parser.parse_args(arguments)
    device = pick_device(chosen.device)
    print(f"On {device}, {torch.get_num_threads()} threads")
    print("\n".join(table(measure(max(1, chosen.seeds), chosen.images, device, chosen.data))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
