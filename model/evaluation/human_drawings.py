"""Measures predictions for drawings by people, preprocessed exactly like the service's requests.

Digits are measured at every placement, as strokes and as the image that a browser would send. Other drawings are
measured at their natural placement. They have no correct prediction, so what counts is how rarely the confidence is
high. The field names appear in the output of `inkling evaluate --drawings DIR --json`.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.data.placements import PLACEMENTS, painted, placed
from model.data.stroke_sets import Collection
from model.evaluation.reliability import SURE, Shares, auroc, calibration_error, reliability
from model.inference.classifier import Prediction
from model.preprocess import decode, pipeline
from model.preprocess.pipeline import PreprocessedDrawing
from model.preprocess.rasterise import Strokes

Way = Literal["strokes", "picture"]  # how a drawing is sent to the service
WAYS: tuple[Way, ...] = ("strokes", "picture")
BATCH = 50  # drawings preprocessed together, and between two lines of progress
Progress = Callable[[str], None]


class Predictor(Protocol):
    """Anything that predicts like `model.inference.classifier.Classifier`."""

    def predict(self, drawings: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        """The prediction for each drawing."""
        ...


@dataclass(frozen=True)
class DigitsResult:
    """The results for the digits of a collection. All numbers but the counts are shares, 0 to 1.

    `sure_and_wrong` is the share with a wrong prediction and a confidence of at least 90 %, `refused` the share with
    the verdict "not_a_digit" or "blank", `unsure` the share with the verdict "unsure".
    """

    file: str
    drawings: int
    writers: int
    placement: str
    way: Way
    accuracy: float
    calibration_error: float
    sure_and_wrong: float
    refused: float
    unsure: float


@dataclass(frozen=True)
class NonDigitsResult:
    """The results for drawings that are not digits. All numbers but the counts are shares, 0 to 1.

    `sure` is the share with the verdict "digit" and a confidence of at least 90 %; `refused` and `unsure` are as for
    digits. The areas under the ROC curve measure how well the confidence and the in-distribution score separate these
    drawings from the digits of `compared_with`. They are None without such digits or without such a score.
    """

    file: str
    drawings: int
    writers: int
    way: Way
    sure: float
    refused: float
    unsure: float
    confidence: float
    compared_with: tuple[str, ...]
    auroc_confidence: float | None
    auroc_familiarity: float | None


@dataclass(frozen=True)
class DrawingsReport:
    """The results for all collections."""

    digits: tuple[DigitsResult, ...]
    others: tuple[NonDigitsResult, ...]


@dataclass(frozen=True)
class _Predictions:
    """The predictions for N drawings; `familiarity` is None unless every prediction has one."""

    digits: NDArray[np.int64]
    confidence: NDArray[np.float64]
    verdicts: NDArray[np.str_]
    familiarity: NDArray[np.float64] | None

    def share(self, *verdicts: str) -> float:
        return float(np.isin(self.verdicts, verdicts).mean())


def measure_drawings(
    predictor: Predictor, collections: Sequence[Collection], progress: Progress = lambda _: None
) -> DrawingsReport:
    """Predict every drawing. `progress` is called with a line of progress every BATCH drawings."""
    digits: list[DigitsResult] = []
    others: list[NonDigitsResult] = []
    for way in WAYS:
        natural: dict[str, _Predictions] = {}
        for collection in collections:
            chosen = [i for i in range(len(collection)) if collection.digit(i) is not None]
            for placement in PLACEMENTS if chosen else ():
                predictions = _predict(predictor, collection, chosen, placement, way, progress)
                natural.setdefault(collection.name, predictions)  # the first placement is the natural one
                digits.append(_digits_result(collection, chosen, placement, way, predictions))
        for collection in collections:
            chosen = [i for i in range(len(collection)) if collection.digit(i) is None]
            if chosen:
                predictions = _predict(predictor, collection, chosen, "natural", way, progress)
                compared_with = _same_source(collection.name, natural)
                others.append(_non_digits_result(collection, chosen, way, predictions, compared_with))
    return DrawingsReport(tuple(digits), tuple(others))


def _predict(
    predictor: Predictor, collection: Collection, chosen: Sequence[int], placement: str, way: Way, progress: Progress
) -> _Predictions:
    results: list[Prediction] = []
    for start in range(0, len(chosen), BATCH):
        progress(f"{collection.name}, {placement}, as {way}: {start} of {len(chosen)} drawings")
        batch = chosen[start : start + BATCH]
        drawn = [placed(collection.lines(i), placement, i, collection.placed) for i in batch]
        results += predictor.predict(_preprocessed(drawn, way))
    # A blank drawing is the least digit-like drawing, so its score is 0.
    familiarity = [0.0 if each.verdict == "blank" else each.familiarity for each in results]
    scores = [value for value in familiarity if value is not None]
    # A blank drawing has probabilities, although it has no predicted digit.
    return _Predictions(
        np.array([each.probabilities.argmax() for each in results]),
        np.array([each.probabilities.max() for each in results], np.float64),
        np.array([each.verdict for each in results]),
        np.array(scores) if len(scores) == len(results) else None,
    )


def _preprocessed(drawn: Sequence[Strokes], way: Way) -> list[PreprocessedDrawing]:
    if way == "strokes":
        return pipeline.preprocess_all(drawn)
    return [pipeline.from_image(decode.open_image(_png(strokes))) for strokes in drawn]


def _png(strokes: Strokes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(painted(strokes)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _digits_result(
    collection: Collection, chosen: Sequence[int], placement: str, way: Way, predictions: _Predictions
) -> DigitsResult:
    correct = predictions.digits == np.array([collection.digit(i) for i in chosen])
    return DigitsResult(
        file=collection.name,
        drawings=len(chosen),
        writers=len({collection.writers[i] for i in chosen}),
        placement=placement,
        way=way,
        accuracy=float(correct.mean()),
        calibration_error=calibration_error(reliability(predictions.confidence, correct)),
        sure_and_wrong=float((~correct & (predictions.confidence >= SURE)).mean()),
        refused=predictions.share("not_a_digit", "blank"),
        unsure=predictions.share("unsure"),
    )


def _non_digits_result(
    collection: Collection, chosen: Sequence[int], way: Way, predictions: _Predictions, digits: dict[str, _Predictions]
) -> NonDigitsResult:
    scores = [each.familiarity for each in digits.values() if each.familiarity is not None]
    return NonDigitsResult(
        file=collection.name,
        drawings=len(chosen),
        writers=len({collection.writers[i] for i in chosen}),
        way=way,
        sure=float(((predictions.verdicts == "digit") & (predictions.confidence >= SURE)).mean()),
        refused=predictions.share("not_a_digit", "blank"),
        unsure=predictions.share("unsure"),
        confidence=float(predictions.confidence.mean()),
        compared_with=tuple(digits),
        auroc_confidence=_auroc([each.confidence for each in digits.values()], predictions.confidence),
        auroc_familiarity=_auroc(scores, predictions.familiarity) if len(scores) == len(digits) else None,
    )


def _auroc(digits: Sequence[Shares], others: Shares | None) -> float | None:
    return auroc(np.concatenate(digits), others) if digits and others is not None else None


def _same_source(name: str, digits: dict[str, _Predictions]) -> dict[str, _Predictions]:
    """The digits of the same source, whose file names start with the same word; all digits if there are none."""
    source = name.partition("_")[0]
    return {other: result for other, result in digits.items() if other.partition("_")[0] == source} or digits
