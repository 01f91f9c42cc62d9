"""`inkling evaluate`: measure weights and print the results as tables, JSON and plots.

PyTorch is imported inside the functions, so that `inkling serve` starts without it.
"""

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import interrupts
from app.cli import report as tables
from app.cli.options import (
    UNUSABLE,
    Commands,
    PathAction,
    add_data,
    add_device,
    add_weights,
    fail,
    print_notes,
    train_extra_missing,
)
from model.checkpoint import Checkpoint, CheckpointError, replace_file
from model.inference.calibration import read_calibrated

if TYPE_CHECKING:
    from model.data.mnist import Digits
    from model.data.stroke_sets import Collection
    from model.evaluation.accuracy import Evaluation
    from model.evaluation.human_drawings import DrawingsReport
    from model.evaluation.robustness import Curve
    from model.evaluation.stress import Altered, NonDigits

LISTED = 10  # mistakes in the table
MISTAKES = 100  # mistakes in the JSON report, each with its image; the shipped weights make fewer mistakes
SHEET = 40  # mistakes in mistakes.png


def add_parser(commands: Commands) -> None:
    """Add `inkling evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="measure weights on MNIST's 10,000 test images",
        description="Measure weights on MNIST's 10,000 test images: accuracy, loss, reliability of the confidence, and "
        "which digits are confused.",
    )
    add_weights(parser)
    add_device(parser)
    parser.add_argument(
        "--limits",
        action="store_true",
        help="also measure what the network is bad at: altered digits, and images that are not digits",
    )
    parser.add_argument(
        "--curves",
        action="store_true",
        help="also measure the accuracy under increasing shift, rotation, scale, stroke width and noise (a minute)",
    )
    parser.add_argument(
        "--drawings",
        action=PathAction,
        type=Path,
        metavar="DIR",
        help="also measure the drawings in DIR, .npz files of strokes (their format: model/data/stroke_sets.py)",
    )
    parser.add_argument(
        "--plots",
        action=PathAction,
        type=Path,
        metavar="DIR",
        help="write confusion.png, reliability.png, robustness.png (implies --curves) and mistakes.png",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_data(parser)
    parser.set_defaults(run=run)


@dataclass
class Measured:
    """All results of the command; None for a result that was not requested."""

    weights: Checkpoint
    temperature: float
    result: "Evaluation"
    altered: "list[Altered] | None" = None
    non_digits: "list[NonDigits] | None" = None
    curves: "list[Curve] | None" = None
    drawings: "DrawingsReport | None" = None
    plots: list[Path] = field(default_factory=list)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    if (status := train_extra_missing("rich", *(["matplotlib"] if options.plots else []))) is not None:
        return status
    try:  # first, because importing PyTorch takes seconds
        weights, calibration = read_calibrated(options.weights, baselines=True)
    except CheckpointError as error:
        return fail(error, UNUSABLE)
    print_notes(weights)
    temperature = 1.0 if calibration is None else calibration.temperature
    from app.cli.progress import progress_line
    from model.data import mnist
    from model.data.stroke_sets import DrawingsError, read_folder
    from model.training.trainer import TrainingError, pick_device

    try:
        collections = read_folder(options.drawings) if options.drawings else []
        device = pick_device(options.device)
        _, digits = mnist.load(options.data, device)
        if options.plots:
            options.plots.mkdir(parents=True, exist_ok=True)
        with interrupts.raise_error(), progress_line() as progress:
            measured = _measure(weights, digits, device, collections, options, progress, temperature)
            if options.plots:
                progress("Drawing the plots")
                measured.plots = _plot(options.plots, measured, digits)
    except (mnist.DatasetError, DrawingsError, TrainingError, CheckpointError) as error:
        return fail(error)
    except OSError as error:  # for example a full disk, or a file where a folder should be
        return fail(f"{error.filename or options.plots} cannot be written: {error.strerror}.")
    if options.json:
        print(_to_text(_as_json(measured, digits)))
        return 0
    print(f"{weights.model} ({options.weights})")
    print(tables.report(measured.result, LISTED, measured.temperature))
    if measured.altered is not None and measured.non_digits is not None:
        print(tables.limits(measured.altered, measured.non_digits))
    if measured.curves is not None:
        print(tables.curves(measured.curves))
    if measured.drawings is not None:
        print(tables.drawings(measured.drawings))
    if measured.plots:
        print("\n" + "\n".join(["Plots", *(f"  {path}" for path in measured.plots)]))
    return 0


def _measure(
    weights: Checkpoint,
    digits: "Digits",
    device: str,
    collections: "list[Collection]",
    options: argparse.Namespace,
    progress: Callable[[str], None],
    temperature: float,
) -> Measured:
    from model.evaluation import accuracy, robustness, stress
    from model.training.trainer import network_of

    network = network_of(weights, device)
    measured = Measured(weights, temperature, accuracy.evaluate(network, digits, temperature))
    if options.limits:
        progress("Evaluating altered digits")
        measured.altered = list(stress.altered(network, digits, temperature))
        progress("Evaluating images that are not digits")
        measured.non_digits = list(stress.non_digits(network, digits, temperature))
    if options.curves or options.plots:
        measured.curves = list(robustness.curves(network, digits, measured.result, temperature, progress))
    if collections:
        from model.evaluation.human_drawings import measure_drawings
        from model.inference.classifier import Classifier

        classifier = Classifier.load(options.weights, "onnx" if device == "cpu" else "torch")
        measured.drawings = measure_drawings(classifier, collections, progress)
    return measured


def _plot(folder: Path, measured: Measured, digits: "Digits") -> list[Path]:
    from model.evaluation import plots

    assert measured.curves is not None
    mistakes = measured.result.mistakes(SHEET)
    images = [digits.images[mistake.index].cpu().numpy() for mistake in mistakes]
    name = measured.weights.model
    files = {
        "confusion.png": plots.confusion(name, measured.result),
        "reliability.png": plots.reliability(name, measured.result),
        "robustness.png": plots.robustness(name, measured.curves),
        "mistakes.png": plots.mistakes(name, mistakes, images, measured.result.total - measured.result.correct),
    }
    for file, content in files.items():
        replace_file(folder / file, content)
    return [folder / file for file in files]


# Matches an indented list of numbers. It matches nothing inside a string, because JSON escapes line breaks there.
_NUMBERS = re.compile(r"\[\n\s+((?:-?[0-9][0-9.e+-]*,\s+)*-?[0-9][0-9.e+-]*)\n\s+\]")


def _to_text(report: dict[str, Any]) -> str:
    """The report as indented JSON, but with each list of numbers on one line."""
    return _NUMBERS.sub(lambda match: f"[{' '.join(match[1].split())}]", json.dumps(report, indent=2))


def _mistakes(result: "Evaluation", digits: "Digits") -> list[dict[str, Any]]:
    """The mistakes with the highest confidence, each with its probabilities and its image (rows of grey levels)."""
    return [
        asdict(mistake)
        | {
            # str() gives the fewest digits that identify the float32
            "probabilities": [float(str(value)) for value in result.probabilities[mistake.index]],
            "picture": digits.images[mistake.index].tolist(),
        }
        for mistake in result.mistakes(MISTAKES)
    ]


def _as_json(measured: Measured, digits: "Digits") -> dict[str, Any]:
    result = measured.result
    report: dict[str, Any] = {
        "model": measured.weights.model,
        "sha256": measured.weights.sha256,
        "temperature": measured.temperature,
        "pictures": result.total,
        "correct": result.correct,
        "accuracy": result.accuracy,
        "average_loss": result.loss,
        "calibrated_loss": result.calibrated_loss,
        "calibration_error": result.calibration_error,
        "digits": [
            {"digit": digit, "pictures": images, "correct": correct, "recall": recall, "precision": precision}
            for digit, (images, correct, recall, precision) in enumerate(tables.classes(result.confusion))
        ],
        "confusion": result.confusion.tolist(),
        "reliability": [asdict(each) for each in result.reliability],
        "mistakes": _mistakes(result, digits),
    }
    if measured.altered is not None and measured.non_digits is not None:
        report["limits"] = {
            "altered": [asdict(row) for row in measured.altered],
            "strangers": [asdict(row) for row in measured.non_digits],
        }
    if measured.curves is not None:
        report["robustness"] = [asdict(curve) for curve in measured.curves]
    if measured.drawings is not None:
        report["drawings"] = asdict(measured.drawings)
    if measured.plots:
        report["plots"] = [str(path) for path in measured.plots]
    return report
