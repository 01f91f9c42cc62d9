"""The drawings that the benchmarks send."""

from benchmarks import drawings
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_strokes


def test_the_network_recognises_the_drawings() -> None:
    drawn = list(drawings.drawings(40))
    predictions = Classifier.load().predict([from_strokes(strokes, drawings.PEN) for _, strokes in drawn])
    right = sum(digit == prediction.digit for (digit, _), prediction in zip(drawn, predictions, strict=True))
    assert right >= 36
    assert len({drawings.as_strokes(strokes) for _, strokes in drawn}) == 40
    assert all(sum(map(len, strokes)) == drawings.POINTS for _, strokes in drawn)
