"""The backward pass of the network in NumPy: gradients with respect to every layer and every parameter.

It applies the chain rule from the logits to the input (Rumelhart, Hinton, Williams: Learning representations by
back-propagating errors, 1986). With g = ∂L/∂output of a layer, the gradient with respect to the layer's input is

    linear       y = W x + b                         Wᵀ g
    ReLU         y = max(0, x)                       g where x > 0, else 0
    max pooling  P_{i,j} = max over a window of A    g at the first maximum of each window, else 0
    convolution  O_{i,j} = b + Σ I_{i+u,j+v} K_{u,v} Σ over u, v of g_{i−u,j−v} K_{u,v}

All arrays are float32, and their first axis is the image's index in the batch.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model.layers import CLASSES, LAYERS

Floats = NDArray[np.float32]

# The layers whose outputs `backward` reads.
NEEDED = ("input", "conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "dense1", "relu3")
_SHAPES = {layer.name: layer.shape for layer in LAYERS}


class Gradients(NamedTuple):
    """The gradients of a quantity L. Those with respect to parameters are summed over the batch.

    `layers` has ∂L/∂layer for each layer from `input` to `logits`, N×shape. `parameters` has ∂L/∂parameter with the
    keys and shapes of the state dict; it is empty unless it was requested.
    """

    layers: dict[str, Floats]
    parameters: dict[str, Floats]


def backward(
    tensors: Mapping[str, Floats], outputs: Mapping[str, Floats], start: Floats, *, parameters: bool = False
) -> Gradients:
    """The gradients of L, given its gradient with respect to the logits.

    `tensors` are the network's parameters, `outputs` the outputs of the layers in `NEEDED` of one forward pass, each
    N×shape, and `start` is ∂L/∂logits, N×10: see `of_logit` and `of_loss`. With `parameters`, the
    gradients with respect to the parameters are computed too.
    """
    layers: dict[str, Floats] = {"logits": start}
    layers["relu3"] = start @ tensors["classifier.3.weight"]
    layers["dense1"] = layers["relu3"] * (outputs["dense1"] > 0)
    layers["flatten"] = layers["dense1"] @ tensors["classifier.1.weight"]
    layers["pool2"] = layers["flatten"].reshape(-1, *_SHAPES["pool2"])
    layers["relu2"] = _unpool(layers["pool2"], outputs["relu2"], outputs["pool2"])
    layers["conv2"] = layers["relu2"] * (outputs["conv2"] > 0)
    layers["pool1"] = _convolution_input(layers["conv2"], tensors["features.3.weight"])
    layers["relu1"] = _unpool(layers["pool1"], outputs["relu1"], outputs["pool1"])
    layers["conv1"] = layers["relu1"] * (outputs["conv1"] > 0)
    layers["input"] = _convolution_input(layers["conv1"], tensors["features.0.weight"])
    found: dict[str, Floats] = {}
    if parameters:
        for key, layer, source in (("features.0", "conv1", "input"), ("features.3", "conv2", "pool1")):
            found[f"{key}.weight"] = _convolution_weights(layers[layer], outputs[source])
            found[f"{key}.bias"] = layers[layer].sum(axis=(0, 2, 3))
        for key, layer, source in (("classifier.1", "dense1", "flatten"), ("classifier.3", "logits", "relu3")):
            found[f"{key}.weight"] = layers[layer].T @ outputs[source]
            found[f"{key}.bias"] = layers[layer].sum(axis=0)
    return Gradients(layers, found)


def of_logit(digit: int, count: int) -> Floats:
    """∂z_digit/∂z for a batch of `count` images, N×10: 1 for the digit and 0 for the others."""
    start = np.zeros((count, CLASSES), np.float32)
    start[:, digit] = 1
    return start


def of_loss(labels: NDArray[np.integer], probabilities: Floats) -> Floats:
    """∂L/∂z for the cross-entropy L = −(1/N) Σ ln p_label of the plain softmax, N×10: (p − δ)/N.

    `labels` are the N digits, `probabilities` the plain softmax of the logits, N×10.
    """
    return _minus_one_hot(labels, probabilities) / np.float32(len(labels))


def _minus_one_hot(labels: NDArray[np.integer], probabilities: Floats) -> Floats:
    """p − δ, N×10. For the label it is −Σ of the other probabilities: p − 1 would lose precision where p is near 1."""
    rows = np.arange(len(labels))
    result = probabilities.copy()
    result[rows, labels] = 0
    result[rows, labels] = -result.sum(axis=1)
    return result


def _unpool(gradient: Floats, values: Floats, pooled: Floats) -> Floats:
    """The gradient with respect to the input `values` of a 2×2 max pooling, whose output is `pooled`.

    If several values of a window are the maximum, the first gets the gradient, as in PyTorch. An odd last row or
    column of `values` belongs to no window and gets 0.
    """
    result = np.zeros_like(values)
    rows, columns = 2 * pooled.shape[2], 2 * pooled.shape[3]
    free = np.ones(pooled.shape, bool)  # windows whose maximum has not been found yet
    for u in (0, 1):
        for v in (0, 1):
            found = values[:, :, u:rows:2, v:columns:2] == pooled
            found &= free
            free ^= found
            np.multiply(gradient, found, out=result[:, :, u:rows:2, v:columns:2])
    return result


def _convolution_input(gradient: Floats, kernels: Floats) -> Floats:
    """The gradient with respect to the input of a convolution, N×C×H×W, for N×D×(H−F+1)×(W−F+1) and kernels D×C×F×F.

    One matrix product gives the share of every kernel weight in every output, and F² shifted additions put the shares
    where the inputs are.
    """
    count, depth, rows, columns = gradient.shape
    _, channels, size, _ = kernels.shape
    shares = kernels.reshape(depth, -1).T @ gradient.reshape(count, depth, rows * columns)
    shares = shares.reshape(count, channels, size, size, rows, columns)
    result = np.zeros((count, channels, rows + size - 1, columns + size - 1), np.float32)
    for u in range(size):
        for v in range(size):
            result[:, :, u : u + rows, v : v + columns] += shares[:, :, u, v]
    return result


def _convolution_weights(gradient: Floats, source: Floats) -> Floats:
    """The gradient with respect to the kernels of a convolution, D×C×F×F.

    ∂L/∂K_{u,v} = Σ over i, j of g_{i,j} I_{i+u,j+v}.
    """
    size = source.shape[2] - gradient.shape[2] + 1
    patches = sliding_window_view(source, (size, size), axis=(2, 3))  # N×C×rows×columns×F×F
    return np.tensordot(gradient, patches, axes=((0, 2, 3), (0, 2, 3)))
