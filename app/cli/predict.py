"""`inkling predict`: read digits from image files and print a table or JSON."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.options import UNUSABLE, Commands, PathAction, add_engine, add_weights, fail, print_notes
from model.preprocess.modes import MODES

if TYPE_CHECKING:
    from model.inference.classifier import Prediction


def add_parser(commands: Commands) -> None:
    """Add `inkling predict`."""
    parser = commands.add_parser(
        "predict", help="read digits from images", description="Read a digit from each image: PNG, JPEG or WebP."
    )
    parser.add_argument("files", action=PathAction, nargs="+", type=Path, metavar="FILE", help="an image")
    add_weights(parser)
    add_engine(parser)
    parser.add_argument(
        "--prepare",
        choices=tuple(MODES),
        default=next(iter(MODES)),
        help="preprocessing (default: %(default)s). "
        + " ".join(f"{name}: {MODES[name].description}" for name in MODES),
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print a prediction for each file. Returns 0; 1 if a file cannot be read; 2 if the weights cannot be used."""
    import orjson

    from app.drawings.encoding import prediction_json
    from model.checkpoint import CheckpointError
    from model.inference.classifier import Classifier
    from model.inference.engines import EngineError
    from model.preprocess import decode, pipeline

    try:
        classifier = Classifier.load(options.weights, options.engine)
    except (CheckpointError, EngineError) as error:
        return fail(error, UNUSABLE)
    print_notes(classifier.checkpoint)
    failed = False
    results: list[dict[str, Any]] = []
    width = max(len(str(file)) for file in options.files)
    if not options.json:
        print(f"{'file':{width}}  digit  confidence  {'second':10}  verdict")
    for file in options.files:
        try:
            drawing = pipeline.from_image(decode.open_image(file.read_bytes()), options.prepare)
        except OSError as error:
            failed, reason = True, f"cannot be read: {error.strerror}."
        except decode.ImageError as error:
            failed, reason = True, str(error)
        else:
            (prediction,) = classifier.predict([drawing])
            results.append({"file": _text(file), **orjson.loads(prediction_json(prediction))})
            if not options.json:
                print(f"{file!s:{width}}  {_row(prediction)}")
            continue
        results.append({"file": _text(file), "error": reason})
        print(f"inkling: {file}: {reason}", file=sys.stderr)
    if options.json:
        print(orjson.dumps(results, option=orjson.OPT_INDENT_2).decode())
    return 1 if failed else 0


def _text(file: Path) -> str:
    """The path for JSON, which is UTF-8: bytes that are not are replaced."""
    return os.fsencode(file).decode(errors="replace")


def _row(prediction: "Prediction") -> str:
    if prediction.digit is None or prediction.confidence is None:
        return f"{'–':>5}  {'–':>10}  {'–':10}  {prediction.verdict}"
    second = int(prediction.probabilities.argsort()[-2])
    verdict = " ".join((prediction.verdict.replace("_", " "), *(f"– {reason}" for reason in prediction.reasons[:1])))
    second_likeliest = f"{second} ({prediction.probabilities[second]:.4f})"
    return f"{prediction.digit:>5}  {prediction.confidence:>10.4f}  {second_likeliest}  {verdict}"
