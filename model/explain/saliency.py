"""Which pixels of a drawing matter for a digit: five methods that give a number for each pixel.

The explained quantity L is the logit of a digit, or the difference of two logits: how much the network prefers one
digit to the other. x is the normalised image, and x₀ the same image without ink, which is black everywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model.explain.gradients import NEEDED, Floats, backward, of_logit
from model.layers import MEAN, SIDE, STD

Method = Literal["gradient", "gradient_times_input", "integrated_gradients", "grad_cam", "occlusion"]
METHODS: tuple[Method, ...] = get_args(Method)
METHOD_TEXTS: dict[Method, str] = {
    "gradient": "how fast the logit grows with the pixel.",
    "gradient_times_input": "the pixel's ink times its gradient; the values and `rest` add up to the logit.",
    "integrated_gradients": "the same with the mean gradient on the way from black to the drawing.",
    "grad_cam": "where the maps of the second convolution that support the digit are active.",
    "occlusion": "how far the logit falls when a black square covers the pixel.",
}
Run = Callable[[Floats, Sequence[str]], Sequence[Floats]]  # see model.inference.engines.Engine.run

BLACK = np.float32((0 - MEAN) / STD)  # the normalised value of a pixel without ink
STEPS = 128  # images between x₀ and x for integrated gradients; with 32, a sum was off by up to 0.9
_BATCH = 8  # images in one forward pass, which limits the memory that ONNX Runtime keeps
MAX_PATCH = 9  # px


@dataclass(frozen=True)
class Target:
    """The explained quantity L: the logit of `digit`, minus the logit of `against` unless that is None."""

    digit: int
    against: int | None = None

    def start(self, count: int) -> Floats:
        """∂L/∂logits for `count` images, N×10."""
        start = of_logit(self.digit, count)
        return start if self.against is None else start - of_logit(self.against, count)

    def value(self, logits: Floats) -> Floats:
        """The N values of L for logits N×10."""
        values = logits[:, self.digit]
        return values if self.against is None else values - logits[:, self.against]


@dataclass(frozen=True)
class Saliency:
    """The result of a method.

    values  float32 (28, 28), a number for each pixel
    value   L of the drawing
    rest    the remainder, L − Σ values; None if a method's values do not add up to L
    """

    values: Floats
    value: float
    rest: float | None = None


class Explainer:
    """Computes the values of each method for one network. `run` computes outputs of its layers."""

    def __init__(self, tensors: Mapping[str, Floats], run: Run) -> None:
        self._tensors = tensors
        self._run = run

    def explain(self, image: Floats, target: Target, method: Method, patch: int = 1) -> Saliency:
        """The values of `method` for a normalised image, 28×28. `patch` is the side of the occluding patch, 1 to 9."""
        if method == "occlusion":
            return self._occlusion(image, target, patch)
        if method == "integrated_gradients":
            return self._integrated_gradients(image, target)
        outputs, value = self._forward(image[np.newaxis, np.newaxis], target)
        layers = backward(self._tensors, outputs, target.start(1)).layers
        if method == "grad_cam":
            return Saliency(_grad_cam(outputs["relu2"][0], layers["relu2"][0]), float(value[0]))
        gradient = layers["input"][0, 0]
        if method == "gradient":
            return Saliency(gradient, float(value[0]))
        return _complete((image - BLACK) * gradient, float(value[0]))

    def _forward(self, images: Floats, target: Target) -> tuple[dict[str, Floats], Floats]:
        names = (*NEEDED, "logits")
        outputs = dict(zip(names, self._run(images, names), strict=True))
        return outputs, target.value(outputs["logits"])

    def _integrated_gradients(self, image: Floats, target: Target) -> Saliency:
        """(x − x₀) times the mean of ∂L/∂x on the straight line from x₀ to x, at the midpoints of STEPS parts.

        The values add up to L(x) − L(x₀), apart from the error of the numerical integration (Sundararajan, Taly, Yan:
        Axiomatic Attribution for Deep Networks, 2017).
        """
        ink = image - BLACK
        shares = (np.arange(STEPS, dtype=np.float32) + np.float32(0.5)) / np.float32(STEPS)
        total = np.zeros_like(image)
        for part in np.split(shares.reshape(-1, 1, 1, 1), STEPS // _BATCH):
            outputs, _ = self._forward(BLACK + part * ink, target)
            total += backward(self._tensors, outputs, target.start(len(part))).layers["input"].sum(axis=(0, 1))
        (value,) = self._values(image[np.newaxis], target)
        return _complete(ink * total / np.float32(STEPS), float(value))

    def _occlusion(self, image: Floats, target: Target, patch: int) -> Saliency:
        """L(x) − L(x with a black square of `patch` pixels around the pixel).

        Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2014. For an even patch, the pixel is the
        lower right one of the middle four.
        """
        if not 1 <= patch <= MAX_PATCH:
            raise ValueError(f"a patch has 1 to {MAX_PATCH} pixels on a side")
        nothing = np.zeros((1, SIDE, SIDE), bool)  # for L(x)
        erased = np.concatenate([nothing, _squares(patch) & (image != BLACK)])
        # Many squares cover the same ink, or none, so they give equal images. Each image is computed only once.
        numbers: dict[bytes, int] = {}
        which = [numbers.setdefault(mask.tobytes(), len(numbers)) for mask in erased]
        distinct = erased[np.unique(which, return_index=True)[1]]
        parts = [distinct[start : start + _BATCH] for start in range(0, len(distinct), _BATCH)]
        values = np.concatenate([self._values(np.where(part, BLACK, image), target) for part in parts])[which]
        return Saliency((values[0] - values[1:]).reshape(SIDE, SIDE), float(values[0]))

    def _values(self, images: Floats, target: Target) -> Floats:
        """The N values of L for images N×28×28."""
        (logits,) = self._run(images[:, np.newaxis], ("logits",))
        return target.value(logits)


def _squares(patch: int) -> NDArray[np.bool_]:
    """The pixels of the square around each pixel, (784, 28, 28)."""
    offsets = np.arange(SIDE) - np.arange(SIDE)[:, np.newaxis] + patch // 2
    inside = (offsets >= 0) & (offsets < patch)  # [row of the pixel, row of the square]; the same for columns
    return np.kron(inside, inside).reshape(-1, SIDE, SIDE)


def _complete(values: Floats, value: float) -> Saliency:
    """A result whose values and rest add up to L."""
    return Saliency(values, value, value - float(values.sum(dtype=np.float64)))


def _grad_cam(maps: Floats, gradients: Floats) -> Floats:
    """Grad-CAM at the second convolution's maps A (64×11×11), as 28×28: max(0, Σ α_k A_k).

    α_k is the mean of ∂L/∂A_k over the map (Selvaraju et al.: Grad-CAM, 2017). A cell's receptive field has 8×8 pixels
    and moves by 2, so the centre of cell i is at pixel 3.5 + 2i; between the centres the values are interpolated.
    """
    weights = gradients.mean(axis=(1, 2))
    cam = np.maximum(np.tensordot(weights, maps, axes=1), 0)
    centres = 3.5 + 2 * np.arange(cam.shape[0])
    spread = np.stack([np.interp(np.arange(SIDE), centres, unit) for unit in np.eye(cam.shape[0])], axis=1)
    values: NDArray[np.float32] = (spread @ cam @ spread.T).astype(np.float32)
    return values
