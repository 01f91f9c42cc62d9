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
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take time from the other processes

from model.runs.settings import BATCHES, SHARES
from model.training.recipes import LESSON, RECIPES, weights_name

if TYPE_CHECKING:
    from model.training.trainer import Trainer


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, as one of the processes of torchrun if it started this one. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m model.training", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recipe", choices=tuple(RECIPES), metavar="RECIPE", help=", ".join(RECIPES))
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the training images")
    parser.add_argument("--seed", type=int, metavar="S", help="seed of the initial weights and of every shuffle")
    parser.add_argument("--batch", type=int, metavar="N", help="images per step, of all processes together")
    parser.add_argument("--share", type=float, metavar="X", help="share of the training images, 0 to 1: the first ones")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: runs/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="continue the run in DIR")
    parser.add_argument("--data", metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)")
    options = parser.parse_args(arguments)
    for name, (least, most) in {"batch": BATCHES, "share": SHARES}.items():
        value = getattr(options, name)
        if value is not None and not least <= value <= most:
            parser.error(f"--{name} must be from {least} to {most}")

    from torch import distributed

    from model.data.mnist import DatasetError
    from model.training.parallel import processes
    from model.training.parallel.messages import send_end
    from model.training.parallel.trainer import ParallelTrainer
    from model.training.trainer import Trainer, TrainingError, pick_device

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
    except (DatasetError, TrainingError, OSError) as error:
        print(f"model.training: {error}", file=sys.stderr)
        return 2
    return 0


def _train(options: argparse.Namespace, device: str, trainer: "type[Trainer]") -> None:
    from model.data import mnist
    from model.training.events import EpochDone, Finished
    from model.training.run import train

    mnist.fetch(options.data)
    train_digits, test_digits = mnist.load(options.data, device)
    changes = {name: value for name in ("batch", "share") if (value := getattr(options, name)) is not None}
    for event in train(
        options.out or Path("runs") / weights_name(options.recipe or LESSON.name),
        train_digits,
        test_digits,
        recipe=options.recipe,
        seed=options.seed,
        epochs=options.epochs,
        device=device,
        resume=options.resume,
        changes=changes or None,
        trainer_class=trainer,
    ):
        match event:
            case EpochDone():
                print(f"Epoch {event.epoch}. {event}", flush=True)
            case Finished():
                print("\n".join(map(str, event.files)), flush=True)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Leave without freeing objects: threads of Gloo may still be running, and freeing them would abort the process.
    os._exit(status)
