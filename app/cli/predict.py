"""`inkling predict`: pictures in, a table or JSON out."""

import sys
from pathlib import Path
from typing import Any

import orjson

from app.drawings.encoding import prediction_json
from model.checkpoint import SHIPPED, CheckpointError
from model.inference.classifier import Classifier, Prediction
from model.inference.engines import EngineError, EngineName
from model.preprocess import decode, pipeline
from model.preprocess.modes import Prepare


def predict(files: list[Path], *, weights: Path | None, engine: EngineName, prepare: Prepare, as_json: bool) -> int:
    """Print what the network reads in each file. Returns 0, 1 when a file could not be read, 2 without weights."""
    try:
        classifier = Classifier.load(weights or SHIPPED, engine)
    except (CheckpointError, EngineError) as error:
        print(f"inkling: {error}", file=sys.stderr)
        return 2
    failed = False
    answers: list[dict[str, Any]] = []
    width = max(len(str(file)) for file in files)
    if not as_json:
        print(f"{'file':{width}}  digit  confidence  {'second':10}  verdict")
    for file in files:
        try:
            drawing = pipeline.from_image(decode.open_image(file.read_bytes()), prepare)
        except OSError as error:
            failed, reason = True, f"cannot be read: {error.strerror}."
        except decode.ImageError as error:
            failed, reason = True, str(error)
        else:
            (prediction,) = classifier.predict([drawing])
            answers.append({"file": str(file), **orjson.loads(prediction_json(prediction))})
            if not as_json:
                print(f"{file!s:{width}}  {_row(prediction)}")
            continue
        answers.append({"file": str(file), "error": reason})
        print(f"inkling: {file}: {reason}", file=sys.stderr)
    if as_json:
        print(orjson.dumps(answers, option=orjson.OPT_INDENT_2).decode())
    return 1 if failed else 0


def _row(prediction: Prediction) -> str:
    if prediction.digit is None or prediction.confidence is None:
        return f"{'–':>5}  {'–':>10}  {'–':10}  {prediction.verdict}"
    second = int(prediction.probabilities.argsort()[-2])
    why = " ".join((prediction.verdict.replace("_", " "), *(f"– {reason}" for reason in prediction.reasons[:1])))
    likely = f"{second} ({prediction.probabilities[second]:.4f})"
    return f"{prediction.digit:>5}  {prediction.confidence:>10.4f}  {likely}  {why}"
