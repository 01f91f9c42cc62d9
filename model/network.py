"""The lesson's two networks in PyTorch: the convolutional network, and the dense one it is compared with.

from model.network import CNN
CNN()(torch.zeros(1, 1, 28, 28)).shape   # (1, 10): a logit for each digit
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn, softmax

from model.layers import CLASSES, HIDDEN, LAYERS, SIDE, NetworkName, used_side

USED = used_side()  # rows and columns of an image that can change the logits


class CNN(nn.Module):
    """Convolution, ReLU and max pooling, twice, then two linear layers: 225,034 parameters.

    The names and the order of the modules are the same as in the lesson, and so are the keys of the state dict:
    `features.0.weight`, …, `classifier.3.bias`. A state dict saved in the lesson can be loaded here, and vice versa.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),  # 1×28×28 -> 32×26×26
            nn.ReLU(),
            nn.MaxPool2d(2),  # -> 32×13×13
            nn.Conv2d(32, 64, kernel_size=3),  # -> 64×11×11
            nn.ReLU(),
            nn.MaxPool2d(2),  # -> 64×5×5; the eleventh row and column of its input are dropped
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # -> 1600: channel by channel, and within a channel row by row
            nn.Linear(64 * 5 * 5, 128),
            nn.ReLU(),
            nn.Linear(128, CLASSES),
        )

    def forward(self, images: Tensor) -> Tensor:
        """The logits, N×10, of normalised images, N×1×28×28. The softmax is part of the loss, as in the lesson."""
        logits: Tensor = self.classifier(self.features(images))
        return logits

    def fast_logits(self, images: Tensor) -> Tensor:
        """The same logits as `forward`, with the same gradients, in less time. Training uses this method.

        Each pooling comes before its ReLU. They commute because ReLU is monotonic: max(ReLU(a), ReLU(b)) =
        ReLU(max(a, b)). After pooling, ReLU has only a quarter of the values to compute.

        The last two rows and columns of the images are left out. No logit depends on them, because `pool2` drops the
        last row and column of `conv2` (`model.layers.used_side`); their gradient is 0. So the convolutions compute
        24×24 and 10×10 values per map instead of 26×26 and 11×11.
        """
        values = images[..., :USED, :USED]
        for convolution, relu, pool in (self.features[:3], self.features[3:]):
            values = relu(pool(convolution(values)))
        logits: Tensor = self.classifier(values)
        return logits

    def activations(self, images: Tensor, temperature: float | Tensor = 1.0) -> dict[str, Tensor]:
        """The output of every named layer for normalised images, N×1×28×28.

        Twelve tensors, each N×shape, in the order of `model.layers.LAYERS`: from `input` to `probabilities`. The
        probabilities are softmax(logits / T) with the temperature T.
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
    """A hidden layer of 128 units with ReLU, then ten logits: 101,770 parameters, 100,352 in the first weight matrix.

    The network does not know which pixels are neighbours: its 784 inputs may have any fixed order. The state dict has
    the keys of a plain Sequential: `1.weight`, `1.bias`, `3.weight`, `3.bias`.
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Flatten(),  # 1×28×28 -> 784, row by row
            nn.Linear(SIDE * SIDE, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CLASSES),
        )

    def fast_logits(self, images: Tensor) -> Tensor:
        """The logits, N×10, of normalised images, N×1×28×28: the ordinary forward pass, which is the fastest here."""
        logits: Tensor = self(images)
        return logits


class Shuffled(nn.Module):
    """Wraps a network that was trained on shuffled pixels: takes ordinary images and shuffles their pixels first."""

    order: Tensor

    def __init__(self, network: "CNN | Dense", order: Sequence[int]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("order", torch.tensor(order), persistent=False)

    def fast_logits(self, images: Tensor) -> Tensor:
        """The logits, N×10, of normalised images, N×1×28×28, whose pixels are not shuffled yet."""
        return self.network.fast_logits(permute_pixels(images, self.order))


Network = CNN | Dense | Shuffled
CLASSES_BY_NAME: dict[NetworkName, type[CNN] | type[Dense]] = {"cnn": CNN, "dense": Dense}


def permute_pixels(images: Tensor, order: Tensor) -> Tensor:
    """The images, N×1×28×28, with permuted pixels: pixel i, i = 28·row + column, is pixel order[i] of the original."""
    return images.flatten(1)[:, order].reshape(images.shape)
