"""`inkling evaluate`: measure weights, and print it as tables or JSON and as plots.

PyTorch is imported inside the functions that run the command, so that `inkling serve` starts without it.
"""

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import report as evaluation_text
from app.cli.common import add_data, add_device, fail, not_ready
from app.cli.progress import Progress
from model.checkpoint import SHIPPED, Checkpoint, CheckpointError, find, replace_file
from model.checkpoint import read as read_checkpoint
from model.data.mnist import DatasetError
from model.data.stroke_sets import Collection, DrawingsError, read_folder
from model.inference.calibration import read as read_calibration

if TYPE_CHECKING:
    from model.data.mnist import Digits
    from model.evaluation.accuracy import Evaluation
    from model.evaluation.human_drawings import DrawingsReport
    from model.evaluation.robustness import Curve
    from model.evaluation.stress import Altered, NonDigits

LISTED = 10  # mistakes in tables
MISTAKES = 100  # in JSON, each with its picture: of weights as good as the shipped ones, all
SHEET = 40  # mistakes on the picture sheet


def add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inkling evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="measure weights on MNIST's 10,000 test pictures",
        description="Measure weights on MNIST's 10,000 test pictures: accuracy, loss, whether the confidence is borne "
        "out, and what is mistaken for what.",
    )
    parser.add_argument("--weights", type=find, metavar="FILE", default=SHIPPED, help="as for serve (default: robust)")
    add_device(parser)
    parser.add_argument(
        "--limits", action="store_true", help="measure also what the network is bad at: altered digits, and no digits"
    )
    parser.add_argument(
        "--curves",
        action="store_true",
        help="measure also the accuracy under more and more shift, rotation, scale, stroke width, noise (a minute)",
    )
    parser.add_argument(
        "--drawings",
        type=Path,
        metavar="DIR",
        help="measure also the drawings in DIR, .npz files of strokes (the format: model/data/stroke_sets.py)",
    )
    parser.add_argument(
        "--plots",
        type=Path,
        metavar="DIR",
        help="write confusion.png, reliability.png, robustness.png (with --curves, which it implies) and mistakes.png",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_data(parser)
    parser.set_defaults(run=_evaluate)


@dataclass
class Measured:
    """All that was measured; what nobody asked for is None."""

    weights: Checkpoint
    temperature: float
    result: "Evaluation"
    altered: "list[Altered] | None" = None
    strangers: "list[NonDigits] | None" = None
    curves: "list[Curve] | None" = None
    field_test: "DrawingsReport | None" = None
    plots: list[Path] = field(default_factory=list)


def _evaluate(chosen: argparse.Namespace) -> int:
    if (problem := not_ready(*(["matplotlib"] if chosen.plots else []))) is not None:
        return problem
    from model.data import mnist
    from model.training import trainer

    try:
        weights = read_checkpoint(chosen.weights, baselines=True)
        calibration = read_calibration(chosen.weights, weights)
        temperature = 1.0 if calibration is None else calibration.temperature
        collections = read_folder(chosen.drawings) if chosen.drawings else []
        device = trainer.pick_device(chosen.device)
        _, digits = mnist.load(chosen.data, device)
        if chosen.plots:
            chosen.plots.mkdir(parents=True, exist_ok=True)
        with Progress() as progress:
            measured = _measure(weights, digits, device, collections, chosen, progress, temperature)
            if chosen.plots:
                progress("drawing the plots")
                measured.plots = _plot(chosen.plots, measured, digits)
    except (DatasetError, DrawingsError, trainer.TrainingError, CheckpointError) as error:
        return fail(error)
    except OSError as error:  # a full disk, a folder that is a file
        return fail(f"{error.filename or chosen.plots} cannot be written: {error.strerror}.")
    if chosen.json:
        print(_written(_as_json(measured, digits)))
        return 0
    print(f"{weights.model} ({chosen.weights})")
    print(evaluation_text.report(measured.result, LISTED, measured.temperature))
    if measured.altered is not None and measured.strangers is not None:
        print(evaluation_text.limits(measured.altered, measured.strangers))
    if measured.curves is not None:
        print(evaluation_text.curves(measured.curves))
    if measured.field_test is not None:
        print(evaluation_text.field_test(measured.field_test))
    if measured.plots:
        print("\n" + "\n".join(["Plots", *(f"  {path}" for path in measured.plots)]))
    return 0


def _measure(
    weights: Checkpoint,
    digits: "Digits",
    device: str,
    collections: list[Collection],
    chosen: argparse.Namespace,
    say: Callable[[str], None],
    temperature: float,
) -> Measured:
    from model.evaluation import accuracy as evaluation
    from model.evaluation import robustness, stress
    from model.training import trainer

    network = trainer.network_of(weights, device)
    measured = Measured(weights, temperature, evaluation.evaluate(network, digits, temperature))
    if chosen.limits:
        say("reading altered digits")
        measured.altered = list(stress.altered(network, digits, temperature))
        say("reading what is no digit")
        measured.strangers = list(stress.non_digits(network, digits, temperature))
    if chosen.curves or chosen.plots:
        measured.curves = list(robustness.curves(network, digits, measured.result, temperature, say))
    if collections:
        from model.evaluation.human_drawings import measure_drawings
        from model.inference.classifier import Classifier

        classifier = Classifier.load(chosen.weights, "onnx" if device == "cpu" else "torch")
        measured.field_test = measure_drawings(classifier, collections, say)
    return measured


def _plot(folder: Path, measured: Measured, digits: "Digits") -> list[Path]:
    from model.evaluation import plots

    assert measured.curves is not None
    mistakes = measured.result.mistakes(SHEET)
    pictures = [digits.images[mistake.index].cpu().numpy() for mistake in mistakes]
    name = measured.weights.model
    drawn = {
        "confusion.png": plots.confusion(name, measured.result),
        "reliability.png": plots.reliability(name, measured.result),
        "robustness.png": plots.robustness(name, measured.curves),
        "mistakes.png": plots.mistakes(name, mistakes, pictures, measured.result.total - measured.result.correct),
    }
    for file, content in drawn.items():
        replace_file(folder / file, content)
    return [folder / file for file in drawn]


# An indented list of nothing but numbers. No string can hold one: in JSON its line breaks would be written \\n.
_NUMBERS = re.compile(r"\[\n\s+((?:-?[0-9][0-9.e+-]*,\s+)*-?[0-9][0-9.e+-]*)\n\s+\]")


def _written(report: dict[str, Any]) -> str:
    """As indented JSON, each row of numbers on one line: a picture has 28 of them."""
    return _NUMBERS.sub(lambda match: f"[{' '.join(match[1].split())}]", json.dumps(report, indent=2))


def _mistakes(result: "Evaluation", digits: "Digits") -> list[dict[str, Any]]:
    """The surest mistakes, with the ten probabilities and the picture itself: 28 rows of 28 grey levels, 0 to 255."""
    return [
        asdict(mistake)
        | {
            # float32 as short as they can be written
            "probabilities": [float(str(share)) for share in result.probabilities[mistake.index]],
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
        "calibration_error": result.calibration_error,
        "digits": [
            {"digit": digit, "pictures": pictures, "correct": right, "recall": found, "precision": precision}
            for digit, (pictures, right, found, precision) in enumerate(evaluation_text.classes(result.confusion))
        ],
        "confusion": result.confusion.tolist(),
        "reliability": [asdict(each) for each in result.reliability],
        "mistakes": _mistakes(result, digits),
    }
    if measured.altered is not None and measured.strangers is not None:
        report["limits"] = {
            "altered": [asdict(row) for row in measured.altered],
            "strangers": [asdict(row) for row in measured.strangers],
        }
    if measured.curves is not None:
        report["robustness"] = [asdict(curve) for curve in measured.curves]
    if measured.field_test is not None:
        report["drawings"] = asdict(measured.field_test)
    if measured.plots:
        report["plots"] = [str(path) for path in measured.plots]
    return report
