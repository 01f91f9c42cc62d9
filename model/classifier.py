"""Load once, then ask: the one thing the service goes to for answers.

classifier = Classifier.load()
classifier.predict([from_strokes([[[10, 10], [10, 90]]])])[0].digit
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import checkpoint as checkpoints
from model import engines, familiarity, verdicts
from model.layers import LAYER_NAMES, LAYERS, MEAN, SIDE, STD
from model.pictures import Prepared
from model.verdicts import Verdict

Activations = NDArray[np.float32]
Ends = tuple[float, float]  # the smallest and the largest value of a layer

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
    maps: list[NDArray[Any]]
    scales: list[Ends]
    temperature: float


class Classifier:
    """One set of weights in one engine, calibrated or not."""

    def __init__(
        self,
        checkpoint: checkpoints.Checkpoint,
        engine: engines.EngineName = "auto",
        calibration: familiarity.Calibration | None = None,
        cores: int | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.calibration = calibration
        self.temperature = 1.0 if calibration is None else calibration.temperature
        self.engine = engines.load(checkpoint, engine, calibration, cores)

    @classmethod
    def load(
        cls,
        path: str | Path = checkpoints.SHIPPED,
        engine: engines.EngineName = "auto",
        cores: int | None = None,
    ) -> "Classifier":
        """Read weights (safetensors, or the lesson's `.pth`), and the calibration beside them, and start an engine.

        `cores` are those it may count on, all of the machine's where that is not said. Raises CheckpointError,
        EngineError.
        """
        checkpoint = checkpoints.read(path)
        return cls(checkpoint, engine, familiarity.read(path, checkpoint), cores)

    @property
    def model(self) -> str:
        """The weights' name and the first eight digits of their hash."""
        return self.checkpoint.model

    def warm_up(self) -> None:
        """One pass over every layer and one over the answer alone, so that the first person does not pay for them."""
        black = np.full((1, 1, SIDE, SIDE), _NORMALISED[0], np.float32)
        self.engine.run(black, LAYER_NAMES)
        self.engine.run(black, engines.ANSWER)

    def predict(self, drawings: Sequence[Prepared]) -> list[Prediction]:
        """The answer for each drawing, computed as one batch."""
        pictures = _stacked(drawings)
        return self._predictions(drawings, pictures, *self.engine.run(_normalised(pictures), engines.ANSWER))

    def feature_maps(
        self, drawings: Sequence[Prepared], layers: Sequence[str] = LAYER_NAMES, *, quantised: bool = False
    ) -> list[FeatureMaps]:
        """For each drawing its answer and what each of `layers` puts out, in one pass."""
        wanted = (*layers, *(layer for layer in engines.ANSWER if layer not in layers))
        pictures = _stacked(drawings)
        outputs = self.engine.run(_normalised(pictures), wanted)
        probabilities, scores = (outputs[wanted.index(output)] for output in engines.ANSWER)
        maps: Sequence[NDArray[Any]] = outputs[: len(layers)]
        scales: Sequence[list[Ends]] = ()
        if quantised and layers:
            probabilities = probabilities.copy()
        predictions = self._predictions(drawings, pictures, probabilities, scores)  # quantising uses the outputs up
        if quantised and layers:
            maps, scales = zip(*quantise(layers, outputs[: len(layers)]), strict=True)
        return [
            FeatureMaps(prediction, [values[i] for values in maps], [ends[i] for ends in scales], self.temperature)
            for i, prediction in enumerate(predictions)
        ]

    def _predictions(
        self,
        drawings: Sequence[Prepared],
        pictures: NDArray[np.uint8],
        probabilities: Activations,
        scores: Activations,
    ) -> list[Prediction]:
        """What there is to be said of each drawing, from its picture and from `engines.ANSWER`."""
        known: Sequence[float | None] = [None] * len(drawings)
        if self.calibration is not None:
            known = self.calibration.familiarity(scores)
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


def _stacked(drawings: Sequence[Prepared]) -> NDArray[np.uint8]:
    """The drawings' pictures, N×28×28."""
    if len(drawings) == 1:
        return drawings[0].picture[np.newaxis]
    return np.array([drawing.picture for drawing in drawings])


def normalise(drawings: Sequence[Prepared]) -> Activations:
    """The drawings as the network's input: float32 N×1×28×28, (x/255 − 0.1307) / 0.3081."""
    return _normalised(_stacked(drawings))


def _normalised(pictures: NDArray[np.uint8]) -> Activations:
    return _NORMALISED.take(pictures)[:, np.newaxis]


def quantise(layers: Sequence[str], outputs: Sequence[Activations]) -> list[tuple[NDArray[np.uint8], list[Ends]]]:
    """For each layer its activations, N×shape, as round(255 (x − min)/(max − min)), and each picture's (min, max).

    All zero where all values are equal. The outputs are used up: they are overwritten, because a second array of that
    size would push the first one out of the cache.
    """
    ends: dict[str, tuple[Activations, Activations]] = {}
    done: dict[str, tuple[NDArray[np.uint8], list[Ends]]] = {}
    for name, values in zip(layers, outputs, strict=True):
        flat = values.reshape(len(values), -1)
        before = _BEFORE[name]
        if name == "flatten" and before in done:  # the same numbers in another shape, and maybe in the same memory
            quantised, pairs = done[before]
            done[name] = quantised.reshape(values.shape), pairs
            continue
        if _KIND[name] == "relu" and before in ends:  # max(0, x) has no other ends than these
            low, high = (np.maximum(end, 0) for end in ends[before])
        else:
            low, high = np.minimum.reduce(flat, axis=1), np.maximum.reduce(flat, axis=1)
        ends[name] = low, high
        extent = high - low
        factor = 255.0 / np.where(extent > 0, extent, np.inf)
        # From 0.5 to 255.5, give or take a rounding error far smaller than the half that keeps it from wrapping.
        flat *= factor[:, np.newaxis]
        flat -= (low * factor - 0.5)[:, np.newaxis]
        done[name] = flat.astype(np.uint8).reshape(values.shape), list(zip(low.tolist(), high.tolist(), strict=True))
    return [done[name] for name in layers]


_KIND = {layer.name: layer.kind for layer in LAYERS}
_BEFORE = {layer.name: before.name for before, layer in zip((LAYERS[0], *LAYERS), LAYERS, strict=False)}
