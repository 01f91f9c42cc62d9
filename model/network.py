"""The lesson's two networks in PyTorch: the convolutional network, and the dense one it is compared with.

from model.network import CNN
CNN()(torch.zeros(1, 1, 28, 28)).shape   # (1, 10): a score for each digit
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn, softmax

from model.layers import CLASSES, HIDDEN, LAYERS, SIDE, NetworkName


class CNN(nn.Module):
    """Convolution, ReLU and max pooling, twice, then two linear layers: 225,034 parameters.

    The attribute names and the order of the modules are the lesson's, so the state dict has the lesson's keys:
    `features.0.weight`, …, `classifier.3.bias`. A state dict saved in the lesson loads here, and vice versa.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),  # 1×28×28 -> 32×26×26
            nn.ReLU(),
            nn.MaxPool2d(2),  # -> 32×13×13
            nn.Conv2d(32, 64, kernel_size=3),  # -> 64×11×11
            nn.ReLU(),
            nn.MaxPool2d(2),  # -> 64×5×5; the eleventh row and column are dropped
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # -> 1600: channel by channel, each row by row
            nn.Linear(64 * 5 * 5, 128),
            nn.ReLU(),
            nn.Linear(128, CLASSES),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images, N×1×28×28, to logits, N×10. The loss includes the softmax, as in the lesson."""
        logits: Tensor = self.classifier(self.features(images))
        return logits

    def fast_logits(self, images: Tensor) -> Tensor:
        """The same logits and gradients in less time, for training: each pooling comes before its ReLU.

        The two commute because ReLU is monotonic: max(ReLU(a), ReLU(b)) = ReLU(max(a, b)). After pooling, ReLU has a
        quarter of the values to compute.
        """
        values = images
        for convolution, relu, pool in (self.features[:3], self.features[3:]):
            values = relu(pool(convolution(values)))
        logits: Tensor = self.classifier(values)
        return logits

    def activations(self, images: Tensor, temperature: float | Tensor = 1.0) -> dict[str, Tensor]:
        """The output of every named layer for normalised images, N×1×28×28.

        Twelve tensors N×shape in the order of `model.layers.LAYERS`, from `input` to `probabilities`, which are
        softmax(logits / T) with the temperature T.
        """
        outputs = {"input": images}
        values = images
        for layer in LAYERS:
            if layer.module is not None:
                values = self.get_submodule(layer.module)(values)
                outputs[layer.name] = values
        outputs["probabilities"] = softmax(values / temperature, dim=1)
        return outputs


class Dense(nn.Sequential):
    """A hidden layer of 128 units with ReLU, then ten logits: 101,770 parameters, 100,352 of them in the first weights.

    It does not use which pixels are neighbours: its input is 784 numbers in any fixed order. The state dict has the
    keys of the plain Sequential: `1.weight`, `1.bias`, `3.weight`, `3.bias`.
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Flatten(),  # 1×28×28 -> 784, row by row
            nn.Linear(SIDE * SIDE, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CLASSES),
        )

    def fast_logits(self, images: Tensor) -> Tensor:
        """Normalised images, N×1×28×28, to logits, N×10. The plain forward pass is the fastest."""
        logits: Tensor = self(images)
        return logits


class Shuffled(nn.Module):
    """A network that was trained on shuffled pixels, with ordinary images as its input."""

    order: Tensor

    def __init__(self, network: "CNN | Dense", order: Sequence[int]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("order", torch.tensor(order), persistent=False)

    def fast_logits(self, images: Tensor) -> Tensor:
        """Normalised images, N×1×28×28, to logits, N×10."""
        return self.network.fast_logits(permute_pixels(images, self.order))


Network = CNN | Dense | Shuffled
CLASSES_BY_NAME: dict[NetworkName, type[CNN] | type[Dense]] = {"cnn": CNN, "dense": Dense}


def permute_pixels(images: Tensor, order: Tensor) -> Tensor:
    """Images, N×1×28×28, with pixel `order[i]` in place i, i = 28·row + column."""
    return images.flatten(1)[:, order].reshape(images.shape)
