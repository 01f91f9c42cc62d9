"""Measures the predictions for drawings by people, which are preprocessed exactly like the drawings of a request.

Digits are measured at every placement, and other drawings only at the natural placement. Each drawing is measured
twice: as strokes, and as the image that a browser would send. A drawing that is not a digit has no correct prediction,
so the report says how often its confidence is high. The names of the fields appear in the output of
`inkling evaluate --drawings DIR --json`.
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

Way = Literal["strokes", "image"]  # how a drawing is sent to the service
WAYS: tuple[Way, ...] = ("strokes", "image")
BATCH = 50  # drawings per batch; there is one line of progress per batch
Progress = Callable[[str], None]


class Predictor(Protocol):
    """An object with the method `predict` of `model.inference.classifier.Classifier`."""

    def predict(self, drawings: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        """One prediction per drawing, in the same order."""
        ...


@dataclass(frozen=True)
class DigitsResult:
    """The results for the digits of a collection.

    `drawings` and `writers` are counts. The other numbers are between 0 and 1: `sure_and_wrong` is the share with a
    wrong prediction and a confidence of at least 90 %, `refused` is the share with the verdict "not_a_digit" or
    "blank", and `unsure` is the share with the verdict "unsure".
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
    """The results for the drawings of a collection that are not digits.

    `drawings` and `writers` are counts. The other numbers are between 0 and 1: `sure` is the share with the verdict
    "digit" and a confidence of at least 90 %, `confidence` is the mean confidence, and `refused` and `unsure` are the
    same shares as in `DigitsResult`.

    `auroc_confidence` and `auroc_familiarity` are areas under the ROC curve. They measure how well the confidence and
    the in-distribution score separate these drawings from the digits of the collections in `compared_with`. Both are
    None if there are no digits to compare with; `auroc_familiarity` is also None if predictions have no score.
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
    """The results for all collections: `digits` for their digits, `others` for their other drawings."""

    digits: tuple[DigitsResult, ...]
    others: tuple[NonDigitsResult, ...]


@dataclass(frozen=True)
class _Predictions:
    """The predictions for N drawings. `familiarity` is None if a prediction has no in-distribution score."""

    digits: NDArray[np.int64]
    confidence: NDArray[np.float64]
    verdicts: NDArray[np.str_]
    familiarity: NDArray[np.float64] | None

    def share(self, *verdicts: str) -> float:
        return float(np.isin(self.verdicts, verdicts).mean())


def measure_drawings(
    predictor: Predictor, collections: Sequence[Collection], progress: Progress = lambda _: None
) -> DrawingsReport:
    """Predict every drawing of the collections. `progress` is called with a line of text before each batch."""
    digits: list[DigitsResult] = []
    others: list[NonDigitsResult] = []
    for way in WAYS:
        natural: dict[str, _Predictions] = {}
        for collection in collections:
            indices = [i for i in range(len(collection)) if collection.digit(i) is not None]
            for placement in PLACEMENTS if indices else ():
                predictions = _predict(predictor, collection, indices, placement, way, progress)
                natural.setdefault(collection.name, predictions)  # the first placement is the natural one
                digits.append(_digits_result(collection, indices, placement, way, predictions))
        for collection in collections:
            indices = [i for i in range(len(collection)) if collection.digit(i) is None]
            if indices:
                predictions = _predict(predictor, collection, indices, "natural", way, progress)
                compared_with = _same_source(collection.name, natural)
                others.append(_non_digits_result(collection, indices, way, predictions, compared_with))
    return DrawingsReport(tuple(digits), tuple(others))


def _predict(
    predictor: Predictor, collection: Collection, indices: Sequence[int], placement: str, way: Way, progress: Progress
) -> _Predictions:
    results: list[Prediction] = []
    for start in range(0, len(indices), BATCH):
        progress(f"{collection.name}, {placement}, as {way}: {start} of {len(indices)} drawings")
        batch = indices[start : start + BATCH]
        drawn = [placed(collection.lines(i), placement, i, collection.placed) for i in batch]
        results += predictor.predict(_preprocessed(drawn, way))
    # A blank drawing has no in-distribution score. It counts as 0, the score that is least typical of digits.
    familiarity = [0.0 if each.verdict == "blank" else each.familiarity for each in results]
    scores = [value for value in familiarity if value is not None]
    # The digits come from the probabilities, because the prediction for a blank drawing has no digit.
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
    collection: Collection, indices: Sequence[int], placement: str, way: Way, predictions: _Predictions
) -> DigitsResult:
    correct = predictions.digits == np.array([collection.digit(i) for i in indices])
    return DigitsResult(
        file=collection.name,
        drawings=len(indices),
        writers=len({collection.writers[i] for i in indices}),
        placement=placement,
        way=way,
        accuracy=float(correct.mean()),
        calibration_error=calibration_error(reliability(predictions.confidence, correct)),
        sure_and_wrong=float((~correct & (predictions.confidence >= SURE)).mean()),
        refused=predictions.share("not_a_digit", "blank"),
        unsure=predictions.share("unsure"),
    )


def _non_digits_result(
    collection: Collection, indices: Sequence[int], way: Way, predictions: _Predictions, digits: dict[str, _Predictions]
) -> NonDigitsResult:
    scores = [each.familiarity for each in digits.values() if each.familiarity is not None]
    return NonDigitsResult(
        file=collection.name,
        drawings=len(indices),
        writers=len({collection.writers[i] for i in indices}),
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
    """The predictions for digits that come from the same source as the collection `name`.

    Collections come from the same source if their names are equal up to the first `_`. If there are no digits from this
    source, the predictions for all digits are returned.
    """
    source = name.partition("_")[0]
    return {other: result for other, result in digits.items() if other.partition("_")[0] == source} or digits
