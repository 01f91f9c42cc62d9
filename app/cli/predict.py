"""`inkling predict`: read digits from image files, folders and standard input, and print a table or JSON."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import interrupts
from app.cli.options import UNUSABLE, Commands, PathAction, add_engine, add_weights, fail, print_notes
from model.preprocess.modes import MODES

if TYPE_CHECKING:
    from model.inference.classifier import Prediction

STDIN = Path("-")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")  # of the images in a folder, in upper or lower case
MOST_BYTES = 64 * 1024 * 1024  # of a file; even the largest image that can be read is smaller


class UnreadableError(Exception):
    """A file or folder cannot be read. The message says why."""


def add_parser(commands: Commands) -> None:
    """Add `inkling predict`."""
    parser = commands.add_parser(
        "predict",
        help="read digits from images",
        description="Read a digit from each image: PNG, JPEG or WebP. If a file cannot be read, the "
        "others are still read, and the exit status is 1.",
    )
    parser.add_argument(
        "files",
        action=PathAction,
        nargs="+",
        type=Path,
        metavar="FILE",
        help=f"an image; a folder, for all images in it ({', '.join(SUFFIXES)}); or - for an image on standard input",
    )
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
    found = [each for file in options.files for each in _images(file)]
    width = max(len(_shown(file)) for file, _ in found)
    results: list[dict[str, Any]] = []
    heading = f"{'file':{width}}  digit  confidence  {'second':10}  verdict\n"
    with interrupts.raise_error():
        for file, problem in found:
            name = _shown(file)
            try:
                if problem is not None:
                    raise problem
                drawing = pipeline.from_image(decode.open_image(_read(file)), options.prepare)
            except (UnreadableError, decode.ImageError) as error:
                results.append({"file": name, "error": str(error)})
                print(f"inkling: {name}: {error}", file=sys.stderr)
            else:
                (prediction,) = classifier.predict([drawing])
                results.append({"file": name, **orjson.loads(prediction_json(prediction))})
                if not options.json:
                    print(f"{heading}{name:{width}}  {_row(prediction)}")
                    heading = ""
    if options.json:
        print(orjson.dumps(results, option=orjson.OPT_INDENT_2).decode())
    return 1 if any("error" in result for result in results) else 0


def _images(path: Path) -> list[tuple[Path, UnreadableError | None]]:
    """The file itself, or the images in a folder, sorted by name. If a folder cannot be used: the folder and the
    error."""
    if not path.is_dir():
        return [(path, None)]
    try:
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not file.is_dir())
    except OSError as error:
        return [(path, UnreadableError(f"cannot be read: {error.strerror}."))]
    if not files:
        return [(path, UnreadableError(f"contains no image ({', '.join(SUFFIXES)})."))]
    return [(file, None) for file in files]


def _read(path: Path) -> bytes:
    """The content of a file or of standard input. Raises UnreadableError."""
    try:
        if path == STDIN:
            if sys.stdin is None or sys.stdin.isatty():
                raise UnreadableError("is the terminal. Pipe an image into the command.")
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise UnreadableError(f"is larger than {MOST_BYTES >> 20} MiB.")
    return content


def _shown(path: Path) -> str:
    """The path on one line. Characters that cannot be printed are replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(path))


def _row(prediction: "Prediction") -> str:
    if prediction.digit is None or prediction.confidence is None:
        return f"{'–':>5}  {'–':>10}  {'–':10}  {prediction.verdict}"
    second = int(prediction.probabilities.argsort()[-2])
    verdict = " ".join((prediction.verdict.replace("_", " "), *(f"– {reason}" for reason in prediction.reasons[:1])))
    second_likeliest = f"{second} ({prediction.probabilities[second]:.4f})"
    return f"{prediction.digit:>5}  {prediction.confidence:>10.4f}  {second_likeliest}  {verdict}"
