"""The commands that make weights and get the data for it: `inkling train`, `inkling fetch`.

PyTorch is imported inside the functions that run a command, so that `inkling serve` starts without it.
"""

import argparse
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.cli.common import add_data, add_device, fail, not_ready
from model.checkpoint import CheckpointError
from model.data.mnist import DatasetError
from model.layers import NETWORKS

if TYPE_CHECKING:
    from model.training.events import EpochDone, Finished, Progress, Started


INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal to draw a bar on


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
    parser.add_argument(
        "--network",
        choices=tuple(NETWORKS),
        help="cnn, or dense: the lesson's 784–128–10, which is for comparing and is not served (default: cnn)",
    )
    parser.add_argument(
        "--shuffle-pixels",
        action="store_true",
        default=None,
        help="show every picture with its pixels in one other order, always the same",
    )
    add_device(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where the results go (default: runs/RECIPE, or runs/dense-RECIPE, …)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in DIR after its last whole epoch")
    add_data(parser)
    parser.set_defaults(run=_train)


def add_fetch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inkling fetch`."""
    parser = commands.add_parser(
        "fetch",
        help="fetch MNIST",
        description="Fetch MNIST (11.5 MB, 55 MB unpacked) and verify it. What is there already is only verified.",
    )
    add_data(parser)
    parser.set_defaults(run=_fetch)


# ---------------------------------------------------------------- fetch


def _fetch(chosen: argparse.Namespace) -> int:
    from model.data import mnist

    try:
        if not mnist.fetch(chosen.data):
            print(f"MNIST is in {mnist.raw(chosen.data)}, its four files verified.")
    except DatasetError as error:
        return fail(error)
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
            self.line(f"Epoch {event.epoch}/{self.epochs}, {event.images}/{self.images} images, {_figures(event)}")

    def close(self) -> None:
        pass


def _figures(event: "Progress") -> str:
    minutes, seconds = divmod(round(event.seconds_left), 60)
    return f"loss {event.loss:.4f}, {event.images_per_second:,.0f} images/s, {minutes}:{seconds:02} left"


def _train(chosen: argparse.Namespace) -> int:
    if (problem := not_ready("onnx", "matplotlib", "rich")) is not None:
        return problem
    from model.data import mnist
    from model.training import events, recipes, run, trainer

    name = recipes.weights_name(
        chosen.recipe or recipes.LESSON.name, chosen.network or "cnn", bool(chosen.shuffle_pixels)
    )
    out: Path = chosen.out or Path("runs") / name
    screen: _Screen = _Bar() if sys.stdout.isatty() else _Lines()
    kept: EpochDone | None = None
    begun = False
    try:
        device = trainer.pick_device(chosen.device)
        mnist.fetch(chosen.data)
        train_digits, test_digits = mnist.load(chosen.data, device)
        happened = run.train(
            out,
            train_digits,
            test_digits,
            recipe=chosen.recipe,
            seed=chosen.seed,
            epochs=chosen.epochs,
            device=device,
            network=chosen.network,
            shuffled=chosen.shuffle_pixels,
            resume=chosen.resume,
        )
        for event in happened:
            match event:
                case events.Started():
                    begun = True
                    screen.line(_beginning(event, out))
                    screen.started(event)
                case events.Progress():
                    screen.progress(event)
                case events.EpochDone():
                    kept = event
                    screen.line(_epoch(event))
                case events.Finished():
                    screen.close()
                    screen.line(_ending(event))
    except KeyboardInterrupt:
        screen.close()
        print(_stopped(out, chosen.data, begun or chosen.resume, kept), file=sys.stderr)
        return INTERRUPTED
    except (DatasetError, trainer.TrainingError, CheckpointError) as error:
        screen.close()
        return fail(error)
    except OSError as error:  # a full disk, a folder taken away
        screen.close()
        return fail(f"{error.filename or out} cannot be written: {error.strerror}. {_how_to_resume(out, chosen.data)}")
    finally:
        screen.close()
    return 0


def _beginning(event: "Started", out: Path) -> str:
    what = {"cnn": "", "dense": "Dense network, "}[event.network] + ("shuffled pixels, " if event.shuffled else "")
    recipe = f"{what}recipe {event.recipe}"
    where = f"{recipe[0].upper()}{recipe[1:]}, seed {event.seed}, on {event.device}; results in {out}"
    return where if not event.epoch else f"{where}; going on after epoch {event.epoch}"


def _epoch(event: "EpochDone") -> str:
    if event.training_loss is None:
        return f"Before training. {event}"
    return f"Epoch {event.epoch}: training loss {event.training_loss:.4f}. {event}"


def _ending(event: "Finished") -> str:
    files = "\n".join(f"  {file}" for file in event.files)
    weights = next(file for file in event.files if file.suffix == ".safetensors")
    served = event.checkpoint.network == "cnn" and event.checkpoint.pixel_order is None
    then = "To draw for it: inkling serve" if served else "To measure it: inkling evaluate"
    return f"Done: {event.checkpoint.model}\n{files}\n{then} --weights {shlex.quote(str(weights))}"


def _stopped(out: Path, data: Path | None, begun: bool, kept: "EpochDone | None") -> str:
    from model.training.run_state import RESUME

    if not begun or not (out / RESUME).exists():
        return "\nStopped before the first epoch; nothing was kept."
    last = "The last whole epoch is kept" if kept is None else f"Epoch {kept.epoch} is kept in {kept.file}"
    return f"\nStopped. {last}. {_how_to_resume(out, data)}"


def _how_to_resume(out: Path, data: Path | None) -> str:
    words = ["inkling", "train", "--resume", "--out", str(out), *(["--data", str(data)] if data else [])]
    return f"To go on: {shlex.join(words)}"
