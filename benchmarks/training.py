"""One epoch of the lesson's training, both ways, in one run: its DataLoader loop against this project's.

    .venv/bin/python -m benchmarks.training                 the whole epoch, 60,000 pictures
    .venv/bin/python -m benchmarks.training --images 9600   a part of it

Both ways train the same network from the same weights with the same recipe. They take turns, a slice of the epoch
each, so that whatever else the machine does meets both alike; what is timed is all that the epoch takes, from the
pictures' bytes to the updated weights. At the end both are measured on the same test pictures: the mathematics is the
same, so they learn the same.
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

from model.data import mnist as dataset
from model.data.mnist import Digits
from model.evaluation import accuracy as evaluation
from model.network import CNN, Network
from model.training import recipes
from model.training import trainer as training

SEED = 0
SLICE = 25  # batches between two turns: 1,600 pictures, about a second
WARM_UP = 5  # batches at first that do not count, of each way: a library's first calls set it up


@dataclass
class Way:
    """A way to train: its batches, each trained when it is asked for, and the time they took."""

    name: str
    network: Network
    batches: Iterator[int]
    images: int = 0
    seconds: float = 0.0

    def go_on(self, batches: int) -> bool:
        """Train so many batches more; False when the epoch is over."""
        began = time.perf_counter()
        counts = list(islice(self.batches, batches))
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # a GPU's work counts until it is done
        self.seconds += time.perf_counter() - began
        self.images += sum(counts)
        return len(counts) == batches

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.images / self.seconds


def lesson_loop(network: CNN, mnist: Any, device: str) -> Iterator[int]:
    """The lesson's loop: a picture at a time through the transforms, collected by a shuffling DataLoader.

    One thing is put right, as it has to be where a GPU trains: the batch goes to the device.
    """
    loader: DataLoader[Any] = DataLoader(mnist, batch_size=64, shuffle=True)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.001)
    network.train()
    for inputs, targets in loader:
        pictures, labels = inputs.to(device), targets.to(device)
        optimiser.zero_grad()
        loss = F.cross_entropy(network(pictures), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        yield len(labels)


def our_loop(trainer: training.Trainer, digits: Digits) -> Iterator[int]:
    """This project's loop, batch by batch; the one-off layout of the pictures is part of it."""
    pictures = training.lay_out(digits.normalised(), trainer.device)
    order = trainer.recipe.order(len(digits), trainer.seed, 1).to(trainer.device)
    trainer.network.train()
    total = torch.zeros((), dtype=torch.float64, device=trainer.device)
    for batch in torch.split(order, trainer.recipe.batch):
        total += trainer.step(pictures[batch], digits.labels[batch]) * len(batch)
        yield len(batch)


def lesson_data(data: str | None) -> Any:
    """MNIST as the lesson opens it."""
    from torchvision import datasets, transforms

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    return datasets.MNIST(str(dataset.root(data)), train=True, transform=transform)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train an epoch both ways and print pictures a second, the ratio, and what both have learnt."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_000, metavar="N", help="pictures in the epoch (default: all)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument("--data", metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)")
    chosen = parser.parse_args(arguments)
    device = training.pick_device(chosen.device)
    dataset.fetch(chosen.data)
    digits, test = dataset.load(chosen.data, device)
    images = max(1, min(chosen.images, len(digits)))

    mnist = lesson_data(chosen.data)
    part = mnist if images == len(digits) else Subset(mnist, range(images))
    few = 64 * WARM_UP
    warm = training.Trainer(recipes.LESSON, SEED, device)
    for _ in (*lesson_loop(CNN().to(device), Subset(mnist, range(few)), device), *our_loop(warm, digits.first(few))):
        pass

    trainer = training.Trainer(recipes.LESSON, SEED, device)
    network = CNN()
    network.load_state_dict(trainer.weights())  # both begin with the same weights
    network.to(device)
    torch.manual_seed(SEED)  # of the DataLoader's shuffle
    lesson = Way("the lesson's DataLoader loop", network, lesson_loop(network, part, device))
    ours = Way("inkling train", trainer.network, our_loop(trainer, digits.first(images)))
    print(f"One epoch of {images:,} pictures on {device}, {torch.get_num_threads()} threads; both ways take turns.")
    while lesson.go_on(SLICE) and ours.go_on(SLICE):
        pass
    ours.go_on(SLICE)  # the last turn
    for way in (lesson, ours):
        result = evaluation.evaluate(way.network, test)
        print(
            f"  {way.name:<29} {way.rate:>9,.0f} images/s  {way.seconds:>7.1f} s  "
            f"then {result.accuracy:.2%} right, loss {result.loss:.4f}"
        )
    print(f"  ratio                         {ours.rate / lesson.rate:>9.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
