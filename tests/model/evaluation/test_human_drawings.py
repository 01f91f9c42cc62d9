"""The classifier is evaluated on drawings by people, sent as strokes and as images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from model.data import stroke_sets
from model.data.placements import PLACEMENTS
from model.evaluation import human_drawings
from model.inference.classifier import Classifier, Prediction
from model.preprocess.pipeline import PreprocessedDrawing
from tests.support.stroke_files import CROSS, ONE, arrays, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of ones and sevens, a file of crosses, and a text file."""
    return write_folder(tmp_path / "drawings")


class FakeClassifier:
    """Predicts 1 for every drawing, with a higher confidence for a drawing with little ink.

    With `scores`, its predictions also have an in-distribution score, which determines the verdict.
    """

    def __init__(self, *, scores: bool) -> None:
        self.scores = scores
        self.seen: list[PreprocessedDrawing] = []

    def predict(self, drawn: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        self.seen += drawn
        return [self.prediction(drawing) for drawing in drawn]

    def prediction(self, drawing: PreprocessedDrawing) -> Prediction:
        ink = int((drawing.image > 0).sum())
        confidence = 0.95 if ink < 100 else 0.8
        probabilities = np.full(10, (1 - confidence) / 9, np.float32)
        probabilities[1] = confidence
        if not self.scores:
            return Prediction(1, confidence, probabilities, "digit", (), None, "fake")
        familiar = ink < 100
        return Prediction(
            1, confidence, probabilities, "digit" if familiar else "not_a_digit", (), 0.7 if familiar else 0.001, "fake"
        )


def test_digits_are_measured_at_every_placement_and_other_drawings_only_at_the_natural_one(folder: Path) -> None:
    classifier = FakeClassifier(scores=False)
    lines: list[str] = []
    result = human_drawings.measure_drawings(classifier, stroke_sets.read_folder(folder), lines.append)
    assert [(row.placement, row.way) for row in result.digits] == [
        (placement, way) for way in human_drawings.WAYS for placement in PLACEMENTS
    ]
    assert {drawing.source for drawing in classifier.seen} == {"strokes", "image"}
    assert len(classifier.seen) == 2 * (3 * 3 + 2)
    first = result.digits[0]
    assert (first.file, first.drawings, first.writers) == ("mine_digits", 3, 2)
    assert first.accuracy == pytest.approx(2 / 3)
    assert first.calibration_error == pytest.approx(abs(0.95 - 2 / 3), abs=1e-6)
    assert first.sure_and_wrong == pytest.approx(1 / 3)
    assert (first.refused, first.unsure) == (0, 0)
    assert [row.way for row in result.others] == ["strokes", "image"]
    other = result.others[0]
    assert (other.file, other.drawings, other.compared_with) == ("mine_signs", 2, ("mine_digits",))
    assert (other.sure, other.refused) == (0, 0)  # the confidence for a cross is below the limit
    assert other.auroc_confidence == 1
    assert other.auroc_familiarity is None
    assert lines[0] == "mine_digits, natural, as strokes: 0 of 3 drawings"


def test_an_in_distribution_score_is_measured_too(folder: Path) -> None:
    result = human_drawings.measure_drawings(FakeClassifier(scores=True), stroke_sets.read_folder(folder))
    other = result.others[0]
    assert (other.sure, other.refused, other.auroc_familiarity) == (0, 1, 1)
    assert result.digits[0].refused == 0


def test_without_digits_there_is_no_auroc(folder: Path) -> None:
    (folder / "mine_digits.npz").unlink()
    result = human_drawings.measure_drawings(FakeClassifier(scores=True), stroke_sets.read_folder(folder))
    assert result.digits == ()
    assert result.others[0].compared_with == ()
    assert result.others[0].auroc_confidence is result.others[0].auroc_familiarity is None


def test_other_drawings_are_compared_with_the_digits_of_the_same_source(folder: Path) -> None:
    np.savez(folder / "theirs_digits.npz", **arrays(("1", ONE)))
    np.savez(folder / "third_signs.npz", **arrays(("x", CROSS)))
    result = human_drawings.measure_drawings(FakeClassifier(scores=True), stroke_sets.read_folder(folder))
    compared = {row.file: row.compared_with for row in result.others}
    assert compared == {"mine_signs": ("mine_digits",), "third_signs": ("mine_digits", "theirs_digits")}


def test_the_shipped_weights_recognise_a_plain_one_and_a_plain_seven(folder: Path) -> None:
    result = human_drawings.measure_drawings(Classifier.load(engine="onnx"), stroke_sets.read_folder(folder))
    assert all(row.accuracy == 1 for row in result.digits if row.placement == "natural")
