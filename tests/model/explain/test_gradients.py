"""The gradients are those of PyTorch's autograd."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from model.checkpoint import SHIPPED, read
from model.explain.gradients import NEEDED, Floats, backward, of_logit, of_loss
from model.inference.classifier import normalise
from model.inference.engines import OnnxEngine
from model.layers import LAYER_NAMES
from model.network import CNN

COUNT, BATCH = 200, 40
CHECKPOINT = read(SHIPPED)

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    quotients: Floats = powers / powers.sum(axis=1, keepdims=True)
    return quotients


def expected(images: Floats, quantity: Callable[[Tensor], Tensor]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Autograd's gradients of quantity(logits) with respect to every layer and every parameter.

    They are computed in float64: with a probability near 1, float32 loses the digits of 1 − p.
    """
    network = CNN().double()
    network.load_state_dict({key: torch.from_numpy(values.copy()) for key, values in CHECKPOINT.tensors.items()})
    outputs = network.activations(torch.from_numpy(images).double().requires_grad_())
    for output in outputs.values():
        output.retain_grad()
    quantity(outputs["logits"]).backward()  # type: ignore[no-untyped-call]
    layers = {name: outputs[name].grad for name in LAYER_NAMES if name != "probabilities"}
    parameters = {key: parameter.grad for key, parameter in network.named_parameters()}
    return (
        {name: gradient.numpy() for name, gradient in layers.items() if gradient is not None},
        {key: gradient.numpy() for key, gradient in parameters.items() if gradient is not None},
    )


@pytest.mark.parametrize("quantity", ["logit", "loss"])
def test_the_gradients_of_200_digits_are_those_of_autograd(mnist_test: Mnist, quantity: str) -> None:
    engine = OnnxEngine(CHECKPOINT)
    for start in range(0, COUNT, BATCH):
        images, labels = (values[start : start + BATCH] for values in mnist_test)
        inputs, digit = normalise(images), start // BATCH
        names = tuple(dict.fromkeys((*NEEDED, "logits")))
        outputs = dict(zip(names, engine.run(inputs, names), strict=True))

        def value(logits: Tensor, digit: int = digit, labels: NDArray[np.uint8] = labels) -> Tensor:
            if quantity == "logit":
                return logits[:, digit].sum()
            return F.cross_entropy(logits, torch.from_numpy(labels.astype(np.int64)))

        probabilities = softmax(outputs["logits"])
        first = of_logit(digit, BATCH) if quantity == "logit" else of_loss(labels, probabilities)
        found = backward(CHECKPOINT.tensors, outputs, first, parameters=True)
        layers, parameters = expected(inputs, value)
        assert found.layers.keys() == layers.keys()
        assert found.parameters.keys() == parameters.keys()
        for name, gradient in layers.items():
            scale = np.abs(gradient).reshape(BATCH, -1).max(axis=1).reshape(-1, *[1] * (gradient.ndim - 1))
            error = np.abs(found.layers[name] - gradient)
            assert (error <= 1e-4 * scale).all(), (name, float((error / scale).max()))
        for key, gradient in parameters.items():
            assert np.abs(found.parameters[key] - gradient).max() <= 1e-4 * np.abs(gradient).max(), key


def test_without_parameters_only_the_layers_are_computed(mnist_test: Mnist) -> None:
    outputs = dict(zip(NEEDED, OnnxEngine(CHECKPOINT).run(normalise(mnist_test[0][:1]), NEEDED), strict=True))
    assert backward(CHECKPOINT.tensors, outputs, of_logit(3, 1)).parameters == {}
