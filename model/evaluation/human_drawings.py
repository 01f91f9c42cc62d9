"""How drawings that are not MNIST's are read, by the very way a drawing takes through the service.

Digits are read at every placement, as strokes and as the picture a browser would send; what is no digit, where it was
drawn. Of the latter nothing can be read right: there it counts how rarely the answer sounds sure.
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

Way = Literal["strokes", "picture"]
WAYS: tuple[Way, ...] = ("strokes", "picture")
BATCH = 50  # drawings between two reports, and prepared at a time
Say = Callable[[str], None]


class Reader(Protocol):
    """What answers: the Classifier."""

    def predict(self, drawings: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        """The answer for each drawing."""
        ...


@dataclass(frozen=True)
class DigitsResult:
    """How the digits of a collection are read. All but the counts are shares, 0 to 1.

    `sure_and_wrong` is the share of all that were read wrong with a confidence of at least 90 %, `refused` that was
    called no digit (or blank), `unsure` that was called unsure.
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
    """What is made of drawings that are no digits. All but the counts are shares, 0 to 1.

    `sure` is the share called a digit with a confidence of at least 90 %, `refused` and `unsure` as for digits. The
    areas under the ROC curve say how well the confidence, and the familiarity, tell them from the digits of
    `compared_with`; None where there are no digits, or no familiarity.
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
    """All that was measured."""

    digits: tuple[DigitsResult, ...]
    others: tuple[NonDigitsResult, ...]


@dataclass(frozen=True)
class _Answers:
    """What was said of N drawings; `familiarity` is None unless it was given for every one."""

    answers: NDArray[np.int64]
    confidence: NDArray[np.float64]
    verdicts: NDArray[np.str_]
    familiarity: NDArray[np.float64] | None

    def share(self, *verdicts: str) -> float:
        return float(np.isin(self.verdicts, verdicts).mean())


def measure_drawings(reader: Reader, collections: Sequence[Collection], say: Say = lambda _: None) -> DrawingsReport:
    """Show the reader every drawing. `say` is told how far it is, every few drawings."""
    digits: list[DigitsResult] = []
    others: list[NonDigitsResult] = []
    for way in WAYS:
        natural: dict[str, _Answers] = {}
        for collection in collections:
            chosen = [i for i in range(len(collection)) if collection.digit(i) is not None]
            for placement in PLACEMENTS if chosen else ():
                answers = _ask(reader, collection, chosen, placement, way, say)
                natural.setdefault(collection.name, answers)  # the first placement is the natural one
                digits.append(_of_digits(collection, chosen, placement, way, answers))
        for collection in collections:
            chosen = [i for i in range(len(collection)) if collection.digit(i) is None]
            if chosen:
                answers = _ask(reader, collection, chosen, "natural", way, say)
                others.append(_of_others(collection, chosen, way, answers, _related(collection.name, natural)))
    return DrawingsReport(tuple(digits), tuple(others))


def _ask(reader: Reader, collection: Collection, chosen: Sequence[int], placement: str, way: Way, say: Say) -> _Answers:
    given: list[Prediction] = []
    for start in range(0, len(chosen), BATCH):
        say(f"{collection.name}, {placement}, as {way}: {start} of {len(chosen)} read")
        some = chosen[start : start + BATCH]
        drawn = [placed(collection.lines(i), placement, i, collection.placed) for i in some]
        given += reader.predict(_prepared(drawn, way))
    # No ink at all looks like no digit at all, whatever else is known.
    familiarity = [0.0 if each.verdict == "blank" else each.familiarity for each in given]
    known = [value for value in familiarity if value is not None]
    # The probabilities are there on a blank drawing as well, which has no answer.
    return _Answers(
        np.array([each.probabilities.argmax() for each in given]),
        np.array([each.probabilities.max() for each in given], np.float64),
        np.array([each.verdict for each in given]),
        np.array(known) if len(known) == len(given) else None,
    )


def _prepared(drawn: Sequence[Strokes], way: Way) -> list[PreprocessedDrawing]:
    if way == "strokes":
        return pipeline.from_all_strokes(drawn)
    return [pipeline.from_image(decode.open_image(_png(strokes))) for strokes in drawn]


def _png(strokes: Strokes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(painted(strokes)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _of_digits(
    collection: Collection, chosen: Sequence[int], placement: str, way: Way, answers: _Answers
) -> DigitsResult:
    right = answers.answers == np.array([collection.digit(i) for i in chosen])
    return DigitsResult(
        file=collection.name,
        drawings=len(chosen),
        writers=len({collection.writers[i] for i in chosen}),
        placement=placement,
        way=way,
        accuracy=float(right.mean()),
        calibration_error=calibration_error(reliability(answers.confidence, right)),
        sure_and_wrong=float((~right & (answers.confidence >= SURE)).mean()),
        refused=answers.share("not_a_digit", "blank"),
        unsure=answers.share("unsure"),
    )


def _of_others(
    collection: Collection, chosen: Sequence[int], way: Way, answers: _Answers, digits: dict[str, _Answers]
) -> NonDigitsResult:
    familiar = [each.familiarity for each in digits.values() if each.familiarity is not None]
    return NonDigitsResult(
        file=collection.name,
        drawings=len(chosen),
        writers=len({collection.writers[i] for i in chosen}),
        way=way,
        sure=float(((answers.verdicts == "digit") & (answers.confidence >= SURE)).mean()),
        refused=answers.share("not_a_digit", "blank"),
        unsure=answers.share("unsure"),
        confidence=float(answers.confidence.mean()),
        compared_with=tuple(digits),
        auroc_confidence=_told_apart([each.confidence for each in digits.values()], answers.confidence),
        auroc_familiarity=_told_apart(familiar, answers.familiarity) if len(familiar) == len(digits) else None,
    )


def _told_apart(digits: Sequence[Shares], others: Shares | None) -> float | None:
    return auroc(np.concatenate(digits), others) if digits and others is not None else None


def _related(name: str, digits: dict[str, _Answers]) -> dict[str, _Answers]:
    """The digits of the same source, whose files begin with the same word; all digits where there are none of it."""
    source = name.partition("_")[0]
    return {other: answers for other, answers in digits.items() if other.partition("_")[0] == source} or digits
