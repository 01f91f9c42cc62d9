"""Train the network on MNIST without the command `inkling`, with one process or with several.

    python -m model.training --recipe fast --out runs/fast
    torchrun --standalone --nproc-per-node=2 -m model.training --recipe fast --out runs/fast

torchrun starts N processes on this machine. Each computes a part of every batch, on a GPU of its own if there are
GPUs. Together they take the steps of a single process: the batches are the same, and so are the weights apart from
rounding errors. Process 0 alone reads the data, evaluates the network, prints and writes the files, which are those of
`inkling train`.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take time from the other processes

from model.runs.options import add_settings, changes, describe_recipes
from model.training.recipes import LESSON, weights_name

if TYPE_CHECKING:
    from model.data.mnist import Digits
    from model.training.trainer import Trainer

FAILED = 2  # the exit status after an error
STOPPED = 130  # the exit status of a run that was stopped: 128 + SIGINT, as a shell reports it


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, as one of the processes of torchrun if it started this one. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m model.training",
        description=(__doc__ or "").splitlines()[0],
        epilog=f"recipes:\n{describe_recipes()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings(parser)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: runs/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="continue the run in DIR")
    parser.add_argument("--data", metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)")
    options = parser.parse_args(arguments)

    from torch import distributed

    from model.data.mnist import DatasetError
    from model.runs.session import RunInProgressError
    from model.training.parallel import processes
    from model.training.parallel.messages import send_end
    from model.training.parallel.trainer import ParallelTrainer
    from model.training.trainer import Trainer, TrainingError, pick_device

    number = 0
    try:
        device = pick_device(options.device)
        if not distributed.is_torchelastic_launched():
            _train(options, device, Trainer)
            return 0
        with processes.process_group(device) as number:
            if number > 0:
                processes.follow(device)
            else:
                _train(options, device, ParallelTrainer)
                send_end()
    except (DatasetError, TrainingError, RunInProgressError, OSError) as error:
        print(f"model.training: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        if number == 0:
            print("Stopped. The same command with --resume continues the run.", file=sys.stderr)
        return STOPPED
    return 0


def _train(options: argparse.Namespace, device: str, trainer: "type[Trainer]") -> None:
    """Train and write the run's folder. Raises KeyboardInterrupt if the run is stopped, for example on the page."""
    from model.data import mnist
    from model.training.events import EpochDone, Finished
    from model.training.recording.start import recorded_run
    from model.training.run_state import RunOptions

    def load(progress: Callable[[str], None]) -> "tuple[Digits, Digits]":
        mnist.fetch(options.data, progress)
        return mnist.load(options.data, device)

    out = options.out or Path("runs") / weights_name(options.recipe or LESSON.name)
    given = RunOptions(options.recipe, options.seed, options.epochs, changes=changes(options))
    with recorded_run(out, given, load, device, resume=options.resume, trainer_class=trainer) as (run, events):
        for event in events:
            match event:
                case EpochDone():
                    print(f"Epoch {event.epoch}. {event}", flush=True)
                case Finished():
                    print("\n".join(map(str, event.files)), flush=True)
        if run.record.state != "finished":
            raise KeyboardInterrupt


def _interrupt(*_: object) -> None:
    """Stop the run, once: after Ctrl-C, torchrun also sends SIGTERM."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _interrupt)
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Leave without freeing objects: threads of Gloo may still be running, and freeing them would abort the process.
    os._exit(status)
