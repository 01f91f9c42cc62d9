"""`inkling train`: train the network on MNIST, with a progress bar on a terminal.

PyTorch is imported inside the functions, so that `inkling serve` starts without it.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import interrupts
from app.cli.options import Commands, PathAction, add_data, add_device, fail, train_extra_missing
from model import hints
from model.layers import NETWORKS
from model.runs.options import add_settings, changes, describe_recipes
from model.training.recipes import LESSON, weights_name

if TYPE_CHECKING:
    from app.cli.progress import Display
    from model.data.mnist import Digits
    from model.training.events import EpochDone, Finished, Progress, Started

INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it


def add_parser(commands: Commands) -> None:
    """Add `inkling train`."""
    parser = commands.add_parser(
        "train",
        help="train the network on MNIST",
        description="Train the network on MNIST, as the lesson does. Ctrl-C stops and keeps the last complete epoch.",
        epilog=f"recipes:\n{describe_recipes()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings(parser)
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
    from app.cli.progress import Display
    from model.checkpoint import CheckpointError
    from model.data import mnist
    from model.runs.session import RunInProgressError
    from model.training import events
    from model.training.recording.start import recorded_run
    from model.training.run_state import RunOptions
    from model.training.trainer import TrainingError, pick_device

    recipe = options.recipe or LESSON.name
    name = weights_name(recipe, options.network or "cnn", bool(options.shuffle_pixels))
    out: Path = options.out or Path("runs") / name
    display = Display()
    last: EpochDone | None = None
    started: Started | None = None

    def load(progress: Callable[[str], None]) -> "tuple[Digits, Digits]":
        def show(line: str) -> None:
            print(line)
            progress(line)

        mnist.fetch(options.data, show)
        return mnist.load(options.data, device)

    try:
        device = pick_device(options.device)
        given = RunOptions(
            options.recipe, options.seed, options.epochs, options.network, options.shuffle_pixels, changes(options)
        )
        with recorded_run(out, given, load, device, resume=options.resume) as (run, running):
            for event in running:
                match event:
                    case events.Started():
                        started = event
                        display.line(_describe_start(event, out, run.record.settings.changes))
                    case events.Progress():
                        assert started is not None
                        _show(display, event, started)
                    case events.EpochDone():
                        last = event
                        display.line(_describe_epoch(event))
                    case events.Finished():
                        display.stop()
                        display.line(_describe_results(event))
            if run.record.state != "finished":  # it was stopped on the page
                display.stop()
                print(_describe_stop(out, options.data, started is not None, last), file=sys.stderr)
                return INTERRUPTED
    except KeyboardInterrupt:
        display.stop()
        print(_describe_stop(out, options.data, started is not None or options.resume, last), file=sys.stderr)
        return INTERRUPTED
    except (mnist.DatasetError, TrainingError, CheckpointError, RunInProgressError) as error:
        display.stop()
        return fail(error)
    except OSError as error:  # for example a full disk
        display.stop()
        resume = _resume_command(out, options.data)
        return fail(f"{error.filename or out} cannot be written: {error.strerror}. To continue: {resume}")
    finally:
        display.stop()
    return 0


def _show(display: "Display", event: "Progress", started: "Started") -> None:
    display.update(
        f"Epoch {event.epoch}/{started.epochs}",
        (event.epoch - 1 + event.images / started.images) / started.epochs,
        event.seconds_left,
        (
            f"{event.images}/{started.images} images",
            f"{event.images_per_second:,.0f} images/s",
            f"loss {event.loss:.4f}",
        ),
    )


def _describe_start(event: "Started", out: Path, changed: Mapping[str, object]) -> str:
    variant = {"cnn": "", "dense": "Dense network, "}[event.network] + ("shuffled pixels, " if event.shuffled else "")
    values = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changed.items())
    recipe = f"{variant}recipe {event.recipe}" + (f" with {values}" if values else "")
    text = f"{recipe[0].upper()}{recipe[1:]}, seed {event.seed}, on {event.device}; results in {out}"
    text = text if not event.epoch else f"{text}; continuing after epoch {event.epoch}"
    return "\n".join((text, *event.notes))


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
