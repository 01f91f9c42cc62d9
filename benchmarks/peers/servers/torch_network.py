"""The lesson's network in torch, as a student writes it. Its state dict has Inkling's weights."""

import torch
from torch import nn


class Net(nn.Module):
    """Two convolutional layers and two linear layers. `forward` returns logits."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits, N×10, for normalised images, N×1×28×28."""
        logits: torch.Tensor = self.classifier(self.features(images))
        return logits
