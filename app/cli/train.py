"""`inkling train`: train the network on MNIST, with a progress bar on a terminal.

PyTorch is imported inside the functions, so that `inkling serve` starts without it.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import interrupts
from app.cli.options import Commands, PathAction, add_data, add_device, fail, train_extra_missing
from model import hints
from model.layers import NETWORKS

if TYPE_CHECKING:
    from model.training.events import EpochDone, Finished, Progress, Started

INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
PLAIN_EVERY = 10.0  # seconds between two lines of progress in a file or pipe


def add_parser(commands: Commands) -> None:
    """Add `inkling train`."""
    parser = commands.add_parser(
        "train",
        help="train the network on MNIST",
        description="Train the network on MNIST, as the lesson does. Ctrl-C stops and keeps the last complete epoch.",
    )
    parser.add_argument("--recipe", help="the training recipe: its data and hyperparameters (default: lesson)")
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="passes over the training images (default: the recipe's; lesson: 5)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="seed of the initial weights and of every shuffle (default: 0)"
    )
    parser.add_argument(
        "--network",
        choices=tuple(NETWORKS),
        help="cnn, or dense: the lesson's 784–128–10 network, which is for comparison and cannot be served "
        "(default: cnn)",
    )
    parser.add_argument(
        "--shuffle-pixels",
        action="store_true",
        default=None,
        help="shuffle the pixels of every image, always in the same order",
    )
    add_device(parser)
    parser.add_argument(
        "--out",
        action=PathAction,
        type=Path,
        metavar="DIR",
        help="folder for the results (default: runs/RECIPE, runs/dense-RECIPE, …)",
    )
    parser.add_argument("--resume", action="store_true", help="continue the run in DIR after its last complete epoch")
    add_data(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    if (status := train_extra_missing("onnx", "matplotlib", "rich")) is not None:
        return status
    import model.training.run  # noqa: F401  # takes seconds, during which Ctrl-C ends the process

    with interrupts.raise_error():
        return _train(options)


def _train(options: argparse.Namespace) -> int:
    from model.checkpoint import CheckpointError
    from model.data import mnist
    from model.training import events, recipes
    from model.training.run import train
    from model.training.trainer import TrainingError, pick_device

    recipe = options.recipe or recipes.LESSON.name
    name = recipes.weights_name(recipe, options.network or "cnn", bool(options.shuffle_pixels))
    out: Path = options.out or Path("runs") / name
    display = _Display()
    last: EpochDone | None = None
    started = False
    try:
        device = pick_device(options.device)
        mnist.fetch(options.data)
        train_digits, test_digits = mnist.load(options.data, device)
        for event in train(
            out,
            train_digits,
            test_digits,
            recipe=options.recipe,
            seed=options.seed,
            epochs=options.epochs,
            device=device,
            network=options.network,
            shuffled=options.shuffle_pixels,
            resume=options.resume,
        ):
            match event:
                case events.Started():
                    started = True
                    display.line(_describe_start(event, out))
                    display.start(event)
                case events.Progress():
                    display.update(event)
                case events.EpochDone():
                    last = event
                    display.line(_describe_epoch(event))
                case events.Finished():
                    display.stop()
                    display.line(_describe_results(event))
    except KeyboardInterrupt:
        display.stop()
        print(_describe_stop(out, options.data, started or options.resume, last), file=sys.stderr)
        return INTERRUPTED
    except (mnist.DatasetError, TrainingError, CheckpointError) as error:
        display.stop()
        return fail(error)
    except OSError as error:  # for example a full disk
        display.stop()
        resume = _resume_command(out, options.data)
        return fail(f"{error.filename or out} cannot be written: {error.strerror}. To continue: {resume}")
    finally:
        display.stop()
    return 0


class _Display:
    """Prints lines, and shows the progress: as a bar on a terminal, otherwise as a line every ten seconds."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("Epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._last_line = time.monotonic()

    def line(self, text: str) -> None:
        self._console.print(text)

    def start(self, event: "Started") -> None:
        self._images, self._epochs = event.images, event.epochs
        self._task = self._bar.add_task(
            "", total=event.images * event.epochs, completed=event.images * event.epoch,
            epoch=event.epoch, epochs=event.epochs, numbers="",
        )  # fmt: skip
        self._bar.start()

    def update(self, event: "Progress") -> None:
        numbers = _numbers(event)
        done = (event.epoch - 1) * self._images + event.images
        self._bar.update(self._task, completed=done, epoch=event.epoch, numbers=numbers)
        if self._bar.disable and time.monotonic() - self._last_line >= PLAIN_EVERY:
            self._last_line = time.monotonic()
            self.line(f"Epoch {event.epoch}/{self._epochs}, {event.images}/{self._images} images, {numbers}")

    def stop(self) -> None:
        self._bar.stop()


def _numbers(event: "Progress") -> str:
    minutes, seconds = divmod(round(event.seconds_left), 60)
    return f"loss {event.loss:.4f}, {event.images_per_second:,.0f} images/s, {minutes}:{seconds:02} left"


def _describe_start(event: "Started", out: Path) -> str:
    variant = {"cnn": "", "dense": "Dense network, "}[event.network] + ("shuffled pixels, " if event.shuffled else "")
    recipe = f"{variant}recipe {event.recipe}"
    text = f"{recipe[0].upper()}{recipe[1:]}, seed {event.seed}, on {event.device}; results in {out}"
    return text if not event.epoch else f"{text}; continuing after epoch {event.epoch}"


def _describe_epoch(event: "EpochDone") -> str:
    if event.training_loss is None:
        return f"Before training. {event}"
    return f"Epoch {event.epoch}: training loss {event.training_loss:.4f}. {event}"


def _describe_results(event: "Finished") -> str:
    files = "\n".join(f"  {file}" for file in event.files)
    weights = next(file for file in event.files if file.suffix == ".safetensors")
    can_be_served = event.checkpoint.network == "cnn" and event.checkpoint.pixel_order is None
    purpose, command = ("To try it", "serve") if can_be_served else ("To measure it", "evaluate")
    return f"Done: {event.checkpoint.model}\n{files}\n{purpose}: {hints.command(command, '--weights', str(weights))}"


def _describe_stop(out: Path, data: Path | None, started: bool, last: "EpochDone | None") -> str:
    from model.training.run_state import RESUME

    if not started or not (out / RESUME).exists():
        return "\nStopped before the first epoch; nothing was saved."
    saved = "The last complete epoch is saved" if last is None else f"Epoch {last.epoch} is saved in {last.file}"
    return f"\nStopped. {saved}. To continue: {_resume_command(out, data)}"


def _resume_command(out: Path, data: Path | None) -> str:
    return hints.command("train", "--resume", "--out", str(out), *(["--data", str(data)] if data else []))
