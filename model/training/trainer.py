"""The training loop: trains a network step by step. It reads and writes no files.

    trainer = Trainer(recipes.LESSON, seed=0, device="cpu")
    for report in trainer.epoch(images, labels, number=1):
        print(report.images, report.loss)

`model.training.run` runs this loop, evaluates the network and writes the files.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import get_ema_multi_avg_fn

from model.checkpoint import Checkpoint
from model.network import CLASSES_BY_NAME, CNN, Dense, Network, Shuffled
from model.training.followed_step import FollowedStep, StepObserver
from model.training.images import epoch_order
from model.training.recipes import Recipe

REPORT_EVERY = 16  # batches between two reports; to report a loss, the CPU must wait for the device


# Called before each batch. It may wait, or raise an exception to stop. If it returns True, the step is followed.
BeforeBatch = Callable[[], bool]


class TrainingError(Exception):
    """A training run cannot start or continue. The message says why."""


class Report(NamedTuple):
    """What `Trainer.epoch` yields.

    `batch` is the number of batches so far in this epoch, `images` the number of images, and `loss` their mean loss in
    nats. `recent_loss` and `recent_accuracy` are the mean loss and the share of correct predictions since the last
    report, `correct` is the number of correct predictions so far. They are those of the weights before each step.
    """

    batch: int
    images: int
    loss: float
    correct: int
    recent_loss: float
    recent_accuracy: float
    learning_rate: float
    step: FollowedStep | None


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
    """The optimiser of a recipe: Adam, AdamW if there is weight decay, or plain stochastic gradient descent.

    With PyTorch's option `fused`, one kernel updates all parameters; the formula is the same.
    """
    rate, betas, decay = recipe.learning_rate, recipe.betas, recipe.weight_decay
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(network.parameters(), lr=rate, weight_decay=decay, fused=True)
    if decay:
        return torch.optim.AdamW(network.parameters(), lr=rate, betas=betas, weight_decay=decay, fused=True)
    return torch.optim.Adam(network.parameters(), lr=rate, betas=betas, fused=True)


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

    def epoch(
        self, images: Tensor, labels: Tensor, number: int, before_batch: BeforeBatch | None = None
    ) -> Iterator[Report]:
        """Train on every image once, in the order of epoch `number`. The first epoch is number 1.

        `images`, normalised, N×1×28×28, and `labels`, N, must be on the device. Yields a report every few batches, at
        the end, and after each batch for which `before_batch` returns True.
        """
        self.network.train()
        seen, reported = 0, (0, 0.0, 0.0)
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)  # of the losses and of the correct predictions
        batches = torch.split(epoch_order(len(labels), self.seed, number).to(self.device), self.recipe.batch)
        for count, batch in enumerate(batches, start=1):
            follow = before_batch() if before_batch is not None else False
            self.set_rate((number - 1 + (count - 1) / len(batches)) / self.epochs)
            observer = StepObserver(self.network, images[batch], labels[batch]) if follow else None
            loss = self.step(images[batch], labels[batch])
            sums[0] += loss * len(batch)
            sums[1] += (self.logits.argmax(1) == labels[batch]).sum()
            seen += len(batch)
            if follow or count % REPORT_EVERY == 0 or count == len(batches):
                total, correct = sums.tolist()
                images_since = seen - reported[0]
                yield Report(
                    count, seen, total / seen, int(correct), (total - reported[1]) / images_since,
                    (correct - reported[2]) / images_since, self.rate,
                    observer.after(self.logits, loss.item(), self.rate) if observer else None,
                )  # fmt: skip
                reported = seen, total, correct

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch: forward pass, cross-entropy, backward pass, update. Returns the mean loss as a tensor.

        `logits` are those of the forward pass, so they belong to the weights before the update.
        """
        self.optimiser.zero_grad()
        self.logits, loss = self.gradients(images, labels)
        self.optimiser.step()
        self.steps += 1
        if self.average is not None:
            # This moving average extends over about 1/(1 − decay) steps. At the start, it extends over fewer steps.
            decay = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
            # This function changes all tensors of the list in place, with one call of a kernel.
            update_average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
            update_average(self.average, list(self.network.parameters()), self.steps)
        return loss

    def gradients(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gradients of the mean loss of a batch. Returns the logits, N×10, and the loss, both detached.

        The returned loss is the cross-entropy without label smoothing, so the losses of all recipes can be compared.
        """
        logits, smoothing = self.network.fast_logits(images), self.recipe.smoothing
        loss = F.cross_entropy(logits, labels, label_smoothing=smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        logits = logits.detach()
        return logits, F.cross_entropy(logits, labels) if smoothing else loss.detach()

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        rate: float = self.optimiser.param_groups[0]["lr"]
        return rate

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
