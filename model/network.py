"""The lesson's two networks in PyTorch: the convolutional one, module by module, and the dense one it is held against.

from model.network import CNN
CNN()(torch.zeros(1, 1, 28, 28)).shape   # (1, 10): one score a digit
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn, softmax

from model.layers import CLASSES, HIDDEN, LAYERS, SIDE, NetworkName


class CNN(nn.Module):
    """Convolution, ReLU, max-pool, twice; then two linear layers: 225,034 parameters.

    The attribute names and the order of the modules are the lesson's, and so are the keys of the state dict:
    `features.0.weight`, …, `classifier.3.bias`. A state dict saved in the lesson loads here, and the other way round.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3),  # 1×28×28 -> 32×26×26
            nn.ReLU(),
            nn.MaxPool2d(2),  # -> 32×13×13
            nn.Conv2d(32, 64, kernel_size=3),  # -> 64×11×11
            nn.ReLU(),
            nn.MaxPool2d(2),  # -> 64×5×5; the eleventh row and column fall away
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # -> 1600: channel by channel, in each row by row
            nn.Linear(64 * 5 * 5, 128),
            nn.ReLU(),
            nn.Linear(128, CLASSES),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Normalised pictures, N×1×28×28, to logits, N×10. Softmax is left to the loss, as in the lesson."""
        logits: Tensor = self.classifier(self.features(pictures))
        return logits

    def quick(self, pictures: Tensor) -> Tensor:
        """The same logits, and the same gradients, sooner: each pooling before its ReLU.

        The two commute, because ReLU never changes an order: max(ReLU(a), ReLU(b)) = ReLU(max(a, b)). Pooled first,
        three quarters of the ReLUs need no computing. For training, which has no use for what lies between.
        """
        values = pictures
        for convolution, relu, pool in (self.features[:3], self.features[3:]):
            values = relu(pool(convolution(values)))
        logits: Tensor = self.classifier(values)
        return logits

    def activations(self, pictures: Tensor, temperature: float | Tensor = 1.0) -> dict[str, Tensor]:
        """What every named layer puts out for normalised pictures, N×1×28×28; probabilities = softmax(logits / T).

        Twelve tensors in the order of `model.layers.LAYERS`, from `input` to `probabilities`; each has N as its first
        dimension and the layer's shape as the rest.
        """
        outputs = {"input": pictures}
        values = pictures
        for layer in LAYERS:
            if layer.module is not None:
                values = self.get_submodule(layer.module)(values)
                outputs[layer.name] = values
        outputs["probabilities"] = softmax(values / temperature, dim=1)
        return outputs


class Dense(nn.Sequential):
    """Every pixel to each of 128 units, ReLU, each of these to ten scores: 101,770 parameters, 100,352 of them weights
    of the first layer. It knows of no neighbourhood: to it, a picture is 784 numbers in some order.

    The keys of the state dict are those of the plain Sequential: `1.weight`, `1.bias`, `3.weight`, `3.bias`.
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Flatten(),  # 1×28×28 -> 784, row by row
            nn.Linear(SIDE * SIDE, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CLASSES),
        )

    def quick(self, pictures: Tensor) -> Tensor:
        """Normalised pictures, N×1×28×28, to logits, N×10; there is no quicker way than the plain one."""
        logits: Tensor = self(pictures)
        return logits


class Shuffled(nn.Module):
    """A network that was trained on pictures with their pixels in another order, for pictures as they are."""

    order: Tensor

    def __init__(self, network: "CNN | Dense", order: Sequence[int]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("order", torch.tensor(order), persistent=False)

    def quick(self, pictures: Tensor) -> Tensor:
        """Normalised pictures, N×1×28×28, to logits, N×10."""
        return self.network.quick(reordered(pictures, self.order))


Network = CNN | Dense | Shuffled
CLASSES_BY_NAME: dict[NetworkName, type[CNN] | type[Dense]] = {"cnn": CNN, "dense": Dense}


def reordered(pictures: Tensor, order: Tensor) -> Tensor:
    """Pictures, N×1×28×28, with pixel `order[i]` in place i, i = 28·row + column."""
    return pictures.flatten(1)[:, order].reshape(pictures.shape)
