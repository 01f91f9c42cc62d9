"""The commands that need MNIST: `inkling train`, `inkling evaluate`, `inkling fetch`.

PyTorch is imported inside the functions that run a command, so that `inkling serve` starts without it.
"""

import argparse
import json
import os
import shlex
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from model.checkpoint import SHIPPED, TRAIN_EXTRA, CheckpointError
from model.checkpoint import read as read_checkpoint
from model.dataset import DatasetError

if TYPE_CHECKING:
    from model.limits import Altered, Stranger
    from model.training import EpochDone, Evaluation, Finished, Progress, Started


INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal to draw a bar on
MISTAKES = 10


def add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inkling train`."""
    parser = commands.add_parser(
        "train",
        help="train the network on MNIST",
        description="Train the network on MNIST, as the lesson does. Ctrl-C keeps the last whole epoch.",
    )
    parser.add_argument("--recipe", help="what to train and how (default: lesson)")
    parser.add_argument("--epochs", type=int, metavar="N", help="times through the 60,000 pictures (default: 5)")
    parser.add_argument(
        "--seed", type=int, metavar="S", help="decides the first weights and every shuffle (default: 0)"
    )
    _add_device(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the results go (default: runs/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="go on with the run in DIR after its last whole epoch")
    _add_data(parser)
    parser.set_defaults(run=_train)


def add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inkling evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="measure weights on MNIST's 10,000 test pictures",
        description="Measure weights on MNIST's 10,000 test pictures: accuracy, loss, and what is mistaken for what.",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", default=SHIPPED, help="as for serve; default: the shipped ones"
    )
    _add_device(parser)
    parser.add_argument(
        "--limits", action="store_true", help="measure also what the network is bad at: altered digits, and no digits"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    _add_data(parser)
    parser.set_defaults(run=_evaluate)


def add_fetch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inkling fetch`."""
    parser = commands.add_parser(
        "fetch",
        help="fetch MNIST",
        description="Fetch MNIST (11.5 MB, 55 MB unpacked) and verify it. What is there already is only verified.",
    )
    _add_data(parser)
    parser.set_defaults(run=_fetch)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)"
    )


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto is cuda if there is one (default: auto)"
    )


# ---------------------------------------------------------------- fetch


def _fetch(chosen: argparse.Namespace) -> int:
    from model import dataset

    try:
        if not dataset.fetch(chosen.data):
            print(f"MNIST is in {dataset.raw(chosen.data)}, its four files verified.")
    except DatasetError as error:
        return _fail(error)
    return 0


# ---------------------------------------------------------------- train


class _Screen(Protocol):
    """Where a run shows itself."""

    def line(self, text: str) -> None:
        """A line that stays."""

    def started(self, event: "Started") -> None:
        """The run begins."""

    def progress(self, event: "Progress") -> None:
        """Some batches later."""

    def close(self) -> None:
        """The run is over, whichever way."""


class _Bar:
    """A bar on a terminal: loss, images a second, time left; the lines that stay scroll above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self.bar = Progress(
            TextColumn("Epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}"),
            console=Console(highlight=False),
        )

    def line(self, text: str) -> None:
        self.bar.console.print(text, markup=False, soft_wrap=True)

    def started(self, event: "Started") -> None:
        self.images = event.images
        self.task = self.bar.add_task(
            "", total=event.images * event.epochs, completed=event.images * event.epoch,
            epoch=event.epoch, epochs=event.epochs, figures="",
        )  # fmt: skip
        self.bar.start()

    def progress(self, event: "Progress") -> None:
        done = (event.epoch - 1) * self.images + event.images
        self.bar.update(self.task, completed=done, epoch=event.epoch, figures=_figures(event))

    def close(self) -> None:
        self.bar.stop()


class _Lines:
    """Plain lines, for a file or a pipe."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def line(self, text: str) -> None:
        print(text, flush=True)

    def started(self, event: "Started") -> None:
        self.images, self.epochs = event.images, event.epochs

    def progress(self, event: "Progress") -> None:
        if time.monotonic() - self.last >= PLAIN_EVERY:
            self.last = time.monotonic()
            self.line(f"Epoch {event.epoch}/{self.epochs}, {event.images}/{self.images} pictures, {_figures(event)}")

    def close(self) -> None:
        pass


def _figures(event: "Progress") -> str:
    minutes, seconds = divmod(round(event.seconds_left), 60)
    return f"loss {event.loss:.4f}, {event.images_per_second:,.0f} images/s, {minutes}:{seconds:02} left"


def _train(chosen: argparse.Namespace) -> int:
    if (problem := _not_ready("onnx", "matplotlib", "rich")) is not None:
        return problem
    from model import dataset, training

    out: Path = chosen.out or Path("runs") / (chosen.recipe or training.LESSON.name)
    screen: _Screen = _Bar() if sys.stdout.isatty() else _Lines()
    kept: EpochDone | None = None
    begun = False
    try:
        device = training.pick_device(chosen.device)
        dataset.fetch(chosen.data)
        train_digits, test_digits = dataset.load(chosen.data, device)
        events = training.train(
            out,
            train_digits,
            test_digits,
            recipe=chosen.recipe,
            seed=chosen.seed,
            epochs=chosen.epochs,
            device=device,
            resume=chosen.resume,
        )
        for event in events:
            match event:
                case training.Started():
                    begun = True
                    screen.line(_beginning(event, out))
                    screen.started(event)
                case training.Progress():
                    screen.progress(event)
                case training.EpochDone():
                    kept = event
                    screen.line(_epoch(event))
                case training.Finished():
                    screen.close()
                    screen.line(_ending(event))
    except KeyboardInterrupt:
        screen.close()
        print(_stopped(out, chosen.data, begun or chosen.resume, kept), file=sys.stderr)
        return INTERRUPTED
    except (DatasetError, training.TrainingError, CheckpointError) as error:
        screen.close()
        return _fail(error)
    except OSError as error:  # a full disk, a folder taken away
        screen.close()
        return _fail(f"{error.filename or out} cannot be written: {error.strerror}. {_how_to_resume(out, chosen.data)}")
    finally:
        screen.close()
    return 0


def _beginning(event: "Started", out: Path) -> str:
    where = f"Recipe {event.recipe}, seed {event.seed}, on {event.device}; results in {out}"
    return where if not event.epoch else f"{where}; going on after epoch {event.epoch}"


def _epoch(event: "EpochDone") -> str:
    if event.training_loss is None:
        return f"Before training. {event}"
    return f"Epoch {event.epoch}: training loss {event.training_loss:.4f}. {event}"


def _ending(event: "Finished") -> str:
    files = "\n".join(f"  {file}" for file in event.files)
    weights = next(file for file in event.files if file.suffix == ".safetensors")
    return (
        f"Done: {event.checkpoint.model}\n{files}\nTo draw for it: inkling serve --weights {shlex.quote(str(weights))}"
    )


def _stopped(out: Path, data: Path | None, begun: bool, kept: "EpochDone | None") -> str:
    from model.training import RESUME

    if not begun or not (out / RESUME).exists():
        return "\nStopped before the first epoch; nothing was kept."
    last = "The last whole epoch is kept" if kept is None else f"Epoch {kept.epoch} is kept in {kept.file}"
    return f"\nStopped. {last}. {_how_to_resume(out, data)}"


def _how_to_resume(out: Path, data: Path | None) -> str:
    words = ["inkling", "train", "--resume", "--out", str(out), *(["--data", str(data)] if data else [])]
    return f"To go on: {shlex.join(words)}"


# ---------------------------------------------------------------- evaluate


def _evaluate(chosen: argparse.Namespace) -> int:
    if (problem := _not_ready()) is not None:
        return problem
    from model import dataset, limits, training

    try:
        weights = read_checkpoint(chosen.weights)
        device = training.pick_device(chosen.device)
        _, digits = dataset.load(chosen.data, device)
    except (DatasetError, training.TrainingError, CheckpointError) as error:
        return _fail(error)
    network = training.network_of(weights, device)
    result = training.evaluate(network, digits)
    altered = list(limits.altered(network, digits)) if chosen.limits else []
    strangers = list(limits.strangers(network, digits)) if chosen.limits else []
    if chosen.json:
        print(json.dumps(_as_json(weights.model, weights.sha256, result, altered, strangers), indent=2))
        return 0
    print(f"{weights.model} ({chosen.weights})")
    print(_report(result))
    if chosen.limits:
        print(_limits(altered, strangers))
    return 0


def _report(result: "Evaluation") -> str:
    confusion = result.confusion
    lines = [
        f"Test set: Average loss: {result.loss:.4f}, Accuracy: {result.correct}/{result.total} ({result.accuracy:.2%})",
        "",
        "digit  pictures  read right  of these  right when answered",
    ]
    for digit, (pictures, right, found, precision) in enumerate(_classes(confusion)):
        lines.append(f"{digit:>5}  {pictures:>8}  {right:>10}  {found:>8.2%}  {precision:>19.2%}")
    lines += ["", "What is read as what: a row for each digit, a column for each answer"]
    lines.append("     " + "".join(f"{answer:>6}" for answer in range(len(confusion))))
    lines += [f"{digit:>5}" + "".join(f"{count:>6}" for count in row) for digit, row in enumerate(confusion)]
    lines += ["", "The mistakes it was surest of"]
    lines += [
        f"  test picture {mistake.index:>4}: {'an' if mistake.label == 8 else 'a'} {mistake.label}, "
        f"read as {mistake.answer} with {mistake.confidence:.2%}"
        for mistake in result.mistakes(MISTAKES)
    ]
    return "\n".join(lines)


def _limits(altered: list["Altered"], strangers: list["Stranger"]) -> str:
    lines = ["", f"{'The test digits':<30}  read right  wrong with ≥ 90 % confidence"]
    lines += [f"{row.name:<30}  {row.accuracy:>10.2%}  {row.sure_and_wrong:>28.2%}" for row in altered]
    lines += ["", f"{'No digits':<30}  pictures  called a digit with ≥ 90 %  mean confidence  most often"]
    lines += [
        f"{row.name:<30}  {row.pictures:>8}  {row.sure:>25.1%}  {row.confidence:>15.1%}  {row.answer:>10}"
        for row in strangers
    ]
    return "\n".join(lines)


def _as_json(
    model: str, sha256: str, result: "Evaluation", altered: list["Altered"], strangers: list["Stranger"]
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "model": model,
        "sha256": sha256,
        "pictures": result.total,
        "correct": result.correct,
        "accuracy": result.accuracy,
        "average_loss": result.loss,
        "digits": [
            {"digit": digit, "pictures": pictures, "correct": right, "recall": found, "precision": precision}
            for digit, (pictures, right, found, precision) in enumerate(_classes(result.confusion))
        ],
        "confusion": result.confusion.tolist(),
        "mistakes": [vars(mistake) for mistake in result.mistakes(MISTAKES)],
    }
    if altered or strangers:
        report["limits"] = {"altered": [vars(row) for row in altered], "strangers": [vars(row) for row in strangers]}
    return report


def _classes(confusion: Any) -> list[tuple[int, int, float, float]]:
    """For each digit: pictures, read right, share read right (recall), share of such answers that are right."""
    rows = []
    for digit, row in enumerate(confusion):
        right, pictures, answers = int(row[digit]), int(row.sum()), int(confusion[:, digit].sum())
        rows.append((pictures, right, right / max(1, pictures), right / max(1, answers)))
    return rows


# ---------------------------------------------------------------- small things


def _not_ready(*packages: str) -> int | None:
    """Make ready for PyTorch; the exit status if it, or what else the command needs sooner or later, is not there."""
    for package in ("torch", "torchvision", *packages):
        if find_spec(package) is None:
            return _fail(f"This needs PyTorch and what belongs to it, and {package} is not installed. {TRAIN_EXTRA}")
    # Threads that wait should sleep, not spin: while anything else uses the cores, spinning makes training ten times
    # slower. OpenMP reads this once, when PyTorch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return None


def _fail(message: object) -> int:
    print(f"inkling: {message}", file=sys.stderr)
    return 1
