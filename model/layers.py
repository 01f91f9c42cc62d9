"""The network's layers: their names, order, shapes and arithmetic. Nothing here needs torch."""

from dataclasses import dataclass
from math import prod
from typing import Literal

Kind = Literal["input", "convolution", "relu", "max_pool", "flatten", "linear", "softmax"]

CLASSES = 10
SIDE = 28
MEAN, STD = 0.1307, 0.3081  # mean and standard deviation of MNIST's training pixels in [0, 1], as in the lesson


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the network.

    name                     its name everywhere: API, pages, code and file formats
    shape                    the shape of its output: channels × rows × columns, or one length
    source                   the shape of its input
    module                   the prefix of its keys in the lesson's state dict; None for `input` and `probabilities`
    window, stride, padding  F, S and P of the lesson's formula; None for layers without a window
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    source: tuple[int, ...]
    module: str | None = None
    window: int | None = None
    stride: int | None = None
    padding: int | None = None

    @property
    def parameters(self) -> int:
        """The number of weights and biases of this layer."""
        if self.kind == "convolution":
            assert self.window is not None
            return self.shape[0] * (self.source[0] * self.window**2 + 1)
        if self.kind == "linear":
            return self.shape[0] * (self.source[0] + 1)
        return 0

    @property
    def multiplications(self) -> int:
        """The number of multiplications for one image: each weight counts once for each position of its window."""
        if self.kind == "convolution":
            assert self.window is not None
            return prod(self.shape) * self.source[0] * self.window**2
        return self.shape[0] * self.source[0] if self.kind == "linear" else 0

    @property
    def formula(self) -> str | None:
        """The output size, (W − F + 2P)/S + 1, with this layer's numbers; None for layers without a window."""
        if self.window is None:
            return None
        width = self.source[-1]
        worked = f"({width} − {self.window} + 2·{self.padding})/{self.stride} + 1"
        size = output_size(width, self.window, self.padding or 0, self.stride or 1)
        divides = (width - self.window + 2 * (self.padding or 0)) % (self.stride or 1) == 0
        return f"{worked} = {size}" if divides else f"⌊{worked.removesuffix(' + 1')}⌋ + 1 = {size}"


def output_size(width: int, window: int, padding: int = 0, stride: int = 1) -> int:
    """The number of positions of a window along one side of the input: ⌊(W − F + 2P)/S⌋ + 1."""
    return (width - window + 2 * padding) // stride + 1


LAYERS: tuple[Layer, ...] = (
    Layer("input", "input", (1, 28, 28), (1, 28, 28)),
    Layer("conv1", "convolution", (32, 26, 26), (1, 28, 28), "features.0", window=3, stride=1, padding=0),
    Layer("relu1", "relu", (32, 26, 26), (32, 26, 26), "features.1"),
    Layer("pool1", "max_pool", (32, 13, 13), (32, 26, 26), "features.2", window=2, stride=2, padding=0),
    Layer("conv2", "convolution", (64, 11, 11), (32, 13, 13), "features.3", window=3, stride=1, padding=0),
    Layer("relu2", "relu", (64, 11, 11), (64, 11, 11), "features.4"),
    Layer("pool2", "max_pool", (64, 5, 5), (64, 11, 11), "features.5", window=2, stride=2, padding=0),
    Layer("flatten", "flatten", (1600,), (64, 5, 5), "classifier.0"),
    Layer("dense1", "linear", (128,), (1600,), "classifier.1"),
    Layer("relu3", "relu", (128,), (128,), "classifier.2"),
    Layer("logits", "linear", (10,), (128,), "classifier.3"),
    Layer("probabilities", "softmax", (10,), (10,)),
)


def used_side() -> int:
    """The rows and columns of the input, from the top left, that can change the logits: 26 of 28.

    Pooling drops what does not fill a window. `pool2` has 5 rows. They come from 5·2 = 10 of the 11 rows of `conv2`,
    which come from 10 + 2 = 12 of the 13 rows of `pool1`, which come from 12·2 = 24 of the 26 rows of `conv1`, which
    come from 24 + 2 = 26 of the 28 rows of the input. In general, n rows of an output come from (n − 1)·S + F rows.
    """
    side = next(layer.shape[-1] for layer in reversed(LAYERS) if layer.window is not None)
    for layer in reversed(LAYERS):
        if layer.window is not None and layer.stride is not None:
            side = (side - 1) * layer.stride + layer.window
    return side


LAYER_NAMES: tuple[str, ...] = tuple(layer.name for layer in LAYERS)
PARAMETERS: dict[str, tuple[int, ...]] = {
    "features.0.weight": (32, 1, 3, 3),
    "features.0.bias": (32,),
    "features.3.weight": (64, 32, 3, 3),
    "features.3.bias": (64,),
    "classifier.1.weight": (128, 1600),
    "classifier.1.bias": (128,),
    "classifier.3.weight": (10, 128),
    "classifier.3.bias": (10,),
}  # the keys and shapes of the lesson's state dict
HIDDEN = 128  # units of the dense network's hidden layer; the convolutional network's `dense1` has as many
DENSE_PARAMETERS: dict[str, tuple[int, ...]] = {
    "1.weight": (HIDDEN, SIDE * SIDE),
    "1.bias": (HIDDEN,),
    "3.weight": (CLASSES, HIDDEN),
    "3.bias": (CLASSES,),
}  # the keys and shapes of the dense network's state dict: Sequential(Flatten, Linear, ReLU, Linear)
NetworkName = Literal["cnn", "dense"]
NETWORKS: dict[NetworkName, dict[str, tuple[int, ...]]] = {"cnn": PARAMETERS, "dense": DENSE_PARAMETERS}

PIXEL_SEED = 784  # seed of the permutation in training runs with shuffled pixels


def pixel_order() -> list[int]:
    """The permutation `order`: pixel i of a shuffled image, i = 28·row + column, is pixel order[i] of the original."""
    import numpy as np

    order: list[int] = np.random.default_rng(PIXEL_SEED).permutation(SIDE * SIDE).tolist()
    return order
