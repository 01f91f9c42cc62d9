"""Measures the figures that the lesson's page compares: python -m tools.lesson_figures

It writes model/weights/lesson-figures.json: the accuracy of the dense network and of both convolutional networks on
MNIST's test images shifted by −8 to 8 pixels, and the accuracy after each epoch of five runs. The weights of the two
runs with shuffled pixels do not ship. They are read from the folder `runs`, where `inkling train` has saved them. For a
run whose weights are not there, the file keeps the old figures.
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
SHIFTS = range(-8, 9)  # px; a shift of 8 moves some ink of most digits out of the image

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A training run: its name on the page, the file of its weights, the options of `inkling train`, and whether the
    weights ship."""

    name: str
    file: Path
    options: str
    shipped: bool

    @property
    def command(self) -> str:
        """The command that reproduces the weights."""
        return f"inkling train {self.options} --seed 0 --device cpu"


def runs(folder: Path) -> tuple[Run, ...]:
    """The five runs. `folder` contains the results of `inkling train`."""
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
    """Measure the figures and write the file. Returns 0, or 1 if weights or MNIST are missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.lesson_figures", description=__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of data sets (default: $INKLING_DATA, otherwise data)"
    )
    parser.add_argument(
        "--runs", type=Path, metavar="DIR", default=Path("runs"), help="results of inkling train (default: runs)"
    )
    options = parser.parse_args(arguments)
    try:
        old = json.loads(FIGURES.read_text(encoding="utf-8"))["runs"] if FIGURES.exists() else []
        _, digits = mnist.load(options.data)
        measured_runs = [_run(run, old) for run in runs(options.runs)]
        shifted = [_shifted(run, digits) for run in runs(options.runs) if run.shipped]
    except (CheckpointError, DatasetError) as error:
        print(error, file=sys.stderr)
        return 1
    figures = {
        "pictures": len(digits),
        "shifts": list(SHIFTS),
        "shifted": shifted,
        "runs": measured_runs,
        "pixel_seed": PIXEL_SEED,
        "pixel_order": pixel_order(),
    }
    replace_file(FIGURES, to_text(figures).encode())
    print(FIGURES)
    return 0


def to_text(figures: Json) -> str:
    """The figures as JSON with one line for each run, so that a diff is readable."""
    lines = []
    for key, value in figures.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            lines.append(f"{json.dumps(key)}: [\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _run(run: Run, old: list[Json]) -> Json:
    """The figures in the metadata of a run's weights. Without the weights, the old figures of the run.

    Raises CheckpointError if there are neither weights nor old figures.
    """
    previous = next((each for each in old if each["name"] == run.name), None)
    if not run.file.exists() and previous is not None:
        return previous
    if not run.file.exists():
        raise CheckpointError(f"There is no file {run.file}. This command makes it: {run.command}")
    weights = read(run.file, baselines=True)
    metadata = weights.metadata
    return {
        "name": run.name,
        "network": weights.network,
        "shuffled": weights.pixel_order is not None,
        "recipe": metadata["recipe"],
        "seed": int(metadata["seed"]),
        "epochs": int(metadata["epochs"]),
        "command": run.command,
        "shipped": run.shipped,
        "accuracy": json.loads(metadata["accuracy_per_epoch"]),
        "loss": json.loads(metadata["loss_per_epoch"]),
        "training_loss": json.loads(metadata["training_loss_per_epoch"]),
    }


def _shifted(run: Run, digits: Digits) -> Json:
    weights = read(run.file, baselines=True)
    network = network_of(weights)
    horizontal = [accuracy(network, digits, shift, 0) for shift in SHIFTS]
    return {
        "name": run.name,
        "network": weights.network,
        "model": weights.model,
        "sha256": weights.sha256,
        "parameters": sum(values.size for values in weights.tensors.values()),
        "x": horizontal,
        "y": [accuracy(network, digits, 0, shift) if shift else horizontal[SHIFTS.index(0)] for shift in SHIFTS],
    }


def accuracy(network: Network, digits: Digits, right: int, down: int) -> float:
    """The accuracy on digits shifted by `right` and `down` pixels. The shifted digits are not centred again."""
    return evaluate(network, Digits(moved(digits.images, right, down), digits.labels, digits.files)).accuracy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
