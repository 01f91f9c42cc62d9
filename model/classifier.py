"""Load once, then ask: the one thing the service goes to for answers.

classifier = Classifier.load("model/weights/lesson.safetensors")
classifier.predict([from_strokes([[[10, 10], [10, 90]]])])[0].digit
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from model import checkpoint as checkpoints
from model import engines
from model.layers import LAYER_NAMES, LAYERS, MEAN, SIDE, STD
from model.pictures import Prepared

Verdict = Literal["digit", "unsure", "not_a_digit", "blank"]
Activations = NDArray[np.float32]
Ends = tuple[float, float]  # the smallest and the largest value of a layer

# A pixel has one of 256 values, so normalising is a table: (x/255 − mean) / std.
_NORMALISED = ((np.arange(256, dtype=np.float64) / 255 - MEAN) / STD).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the network says of one drawing.

    `probabilities` is float32 (10,), its softmax; `digit` the likeliest and `confidence` its probability. On a blank
    drawing there is nothing to be said: both are None, and the probabilities are what the network makes of black.
    """

    digit: int | None
    confidence: float | None
    probabilities: Activations
    verdict: Verdict
    reasons: tuple[str, ...]
    familiarity: float | None
    model: str


@dataclass(frozen=True, slots=True)
class FeatureMaps:
    """The answer for a drawing, and what the layers that were asked for put out on the way to it.

    `maps` are float32 in the layers' shapes; or uint8, and then `scales` holds each layer's smallest and largest value.
    """

    prediction: Prediction
    maps: list[NDArray[Any]]
    scales: list[Ends]


class Classifier:
    """One set of weights in one engine."""

    def __init__(self, checkpoint: checkpoints.Checkpoint, engine: engines.EngineName = "auto") -> None:
        self.checkpoint = checkpoint
        self.engine = engines.load(checkpoint, engine)

    @classmethod
    def load(cls, path: str | Path = checkpoints.SHIPPED, engine: engines.EngineName = "auto") -> "Classifier":
        """Read weights (safetensors, or the lesson's `.pth`) and start an engine. CheckpointError, EngineError."""
        return cls(checkpoints.read(path), engine)

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
        (probabilities,) = self.engine.run(normalise(drawings), engines.ANSWER)
        return [self._prediction(drawing, row) for drawing, row in zip(drawings, probabilities, strict=True)]

    def feature_maps(
        self, drawings: Sequence[Prepared], layers: Sequence[str] = LAYER_NAMES, *, quantised: bool = False
    ) -> list[FeatureMaps]:
        """For each drawing its answer and what each of `layers` puts out, in one pass."""
        wanted = layers if "probabilities" in layers else (*layers, "probabilities")
        outputs = self.engine.run(normalise(drawings), wanted)
        probabilities = outputs[wanted.index("probabilities")]
        maps: Sequence[NDArray[Any]] = outputs[: len(layers)]
        scales: Sequence[list[Ends]] = ()
        if quantised and layers:
            probabilities = probabilities.copy()
            maps, scales = zip(*quantise(layers, outputs[: len(layers)]), strict=True)
        return [
            FeatureMaps(
                self._prediction(drawing, probabilities[i]),
                [values[i] for values in maps],
                [ends[i] for ends in scales],
            )
            for i, drawing in enumerate(drawings)
        ]

    def _prediction(self, drawing: Prepared, probabilities: Activations) -> Prediction:
        if drawing.blank:
            return Prediction(None, None, probabilities, "blank", (), None, self.model)
        digit = int(probabilities.argmax())
        return Prediction(digit, float(probabilities[digit]), probabilities, "digit", (), None, self.model)


def normalise(drawings: Sequence[Prepared]) -> Activations:
    """The drawings as the network's input: float32 N×1×28×28, (x/255 − 0.1307) / 0.3081."""
    if len(drawings) == 1:
        return _NORMALISED[drawings[0].picture][np.newaxis, np.newaxis]
    return _NORMALISED[np.stack([drawing.picture for drawing in drawings])][:, np.newaxis]


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
