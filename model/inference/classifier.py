"""The classifier: from preprocessed drawings to predictions and feature maps.

classifier = Classifier.load()
classifier.predict([from_strokes([[[10, 10], [10, 90]]])])[0].digit
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import checkpoint as checkpoints
from model.inference import engines, verdicts
from model.inference.calibration import Calibration
from model.inference.calibration import read as read_calibration
from model.inference.quantise import Scale, quantise
from model.inference.verdicts import Verdict
from model.layers import LAYER_NAMES, MEAN, SIDE, STD
from model.preprocess.pipeline import PreprocessedDrawing

Activations = NDArray[np.float32]

# A pixel has one of 256 values, so normalising is a table: (x/255 − mean) / std.
_NORMALISED = ((np.arange(256, dtype=np.float64) / 255 - MEAN) / STD).astype(np.float32)


class Prediction(NamedTuple):
    """What the network says of one drawing.

    `probabilities` is float32 (10,), softmax(logits / T) with the temperature that the weights were calibrated to;
    `digit` the likeliest and `confidence` its probability. `familiarity` says how much like a digit the drawing is, 0
    to 1, and is None for weights that were not calibrated. On a blank drawing there is nothing to be said: all three
    are None, and the probabilities are what the network makes of black.
    """

    digit: int | None
    confidence: float | None
    probabilities: Activations
    verdict: Verdict
    reasons: tuple[str, ...]
    familiarity: float | None
    model: str


class FeatureMaps(NamedTuple):
    """The answer for a drawing, and what the layers that were asked for put out on the way to it.

    `maps` are float32 in the layers' shapes; or uint8, and then `scales` holds each layer's smallest and largest value.
    `temperature` is T in probabilities = softmax(logits / T).
    """

    prediction: Prediction
    maps: Sequence[NDArray[Any]]
    scales: Sequence[Scale]
    temperature: float


class Classifier:
    """One set of weights in one engine, calibrated or not."""

    def __init__(
        self,
        checkpoint: checkpoints.Checkpoint,
        engine: engines.EngineName = "auto",
        calibration: Calibration | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.calibration = calibration
        self.temperature = 1.0 if calibration is None else calibration.temperature
        self.engine = engines.load(checkpoint, engine, self.temperature)

    @classmethod
    def load(
        cls,
        path: str | Path = checkpoints.SHIPPED,
        engine: engines.EngineName = "auto",
    ) -> "Classifier":
        """Read weights (safetensors, or the lesson's `.pth`) and the calibration beside them, and start an engine.

        Raises CheckpointError, EngineError.
        """
        checkpoint = checkpoints.read(path)
        return cls(checkpoint, engine, read_calibration(path, checkpoint))

    @property
    def model(self) -> str:
        """The weights' name and the first eight digits of their hash."""
        return self.checkpoint.model

    def warm_up(self) -> None:
        """Run every layer once, so that the first user does not wait for it."""
        black = np.full((1, 1, SIDE, SIDE), _NORMALISED[0], np.float32)
        for activations in self.engine.run(black, LAYER_NAMES):
            quantise(activations)

    def predict(self, drawings: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        """The prediction for each drawing, computed as one batch."""
        pictures = _stacked(drawings)
        return self._predictions(drawings, pictures, self._outputs(pictures))

    def feature_maps(
        self, drawings: Sequence[PreprocessedDrawing], layers: Sequence[str] = LAYER_NAMES, *, quantised: bool = False
    ) -> list[FeatureMaps]:
        """For each drawing its prediction and the activations of `layers`, computed as one batch."""
        pictures = _stacked(drawings)
        outputs = self._outputs(pictures, layers)
        predictions = self._predictions(drawings, pictures, outputs)
        maps: list[NDArray[Any]] = [outputs[layer] for layer in layers]
        scales: list[list[Scale]] = []
        if quantised:
            pairs = [quantise(activations) for activations in maps]
            maps, scales = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        return [
            FeatureMaps(prediction, [own[i] for own in maps], [own[i] for own in scales], self.temperature)
            for i, prediction in enumerate(predictions)
        ]

    def _outputs(self, pictures: NDArray[np.uint8], layers: Sequence[str] = ()) -> dict[str, Activations]:
        """The activations of `layers` and of the layers that a prediction needs, N×shape each."""
        needed = ("probabilities",) if self.calibration is None else ("probabilities", "flatten", "relu3")
        wanted = tuple(dict.fromkeys((*layers, *needed)))
        return dict(zip(wanted, self.engine.run(_normalised(pictures), wanted), strict=True))

    def _predictions(
        self,
        drawings: Sequence[PreprocessedDrawing],
        pictures: NDArray[np.uint8],
        outputs: dict[str, Activations],
    ) -> list[Prediction]:
        """The prediction for each drawing, from its image and the activations."""
        probabilities = outputs["probabilities"]
        known: Sequence[float | None] = [None] * len(drawings)
        if self.calibration is not None:
            known = self.calibration.familiarity(self.calibration.score(outputs["flatten"], outputs["relu3"]))
        digits: list[int] = probabilities.argmax(axis=1).tolist()
        ranked = probabilities.copy()
        ranked.sort(axis=1)
        seconds_and_firsts: list[list[float]] = ranked[:, -2:].tolist()
        suspects = verdicts.suspicious(drawings, pictures)
        model = self.model
        predictions = []
        for drawing, row, digit, (second, first), familiar, suspect in zip(
            drawings, probabilities, digits, seconds_and_firsts, known, suspects, strict=True
        ):
            if drawing.blank:
                predictions.append(Prediction(None, None, row, "blank", (), None, model))
            elif verdicts.ordinary(first, second, familiar, suspect=suspect):
                predictions.append(Prediction(digit, first, row, "digit", (), familiar, model))
            else:
                verdict, reasons, familiar = verdicts.judge(drawing, row, familiar, suspect=suspect)
                predictions.append(Prediction(digit, first, row, verdict, reasons, familiar, model))
        return predictions


def _stacked(drawings: Sequence[PreprocessedDrawing]) -> NDArray[np.uint8]:
    """The drawings' pictures, N×28×28."""
    if len(drawings) == 1:
        return drawings[0].image[np.newaxis]
    return np.array([drawing.image for drawing in drawings])


def normalise(drawings: Sequence[PreprocessedDrawing]) -> Activations:
    """The drawings as the network's input: float32 N×1×28×28, (x/255 − 0.1307) / 0.3081."""
    return _normalised(_stacked(drawings))


def _normalised(pictures: NDArray[np.uint8]) -> Activations:
    return _NORMALISED.take(pictures)[:, np.newaxis]
