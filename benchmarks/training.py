"""One epoch of the lesson's training, with the lesson's DataLoader loop and with this project's.

    .venv/bin/python -m benchmarks.training                 the whole epoch, 60,000 images
    .venv/bin/python -m benchmarks.training --images 9600   a part of it

Both train the same network from the same weights with the same recipe. They take turns, a slice of the epoch each, so
that other work on the machine affects both alike. The time includes everything from the bytes of the images to the
updated weights. At the end both are evaluated on the same test images: the mathematics is the same, so the results
should be too.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `inkling train` does; it is the same for both ways

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset

from model.data import mnist
from model.data.mnist import Digits
from model.evaluation.accuracy import evaluate
from model.network import CNN, Network
from model.training import recipes
from model.training.trainer import Trainer, lay_out, pick_device

SEED = 0
SLICE = 25  # batches per turn: 1,600 images, about a second
WARM_UP = 5  # batches at the start that are not counted, because a library's first calls are slow


@dataclass
class Loop:
    """A training loop: an iterator that trains one batch per step, and the time the batches took."""

    name: str
    network: Network
    batches: Iterator[int]
    images: int = 0
    seconds: float = 0.0

    def advance(self, batches: int) -> bool:
        """Train this many more batches; False when the epoch is over."""
        began = time.perf_counter()
        counts = list(islice(self.batches, batches))
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a GPU's work counts until it is done
        self.seconds += time.perf_counter() - began
        self.images += sum(counts)
        return len(counts) == batches

    @property
    def rate(self) -> float:
        """Images per second."""
        return self.images / self.seconds


def lesson_loop(network: CNN, mnist: Any, device: str) -> Iterator[int]:
    """The lesson's loop: a shuffling DataLoader transforms one image at a time and collects them to batches.

    One addition is necessary on a GPU: the batch is moved to the device.
    """
    loader: DataLoader[Any] = DataLoader(mnist, batch_size=64, shuffle=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.001)
    network.train()
    for inputs, targets in loader:
        images, labels = inputs.to(device), targets.to(device)
        optimiser.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        yield len(labels)


def our_loop(trainer: Trainer, digits: Digits) -> Iterator[int]:
    """This project's loop, batch by batch, including the layout of the images that it does once."""
    images = lay_out(digits.normalised(), trainer.device)
    order = trainer.recipe.order(len(digits), trainer.seed, 1).to(trainer.device)
    trainer.network.train()
    total = torch.zeros((), dtype=torch.float64, device=trainer.device)
    for batch in torch.split(order, trainer.recipe.batch):
        total += trainer.step(images[batch], digits.labels[batch]) * len(batch)
        yield len(batch)


def lesson_data(data: str | None) -> Any:
    """MNIST as the lesson opens it."""
    from torchvision import datasets, transforms

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    return datasets.MNIST(str(mnist.root(data)), train=True, transform=transform)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train an epoch with each loop; print images per second, the ratio, and accuracy and loss of both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_000, metavar="N", help="images in the epoch (default: all)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument("--data", metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)")
    chosen = parser.parse_args(arguments)
    device = pick_device(chosen.device)
    mnist.fetch(chosen.data)
    digits, test = mnist.load(chosen.data, device)
    images = max(1, min(chosen.images, len(digits)))

    lesson_images = lesson_data(chosen.data)
    part = lesson_images if images == len(digits) else Subset(lesson_images, range(images))
    few = 64 * WARM_UP
    warm = Trainer(recipes.LESSON, SEED, device)
    for _ in (
        *lesson_loop(CNN().to(device), Subset(lesson_images, range(few)), device),
        *our_loop(warm, digits.first(few)),
    ):
        pass

    trainer = Trainer(recipes.LESSON, SEED, device)
    network = CNN()
    network.load_state_dict(trainer.weights())  # both start with the same weights
    network.to(device)
    torch.manual_seed(SEED)  # for the DataLoader's shuffle
    lesson = Loop("the lesson's DataLoader loop", network, lesson_loop(network, part, device))
    ours = Loop("inkling train", trainer.network, our_loop(trainer, digits.first(images)))
    print(f"One epoch of {images:,} images on {device}, {torch.get_num_threads()} threads; the two loops take turns.")
    while lesson.advance(SLICE) and ours.advance(SLICE):
        pass
    ours.advance(SLICE)  # the last turn
    for loop in (lesson, ours):
        result = evaluate(loop.network, test)
        print(
            f"  {loop.name:<29} {loop.rate:>9,.0f} images/s  {loop.seconds:>7.1f} s  "
            f"accuracy {result.accuracy:.2%}, loss {result.loss:.4f}"
        )
    print(f"  ratio                         {ours.rate / lesson.rate:>9.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
