"""One training step with its numbers: what the forward pass predicts, the gradient, and how it changes one weight."""

import base64
from dataclasses import dataclass

import torch
from torch import Tensor

from model.layers import LAYERS, MEAN, STD
from model.network import CNN, Dense

# The weight that is followed: the centre of the first conv1 kernel, or the first weight of the dense network.
CONVOLUTION = "features.0.weight", (0, 0, 1, 1)
DENSE = "1.weight", (0, 406)


@dataclass(frozen=True)
class FollowedWeight:
    """One weight in one step: new_value = value + step. For plain SGD, step = −learning rate × gradient."""

    parameter: str
    index: tuple[int, ...]
    value: float
    gradient: float
    step: float
    new_value: float


@dataclass(frozen=True)
class FirstImage:
    """The first image of the batch, its label, and the prediction before the step. `pixels` are 784 bytes as base64."""

    label: int
    predicted: int
    probabilities: list[float]
    pixels: str


@dataclass(frozen=True)
class FollowedStep:
    """The numbers of a step on a batch of `images` images, of which `correct` were predicted correctly before the step.

    `loss` is their mean loss in nats. `gradient_norms` has √Σg² for each layer with weights.
    """

    images: int
    correct: int
    loss: float
    learning_rate: float
    gradient_norms: dict[str, float]
    weight: FollowedWeight
    first: FirstImage


class StepObserver:
    """Remembers a network before a step. It changes nothing, so the step has the same result as without it."""

    def __init__(self, network: CNN | Dense, images: Tensor, labels: Tensor) -> None:
        self._network, self._image, self._labels = network, images[0], labels
        followed: tuple[str, tuple[int, ...]] = CONVOLUTION if isinstance(network, CNN) else DENSE
        self._name, self._index = followed
        self._value = self._weight()

    def after(self, logits: Tensor, loss: float, learning_rate: float) -> FollowedStep:
        """The numbers of the step that has just been made."""
        gradient = self._network.get_parameter(self._name).grad
        assert gradient is not None
        new_value = self._weight()
        grey = ((self._image * STD + MEAN) * 255).round().clamp(0, 255).to(torch.uint8).cpu()
        probabilities = logits[0].softmax(0).tolist()
        return FollowedStep(
            images=len(self._labels),
            correct=int((logits.argmax(1) == self._labels).sum()),
            loss=loss,
            learning_rate=learning_rate,
            gradient_norms=_gradient_norms(self._network),
            weight=FollowedWeight(
                self._name,
                self._index,
                self._value,
                gradient[self._index].item(),
                new_value - self._value,
                new_value,
            ),
            first=FirstImage(
                int(self._labels[0]),
                int(logits[0].argmax()),
                probabilities,
                base64.b64encode(grey.contiguous().numpy().tobytes()).decode(),
            ),
        )

    def _weight(self) -> float:
        return self._network.get_parameter(self._name).detach()[self._index].item()


def conv1_kernels(network: CNN | Dense) -> str | None:
    """The weights of conv1 now, 32×1×3×3 as little-endian float32 in base64; None for the dense network."""
    if not isinstance(network, CNN):
        return None
    values = network.get_parameter(CONVOLUTION[0]).detach().cpu().contiguous().numpy()
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _gradient_norms(network: CNN | Dense) -> dict[str, float]:
    if isinstance(network, CNN):
        modules = {layer.name: layer.module for layer in LAYERS if layer.module and layer.parameters}
    else:
        modules = {name: name for name, module in network.named_children() if list(module.parameters())}
    norms = {}
    for name, module in modules.items():
        gradients = [each.grad for each in network.get_submodule(module).parameters()]
        norms[name] = torch.cat([each.flatten() for each in gradients if each is not None]).norm().item()
    return norms
