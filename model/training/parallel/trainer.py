"""A trainer for several processes. Each computes the gradient of its part of every batch; all take the same step."""

from collections.abc import Iterator

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from model.layers import CLASSES
from model.network import CNN, Dense
from model.training.parallel.messages import EpochMessage, send
from model.training.recipes import Recipe
from model.training.run_state import torch_bytes
from model.training.trainer import BeforeBatch, Report, Trainer


class _FastPath(nn.Module):
    """The fast path of a network as `forward`, the only method that DistributedDataParallel can call."""

    def __init__(self, network: CNN | Dense) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network.fast_logits(images)


class ParallelTrainer(Trainer):
    """Trains with all processes of the default process group, from the same weights and with the same batches as a
    single process.

    Process r of N computes the images r, r + N, r + 2N, … of each batch. DistributedDataParallel averages the gradients
    of all processes, so a step is that of a single process with the whole batch, apart from rounding errors.

    Process 0 has the images and the state of the run. At the start of each epoch it sends them to the others, in which
    `follow` runs.
    """

    def __init__(self, recipe: Recipe, seed: int, device: str, epochs: int | None = None) -> None:
        super().__init__(recipe, seed, device, epochs)
        self._rank, self._size = distributed.get_rank(), distributed.get_world_size()
        self._replica: DistributedDataParallel | None = None

    def epoch(
        self, images: Tensor, labels: Tensor, number: int, before_batch: BeforeBatch | None = None
    ) -> Iterator[Report]:
        """Train an epoch as `Trainer.epoch` does, together with the other processes."""
        if self._rank == 0:
            state = torch_bytes(self.state()) if self._replica is None else None
            send(EpochMessage(self.recipe, self.seed, self.epochs, number, state, len(labels)), images, labels)
        if self._replica is None:
            self._replica = DistributedDataParallel(_FastPath(self.network))
        yield from super().epoch(images, labels, number, before_batch)

    def gradients(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gradients of the mean loss of a batch. Returns the logits of the whole batch, N×10, and the loss.

        DistributedDataParallel averages the gradients over the processes. The mean over the N images of the batch is
        1/N of the sum, so each process computes the sum over its images times (number of processes)/N.
        """
        assert self._replica is not None
        own = slice(self._rank, None, self._size)
        part = self._replica(images[own])
        loss = F.cross_entropy(part, labels[own], reduction="sum", label_smoothing=self.recipe.smoothing)
        loss = loss * (self._size / len(labels))
        loss.backward()  # type: ignore[no-untyped-call]
        logits = torch.zeros(len(labels), CLASSES, device=part.device)
        logits[own] = part.detach()
        distributed.all_reduce(logits)  # the sum; all other processes have zeros here
        return logits, F.cross_entropy(logits, labels)
