"""The training loop: trains a network step by step. It reads and writes no files.

    trainer = Trainer(recipes.LESSON, seed=0, device="cpu")
    for images, loss in trainer.epoch(images, labels, number=1):
        print(images, loss)

`model.training.run` runs this loop, evaluates the network and writes the files.
"""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from model.checkpoint import Checkpoint
from model.network import CLASSES_BY_NAME, CNN, Dense, Network, Shuffled
from model.training.images import epoch_order
from model.training.recipes import Recipe

REPORT_EVERY = 16  # batches between two reports; to report a loss, the CPU must wait for the device


class TrainingError(Exception):
    """A training run cannot start or continue. The message says why."""


def network_of(weights: Checkpoint, device: str = "cpu") -> Network:
    """The network with the weights of the checkpoint, on the device.

    Its input is always images with unshuffled pixels. If the network was trained on shuffled pixels, it first
    shuffles the pixels of its input.
    """
    network = CLASSES_BY_NAME[weights.network]()
    network.load_state_dict({key: torch.from_numpy(values) for key, values in weights.tensors.items()})
    placed = _place(network, device)
    return placed if weights.pixel_order is None else Shuffled(placed, weights.pixel_order).to(device)


def pick_device(name: str = "auto") -> str:
    """The device to use: `cpu` or `cuda`. For the name `auto`, it is the GPU if there is one.

    Raises TrainingError if the name is `cuda` but there is no GPU.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise TrainingError("PyTorch finds no CUDA device here. Leave out --device, or use --device cpu.")
    return name


def optimiser(recipe: Recipe, network: torch.nn.Module) -> torch.optim.Optimizer:
    """The optimiser of a recipe: Adam without weight decay, and AdamW with weight decay.

    With PyTorch's option `fused`, one kernel updates all parameters; the formula is the same.
    """
    if recipe.weight_decay:
        return torch.optim.AdamW(
            network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
        )
    return torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, fused=True)


class Trainer:
    """Trains a network with a recipe.

    The mathematics is that of the lesson's loop. Three things make this loop faster. All images of an epoch are
    normalised and on the device before it starts, so a batch is only selected by index. On a CPU, tensors are in
    channels-last order, for which the convolution kernels are fastest. The loss is summed on the device, so the CPU
    does not wait for the result of each batch.
    """

    def __init__(self, recipe: Recipe, seed: int, device: str, epochs: int | None = None) -> None:
        self.recipe, self.seed, self.device = recipe, seed, device
        self.epochs = epochs or recipe.epochs
        with torch.random.fork_rng(devices=[]):  # does not change the caller's random numbers
            torch.default_generator.manual_seed(seed)
            # Create the network on the CPU, so that the initial weights on a GPU are the same.
            network = CLASSES_BY_NAME[recipe.network]()
        self.network = _place(network, device)
        self.optimiser = optimiser(recipe, self.network)
        self.steps = 0
        self.average = [values.detach().clone() for values in self.network.parameters()] if recipe.average else None

    def epoch(self, images: Tensor, labels: Tensor, number: int) -> Iterator[tuple[int, float]]:
        """Train on every image once, in the order of epoch `number`. The first epoch is number 1.

        `images`, normalised, N×1×28×28, and `labels`, N, must be on the device. Yields the number of images so
        far and their mean loss in nats, every few batches and at the end.
        """
        self.network.train()
        seen = 0
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        batches = torch.split(epoch_order(len(labels), self.seed, number).to(self.device), self.recipe.batch)
        for count, batch in enumerate(batches, start=1):
            self.set_rate((number - 1 + (count - 1) / len(batches)) / self.epochs)
            total += self.step(images[batch], labels[batch]) * len(batch)
            seen += len(batch)
            if count % REPORT_EVERY == 0 or count == len(batches):
                yield seen, total.item() / seen

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch: forward pass, cross-entropy, backward pass, update. Returns the mean loss as a tensor."""
        self.optimiser.zero_grad()
        loss = F.cross_entropy(self.network.fast_logits(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.steps += 1
        if self.average is not None:
            # This moving average extends over about 1/(1 − decay) steps. At the start, it extends over fewer steps.
            decay = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
            with torch.no_grad():
                torch._foreach_lerp_(self.average, list(self.network.parameters()), 1 - decay)
        return loss.detach()

    def set_rate(self, done: float) -> None:
        """Set the learning rate for the next step. `done` is the completed share of the run, 0 to 1."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate(done)

    @property
    def result(self) -> CNN | Dense:
        """The network with the averaged weights if the recipe averages them; otherwise with the current weights."""
        if self.average is None:
            return self.network
        network = copy.deepcopy(self.network)  # creating a new one would change the caller's random numbers
        with torch.no_grad():
            for values, mean in zip(network.parameters(), self.average, strict=True):
                values.copy_(mean)
        return network

    def weights(self) -> dict[str, Tensor]:
        """A copy of the state dict of `result` on the CPU, in contiguous memory order like the lesson's state dict."""
        return {
            key: values.detach().cpu().clone(memory_format=torch.contiguous_format)
            for key, values in self.result.state_dict().items()
        }

    def state(self) -> dict[str, Any]:
        """Everything that is needed to continue training, in a form that torch.save can write."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "average": self.average,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps = state["steps"]
        if self.average is not None:
            for values, saved in zip(self.average, state["average"], strict=True):
                values.copy_(saved)


def _place(network: CNN | Dense, device: str) -> CNN | Dense:
    """Move a network to the device. On a CPU, channels-last order halves the time of the convolutions."""
    layout = torch.channels_last if device == "cpu" else torch.contiguous_format
    return network.to(device=device, memory_format=layout)  # type: ignore[call-overload, no-any-return]


def lay_out(images: Tensor, device: str) -> Tensor:
    """The images, N×1×28×28, in the memory order that is fastest on the device."""
    return images.contiguous(memory_format=torch.channels_last) if device == "cpu" else images
