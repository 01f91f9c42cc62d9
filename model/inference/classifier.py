"""The classifier: computes predictions and feature maps of preprocessed drawings.

classifier = Classifier.load()
classifier.predict([from_strokes([[[10, 10], [10, 90]]])])[0].digit
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import checkpoint as checkpoints
from model.inference import engines
from model.inference.calibration import Calibration, read_calibrated
from model.inference.quantise import Scale, quantise
from model.inference.tilt import rotated_versions, upright_digit
from model.inference.verdicts import FROM_0_TO_1, OFF_CANVAS, Verdict, judge, may_be_tilted, tilted
from model.layers import LAYER_NAMES, MEAN, SIDE, STD
from model.preprocess.pipeline import PreprocessedDrawing

Activations = NDArray[np.float32]

# The normalised value of each of the 256 grey levels, (x/255 − mean) / std: looking values up is faster.
_NORMALISED = ((np.arange(256, dtype=np.float64) / 255 - MEAN) / STD).astype(np.float32)


class Prediction(NamedTuple):
    """The prediction for one drawing.

    digit          the most likely digit
    confidence     the probability of `digit`
    probabilities  float32 (10,), softmax(logits / T) with the temperature T of the calibration; on request with T = 1
    verdict        digit, unsure, not_a_digit or blank; always judged by the calibrated probabilities
    reasons        sentences that explain the verdict; empty for digit, and for blank unless pixels seem to be 0 to 1
    familiarity    in-distribution score, 0 to 1: how much the drawing looks like a digit; None without a calibration
    model          the name of the weights

    For a blank drawing `digit`, `confidence` and `familiarity` are None; the probabilities are those of its (nearly)
    black image.
    """

    digit: int | None
    confidence: float | None
    probabilities: Activations
    verdict: Verdict
    reasons: tuple[str, ...]
    familiarity: float | None
    model: str


class FeatureMaps(NamedTuple):
    """The prediction for a drawing, and the activations of the requested layers.

    `maps` has one array for each layer, in the layer's shape: float32, or uint8 if quantised. If they are quantised,
    `scales` has the smallest and the largest activation of each layer; otherwise it is empty. `temperature` is T in
    probabilities = softmax(logits / T).
    """

    prediction: Prediction
    maps: Sequence[NDArray[Any]]
    scales: Sequence[Scale]
    temperature: float


class Classifier:
    """Runs one set of weights in one engine. With a calibration, its predictions are calibrated."""

    def __init__(
        self,
        checkpoint: checkpoints.Checkpoint,
        engine: engines.EngineName = "auto",
        calibration: Calibration | None = None,
        *,
        shared: bool = False,
    ) -> None:
        # Many sets of weights may be in memory at once, so they should be small.
        self.checkpoint = checkpoint.compact() if shared else checkpoint
        self.calibration = calibration
        self.temperature = 1.0 if calibration is None else calibration.temperature
        self.engine = engines.load(self.checkpoint, engine, self.temperature, shared=shared)

    @classmethod
    def load(
        cls,
        path: str | Path = checkpoints.SHIPPED,
        engine: engines.EngineName = "auto",
        *,
        shared: bool = False,
    ) -> "Classifier":
        """Read weights (safetensors, or the lesson's `.pth`) and the calibration beside them, and start an engine.

        If `shared` is true, weights in ONNX Runtime share one session: see engines.SharedOnnxEngine.
        Raises CheckpointError if a file cannot be used, EngineError if the engine cannot run here.
        """
        checkpoint, calibration = read_calibrated(path)
        return cls(checkpoint, engine, calibration, shared=shared)

    @property
    def model(self) -> str:
        """The weights' name and the first eight digits of their hash."""
        return self.checkpoint.model

    def warm_up(self) -> None:
        """Compute everything once: the first run is slower than all later ones, and no user should wait for it."""
        black = np.zeros((1, SIDE, SIDE), np.uint8)
        self._outputs(black)
        quantise([activations[0] for activations in self._outputs(black, LAYER_NAMES).values()])

    def predict(self, drawings: Sequence[PreprocessedDrawing]) -> list[Prediction]:
        """The prediction for each drawing, computed as one batch."""
        return self._predictions(drawings, self._outputs(_stack(drawings)), explain=True)

    def feature_maps(
        self,
        drawings: Sequence[PreprocessedDrawing],
        layers: Sequence[str] = LAYER_NAMES,
        *,
        quantised: bool = False,
        calibrated: bool = True,
    ) -> list[FeatureMaps]:
        """The prediction and the activations of `layers` for each drawing, computed as one batch.

        Quantised maps are for drawings that change many times a second, so they are not checked for tilt.
        If `calibrated` is false, the probabilities and the confidence are those of the plain softmax: T = 1. The
        verdict, its reasons and the in-distribution score stay the same.
        """
        outputs = self._outputs(_stack(drawings), layers if calibrated else (*layers, "logits"))
        predictions = self._predictions(drawings, outputs, explain=not quantised)
        temperature = self.temperature
        if not calibrated:
            temperature = 1.0
            outputs["probabilities"] = softmax(outputs["logits"])
            predictions = list(map(_with_probabilities, predictions, outputs["probabilities"]))
        found = []
        for i, prediction in enumerate(predictions):
            maps = [outputs[layer][i] for layer in layers]
            levels, scales = quantise(maps) if quantised else (maps, [])
            found.append(FeatureMaps(prediction, levels, scales, temperature))
        return found

    def _outputs(self, images: NDArray[np.uint8], layers: Sequence[str] = ()) -> dict[str, Activations]:
        """The activations of `layers` and of the layers that a prediction needs. Each is N×shape."""
        needed = ("probabilities",) if self.calibration is None else ("probabilities", "flatten", "relu3")
        wanted = tuple(dict.fromkeys((*layers, *needed)))
        return dict(zip(wanted, self.engine.run(normalise(images), wanted), strict=True))

    def _predictions(
        self, drawings: Sequence[PreprocessedDrawing], outputs: dict[str, Activations], *, explain: bool
    ) -> list[Prediction]:
        """The predictions; with `explain`, the reasons also say whether a drawing is a tilted digit."""
        probabilities = outputs["probabilities"]
        scores: Sequence[float | None] = [None] * len(drawings)
        if self.calibration is not None:
            scores = self.calibration.familiarity(self.calibration.score(outputs["flatten"], outputs["relu3"]))
        predictions = []
        for drawing, row, values, score in zip(drawings, probabilities, probabilities.tolist(), scores, strict=True):
            if drawing.blank:
                strokes = drawing.stroke_width is not None
                reasons = (OFF_CANVAS,) if strokes else (FROM_0_TO_1,) if drawing.from_0_to_1 else ()
                predictions.append(Prediction(None, None, row, "blank", reasons, None, self.model))
            else:
                confidence = max(values)
                judgement = judge(drawing, values, score)
                if explain and may_be_tilted(judgement) and (digit := self._upright_digit(drawing)) is not None:
                    judgement = tilted(judgement, digit)
                predictions.append(Prediction(values.index(confidence), confidence, row, *judgement, self.model))
        return predictions

    def _upright_digit(self, drawing: PreprocessedDrawing) -> int | None:
        """The digit that the drawing clearly resembles if it is turned upright; None without a calibration."""
        if self.calibration is None:
            return None
        outputs = self._outputs(rotated_versions(drawing.image[np.newaxis]))
        scores = self.calibration.familiarity(self.calibration.score(outputs["flatten"], outputs["relu3"]))
        return upright_digit(outputs["probabilities"], scores)


def softmax(logits: Activations) -> Activations:
    """The plain softmax of logits, N×10: e^z / Σ e^z. The largest logit is subtracted first to avoid overflow."""
    powers: Activations = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Activations = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _with_probabilities(prediction: Prediction, probabilities: Activations) -> Prediction:
    """The same prediction and verdict with other probabilities in the same order."""
    confidence = None if prediction.digit is None else float(probabilities[prediction.digit])
    return prediction._replace(confidence=confidence, probabilities=probabilities)


def _stack(drawings: Sequence[PreprocessedDrawing]) -> NDArray[np.uint8]:
    """The drawings' images, N×28×28."""
    return np.array([drawing.image for drawing in drawings])


def normalise(images: NDArray[np.uint8]) -> Activations:
    """The network's input for images, N×28×28: (x/255 − 0.1307) / 0.3081 as float32, N×1×28×28."""
    return _NORMALISED.take(images)[:, np.newaxis]
