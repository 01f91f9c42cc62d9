"""Measure what the lesson's page compares, and write it beside the weights: python -m tools.lesson_figures

model/weights/lesson-figures.json then holds how well the dense network and both convolutional ones read MNIST's test
pictures moved by −8 to 8 pixels, and the accuracy after each epoch of five runs. Of the runs that train on shuffled
pixels no weights ship: where `inkling train` has not left them in `runs`, what the file says of them stays.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.checkpoint import DENSE, LESSON, ROBUST, WEIGHTS, CheckpointError, read, replace_file
from model.data import mnist
from model.data.mnist import DatasetError, Digits
from model.evaluation.accuracy import evaluate
from model.evaluation.robustness import moved
from model.layers import PIXEL_SEED, pixel_order
from model.network import Network
from model.training.trainer import network_of

FIGURES = WEIGHTS / "lesson-figures.json"
SHIFTS = range(-8, 9)  # px; at 8 the ink of most digits has begun to leave the picture

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A run that is told of: its name on the page, its weights, the command that makes them, whether they ship."""

    name: str
    file: Path
    options: str
    shipped: bool

    @property
    def command(self) -> str:
        """What makes these weights again."""
        return f"inkling train {self.options} --seed 0 --device cpu"


def runs(folder: Path) -> tuple[Run, ...]:
    """The five; `folder` is where `inkling train` leaves results."""
    return (
        Run("dense", DENSE, "--network dense --recipe lesson", True),
        Run("lesson", LESSON, "--recipe lesson", True),
        Run("robust", ROBUST, "--recipe robust", True),
        Run(
            "dense-shuffled",
            folder / "dense-lesson-shuffled" / "mnist_dense.safetensors",
            "--network dense --recipe lesson --shuffle-pixels",
            False,
        ),
        Run(
            "lesson-shuffled",
            folder / "lesson-shuffled" / "mnist_cnn.safetensors",
            "--recipe lesson --shuffle-pixels",
            False,
        ),
    )


def main(arguments: list[str]) -> int:
    """Measure, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.lesson_figures", description=__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of data sets (default: $INKLING_DATA, or data)"
    )
    parser.add_argument("--runs", type=Path, metavar="DIR", default=Path("runs"), help="results of training (runs)")
    chosen = parser.parse_args(arguments)
    try:
        old = json.loads(FIGURES.read_text(encoding="utf-8"))["runs"] if FIGURES.exists() else []
        _, digits = mnist.load(chosen.data)
        told = [_run(run, old) for run in runs(chosen.runs)]
        shifted = [_shifted(run, digits) for run in runs(chosen.runs) if run.shipped]
    except (CheckpointError, DatasetError) as error:
        print(error, file=sys.stderr)
        return 1
    figures = {
        "pictures": len(digits),
        "shifts": list(SHIFTS),
        "shifted": shifted,
        "runs": told,
        "pixel_seed": PIXEL_SEED,
        "pixel_order": pixel_order(),
    }
    replace_file(FIGURES, written(figures).encode())
    print(FIGURES)
    return 0


def written(figures: Json) -> str:
    """As JSON, a line for each of what is told of, so that a change can be read."""
    lines = []
    for key, value in figures.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            lines.append(f"{json.dumps(key)}: [\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _run(run: Run, old: list[Json]) -> Json:
    """What the weights' metadata says of their run; of weights that are not there, what was said before."""
    kept = next((each for each in old if each["name"] == run.name), None)
    if not run.file.exists() and kept is not None:
        return kept
    if not run.file.exists():
        raise CheckpointError(f"There is no file {run.file}. This makes it: {run.command}")
    weights = read(run.file, baselines=True)
    found = weights.metadata
    return {
        "name": run.name,
        "network": weights.network,
        "shuffled": weights.pixel_order is not None,
        "recipe": found["recipe"],
        "seed": int(found["seed"]),
        "epochs": int(found["epochs"]),
        "command": run.command,
        "shipped": run.shipped,
        "accuracy": json.loads(found["accuracy_per_epoch"]),
        "loss": json.loads(found["loss_per_epoch"]),
        "training_loss": json.loads(found["training_loss_per_epoch"]),
    }


def _shifted(run: Run, digits: Digits) -> Json:
    weights = read(run.file, baselines=True)
    network = network_of(weights)
    across = [accuracy(network, digits, shift, 0) for shift in SHIFTS]
    return {
        "name": run.name,
        "network": weights.network,
        "model": weights.model,
        "sha256": weights.sha256,
        "parameters": sum(values.size for values in weights.tensors.values()),
        "x": across,
        "y": [accuracy(network, digits, 0, shift) if shift else across[SHIFTS.index(0)] for shift in SHIFTS],
    }


def accuracy(network: Network, digits: Digits, right: int, down: int) -> float:
    """The share of the digits, moved by so many pixels, that is read right. The network sees them as they then are:
    nothing centres them again."""
    return evaluate(network, Digits(moved(digits.images, right, down), digits.labels, digits.files)).accuracy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
