"""Measures one epoch of training with two loops: the lesson's DataLoader loop and this project's loop.

    .venv/bin/python -m benchmarks.training                 the whole epoch, 60,000 images
    .venv/bin/python -m benchmarks.training --images 9600   only 9,600 images

Both loops train the same network from the same weights with the same recipe. They take turns, each with a slice of the
epoch, so that other work on the machine affects both equally. The time includes everything from the bytes of the images
to the updated weights. At the end, both networks are evaluated on the same test images. Their results should be close,
because both loops compute the same formulas.
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in `inkling train`; it affects both loops equally

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset

from model.data import mnist
from model.data.mnist import Digits
from model.evaluation.accuracy import evaluate
from model.network import CNN, Network
from model.training import recipes
from model.training.images import epoch_order
from model.training.trainer import Trainer, lay_out, pick_device

SEED = 0
SLICE = 25  # batches per turn: 1,600 images, which take about a second
WARM_UP = 5  # batches at the start that are not counted, because the first calls of a library are slow


@dataclass
class Loop:
    """A training loop and its time. Each step of the iterator `batches` trains one batch and yields its size."""

    name: str
    network: Network
    batches: Iterator[int]
    images: int = 0
    seconds: float = 0.0

    def advance(self, batches: int) -> bool:
        """Train `batches` more batches. Returns False if the epoch has ended, otherwise True."""
        began = time.perf_counter()
        counts = list(islice(self.batches, batches))
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # wait until the GPU has finished
        self.seconds += time.perf_counter() - began
        self.images += sum(counts)
        return len(counts) == batches

    @property
    def rate(self) -> float:
        """The number of images trained per second."""
        return self.images / self.seconds


def lesson_loop(network: CNN, mnist: Any, device: str) -> Iterator[int]:
    """The lesson's loop: a shuffling DataLoader transforms the images one by one and combines them into batches.

    It differs from the lesson in one respect: it moves each batch to the device, which a GPU needs.
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
    """This project's loop. Its time includes arranging the images for training, which happens once."""
    images = lay_out(digits.normalised(), trainer.device)
    shuffled = epoch_order(len(digits), trainer.seed, 1).to(trainer.device)
    trainer.network.train()
    total = torch.zeros((), dtype=torch.float64, device=trainer.device)
    for batch in torch.split(shuffled, trainer.recipe.batch):
        total += trainer.step(images[batch], digits.labels[batch]) * len(batch)
        yield len(batch)


def lesson_data(data: str | None) -> Any:
    """MNIST's training images, opened as in the lesson."""
    from torchvision import datasets, transforms

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    return datasets.MNIST(str(mnist.root(data)), train=True, transform=transform)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train an epoch with each loop, and print the images per second, their ratio, and both accuracies and losses."""
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
    network.load_state_dict(trainer.weights())  # both networks start with the same weights
    network.to(device)
    torch.manual_seed(SEED)  # determines the order of the DataLoader
    lesson = Loop("the lesson's DataLoader loop", network, lesson_loop(network, part, device))
    ours = Loop("inkling train", trainer.network, our_loop(trainer, digits.first(images)))
    print(f"One epoch of {images:,} images on {device}, {torch.get_num_threads()} threads; the two loops take turns.")
    while lesson.advance(SLICE) and ours.advance(SLICE):
        pass
    ours.advance(SLICE)  # the last slice
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
