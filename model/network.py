"""The lesson's convolutional network, module by module, in PyTorch.

from model.network import CNN
CNN()(torch.zeros(1, 1, 28, 28)).shape   # (1, 10): one score a digit
"""

from torch import Tensor, nn, softmax

from model.layers import CLASSES, LAYERS


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
