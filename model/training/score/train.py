"""Trains the in-distribution score of a set of weights.

The score is a small network. From the activations of `flatten` and `relu3` it learns to tell digits from other images.
The activations of all images would take 1.3 GB, so they are computed again for each batch.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from model.inference.calibration import HIDDEN
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD
from model.training.score.adamw import OneCycleAdamW
from model.training.score.images import ImageFile

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

EPOCHS = 5  # with more epochs, the score overfits to synthetic images and works less well for people's drawings
BATCH = 512
RATE = 1e-3  # highest learning rate
DECAY = 1e-3  # weight decay of AdamW
DROPPED = 0.2  # share of the activations that each step sets to 0, so that the score depends on many of them
SAMPLE = 20_000  # at least this many images determine the mean and the spread of each activation
FLATTEN, RELU3 = 1600, 128  # number of activations in these layers
COLUMNS = 288  # activations of the sample in memory at a time: 23 MB
BLOCK = 16  # images per run of the network; its activations then fit into the cache of a CPU core


def train_score(
    engine: OnnxEngine, images: ImageFile, digits: int, seed: int, after_batch: Callable[[int, float], None]
) -> dict[str, Floats]:
    """Train the in-distribution score: a network with one hidden layer, whose output is higher for digits.

    The first `digits` images are digits, and the others are not. The loss is the cross-entropy of these two classes.
    `after_batch` receives the number of the epoch, from 1, and the mean loss of its batches so far. Returns the tensors
    of `model.inference.calibration.SCORING`.
    """
    targets = (torch.arange(len(images)) < digits).float()
    mean, spread = _statistics(engine, images)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden, score = nn.Linear(FLATTEN + RELU3, HIDDEN), nn.Linear(HIDDEN, 1)
        parameters = [*hidden.parameters(), *score.parameters()]
        steps = len(images) // BATCH
        optimiser = OneCycleAdamW(parameters, RATE, EPOCHS * steps + 1, DECAY)
        for epoch in range(1, EPOCHS + 1):
            order = torch.randperm(len(images))[: steps * BATCH].reshape(steps, BATCH)
            total = 0.0
            for number, batch in enumerate(order, 1):
                layers = torch.from_numpy(activations(engine, images.read(batch.tolist())))
                layers = layers.float().sub_(mean).div_(spread).half().float()
                # Drop the same activations for the whole batch: this needs fewer random numbers by a factor of BATCH.
                mask = (torch.rand(FLATTEN + RELU3) >= DROPPED) / (1 - DROPPED)
                values = F.relu(F.linear(layers, hidden.weight * mask, hidden.bias))
                loss = F.binary_cross_entropy_with_logits(score(values)[:, 0], targets[batch])
                optimiser.step(torch.autograd.grad(loss, parameters))
                total += loss.item()
                after_batch(epoch, total / number)
    # The normalisation (x − mean)/spread becomes part of the weights, so the service does not have to compute it.
    weight = (hidden.weight / spread).detach()
    bias = (hidden.bias - weight @ mean).detach()
    return {
        "flatten.weight": _array(weight[:, :FLATTEN].T),
        "relu3.weight": _array(weight[:, FLATTEN:].T),
        "hidden.bias": _array(bias),
        "score.weight": _array(score.weight.detach()[0]),
    }


def _statistics(engine: OnnxEngine, images: ImageFile) -> tuple[Tensor, Tensor]:
    """The mean and the spread of each activation, from a sample of the images. Both have 1728 numbers.

    The network runs once for each COLUMNS activations, because all activations of the sample would take 140 MB.
    """
    sample = range(0, len(images), max(1, len(images) // SAMPLE))
    means, spreads = [], []
    columns = np.empty((len(sample), COLUMNS), np.float32)
    for start in range(0, FLATTEN + RELU3, COLUMNS):
        for row in range(0, len(sample), BATCH):
            part = activations(engine, images.read(sample[row : row + BATCH]))
            columns[row : row + BATCH] = part[:, start : start + COLUMNS]
        means.append(torch.from_numpy(columns).mean(dim=0))
        spreads.append(torch.from_numpy(columns).std(dim=0) + 0.1)  # + 0.1: the spread of some activations is almost 0
    return torch.cat(means), torch.cat(spreads)


def activations(engine: OnnxEngine, images: Grey) -> NDArray[np.float16]:
    """The activations of `flatten` and `relu3` for N images, N×1728, in half precision, which saves memory."""
    layers = np.empty((len(images), FLATTEN + RELU3), np.float16)
    for start in range(0, len(images), BLOCK):
        flatten, relu3 = engine.run(normalised(images[start : start + BLOCK]), ("flatten", "relu3"))
        layers[start : start + BLOCK, :FLATTEN] = flatten
        layers[start : start + BLOCK, FLATTEN:] = relu3
    return layers


def logits(engine: OnnxEngine, images: Grey) -> Floats:
    """The logits for N images, N×10."""
    return np.concatenate([engine.run(normalised(block), ("logits",))[0] for block in _blocks(images)])


def _blocks(images: Grey) -> Iterator[Grey]:
    return (images[start : start + BLOCK] for start in range(0, len(images), BLOCK))


def normalised(images: Grey) -> Floats:
    """Images, uint8 (n, 28, 28), as input of the network, float32 (n, 1, 28, 28)."""
    scaled = (images.astype(np.float32) / 255 - MEAN) / STD
    return scaled[:, np.newaxis].astype(np.float32)


def _array(values: Tensor) -> Floats:
    return np.ascontiguousarray(values.numpy(), dtype=np.float32)
