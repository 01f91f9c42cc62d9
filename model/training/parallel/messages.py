"""What process 0 sends to the other processes at the start of each epoch, and how."""

from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from model.layers import SIDE
from model.training.recipes import Recipe


@dataclass(frozen=True)
class EpochMessage:
    """Train an epoch.

    `state` is the state of the trainer at the start, as torch.save writes it; None if this is not the first epoch.
    `images` is the number of images that follow.
    """

    recipe: Recipe
    seed: int
    epochs: int
    number: int
    state: bytes | None
    images: int


def send(message: EpochMessage, images: Tensor, labels: Tensor) -> None:
    """Send an epoch with its normalised images, N×1×28×28, and its labels, N. Only process 0 calls this."""
    distributed.broadcast_object_list([message], src=0, device=torch.device("cpu"))
    distributed.broadcast(images.contiguous(), src=0)
    distributed.broadcast(labels.contiguous(), src=0)


def send_end() -> None:
    """Tell the other processes that the training is complete. Only process 0 calls this."""
    distributed.broadcast_object_list([None], src=0, device=torch.device("cpu"))


def receive(device: str) -> tuple[EpochMessage, Tensor, Tensor] | None:
    """The next epoch with its images and labels on the device, or None at the end. Only the other processes call this.

    This waits for process 0.
    """
    messages: list[EpochMessage | None] = [None]
    distributed.broadcast_object_list(messages, src=0, device=torch.device("cpu"))
    (message,) = messages
    if message is None:
        return None
    images = torch.empty(message.images, 1, SIDE, SIDE, device=device)
    labels = torch.empty(message.images, dtype=torch.int64, device=device)
    distributed.broadcast(images, src=0)
    distributed.broadcast(labels, src=0)
    return message, images, labels
