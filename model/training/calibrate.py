"""Calibrates a set of weights: fits the temperature and the in-distribution score.

    calibrate("runs/mine/mnist_cnn.safetensors", train_digits)

Only MNIST's training images and the images of `model.synthetic` are used. The last HELD_OUT training images and some
synthetic digits are held out: the in-distribution score is not trained on them. The temperature is fitted on these
held-out digits. The raw scores of the held-out digits, and of some digits with strong slant and stretch, are stored in
the calibration. The in-distribution score of a drawing is its rank among these raw scores
(`model.inference.calibration.Calibration.familiarity`).
"""

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from model import checkpoint
from model.checkpoint import Checkpoint
from model.data.mnist import Digits
from model.evaluation.reliability import auroc
from model.inference import calibration
from model.inference.calibration import HIDDEN, Calibration
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD
from model.synthetic import handwriting, hard_digits, non_digits
from model.training.export_onnx import export_onnx
from model.training.recipes import HELD_OUT
from model.weight_files.safetensors_file import encode

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]
Floats = NDArray[np.float32]
Log = Callable[[str], None]

DEFORMED = 50_000  # number of training images that are shown a second time, deformed
THICKENED = 20_000  # number of training images that are shown again with thicker lines
STROKES = 30_000  # number of synthetic digits from `handwriting`
CARELESS = 30_000  # number of synthetic digits with strong slant and stretch
OUTLIERS = 200_000  # number of images that are not digits
# `looseness` (see `hard_digits.careless`) of some held-out digits. It is 1 for digits used in training, but people's
# drawings vary more than those.
LOOSENESS = 2.0
EPOCHS = 5  # with more epochs, the score overfits to synthetic images and works less well for people's drawings
BATCH = 512
RATE = 1e-3  # highest learning rate: it rises from a low value during 30 % of the steps, then falls to almost 0
DECAY = 1e-3  # weight decay of AdamW
DROPPED = 0.2  # share of the activations that each step sets to 0, so that the score depends on many of them
BLOCK = 250  # images per run of the network
FLATTEN, RELU3 = 1600, 128  # number of activations in these layers


@dataclass(frozen=True)
class LabelledImages:
    """Images, uint8 (n, 28, 28), and their labels, int64 (n,).

    `weights`, float32 (n,), are the weights of the images in the mean loss. None means equal weights.
    """

    images: Grey
    labels: Labels
    weights: Floats | None = None


@dataclass(frozen=True)
class Report:
    """The quality of a calibration.

    `loss_before` and `loss` are the losses on the held-out digits in nats, before and after the temperature is fitted.
    `auroc` and `refused` say how well the in-distribution score separates the held-out digits from new images that are
    not digits. `refused` is the share of these images whose score is lower than that of 99 % of the held-out digits.
    """

    temperature: float
    loss_before: float
    loss: float
    auroc: float
    refused: float


def calibrate(
    weights: str | Path, train: Digits, *, seed: int = 0, held_out: LabelledImages | None = None, log: Log = print
) -> tuple[Path, Report]:
    """Calibrate a file of weights. Returns the path of the calibration file and the report.

    The calibration is written next to the weights, completely or not at all. If a file `<stem>.onnx` is there, it is
    written again with the new temperature. `train` are MNIST's training digits. If `held_out` is given, it replaces
    all held-out digits. The same weights and seed give the same bytes on the same machine.

    Raises CheckpointError if the weights are not valid, and OSError if a file cannot be written.
    """
    loaded = checkpoint.read(weights)
    tensors, metadata, report = fit(loaded, train, seed=seed, held_out=held_out, log=log)
    path = calibration.calibration_path(weights)
    checkpoint.replace_file(path, encode(tensors, metadata))
    graph = Path(weights).with_suffix(".onnx")
    if graph.exists():
        export_onnx(loaded, graph, report.temperature)
    return path, report


def held_out_set(train: Digits, seed: int) -> LabelledImages:
    """The held-out digits: the last HELD_OUT of MNIST's training images, and HELD_OUT // 5 synthetic digits.

    Both parts have the same total weight, because people's drawings are somewhere between the two.
    """
    last = LabelledImages(train.images[-HELD_OUT:].cpu().numpy(), train.labels[-HELD_OUT:].cpu().numpy())
    synthetic, digits = handwriting.images(HELD_OUT // 5, seed + 3)
    counts = (len(last.labels), len(digits))
    return LabelledImages(
        np.concatenate([last.images, synthetic]),
        np.concatenate([last.labels, digits]),
        np.repeat(1 / np.array(counts, np.float32), counts),
    )


def fit(
    weights: Checkpoint, train: Digits, *, seed: int, held_out: LabelledImages | None, log: Log
) -> tuple[dict[str, Floats], dict[str, str], Report]:
    """Compute a calibration. Returns its tensors, its metadata and the report."""
    engine = OnnxEngine(weights)
    measured = held_out or held_out_set(train, seed)
    images = train.images[:-HELD_OUT].cpu().numpy()
    labels = train.labels[:-HELD_OUT].cpu().numpy()

    log("Generating digits and other images …")
    outliers = non_digits.images(OUTLIERS, seed + 1, images, labels)
    digits = np.concatenate(
        [
            images,
            hard_digits.deformed(images[:DEFORMED], seed),
            hard_digits.thickened(images[:THICKENED], seed + 6),
            handwriting.images(STROKES, seed + 2)[0],
            hard_digits.careless(CARELESS, seed + 5)[0],
        ]
    )
    log(f"Running the network on {len(digits):,} digits and {len(outliers):,} other images …")
    layers = activations(engine, np.concatenate([digits, outliers]))
    log("Training the in-distribution score …")
    tensors = _train_score(layers, len(digits), seed, log)

    logits = _logits(engine, measured.images)
    temperature = fitted_temperature(logits, measured.labels, measured.weights)
    tensors = {"temperature": np.array([temperature], np.float32), **tensors}
    fitted = Calibration(
        temperature=temperature,
        scoring={name: tensors[name] for name in calibration.SCORING},
        digits=np.zeros(0, np.float32),
        metadata={},
    )
    reference = measured.images
    if held_out is None:
        reference = np.concatenate([reference, hard_digits.careless(len(reference) // 4, seed + 7, LOOSENESS)[0]])
    scores = np.sort(fitted.score(*_split(activations(engine, reference))))
    tensors["digits"] = scores
    others = fitted.score(*_split(activations(engine, non_digits.images(4000, seed + 4, images, labels))))
    report = Report(
        temperature,
        loss_before=_loss(logits, measured.labels, 1.0, measured.weights),
        loss=_loss(logits, measured.labels, temperature, measured.weights),
        auroc=auroc(scores, others),
        refused=float((others < scores[len(scores) // 100]).mean()),
    )
    metadata = {
        "weights": weights.model,
        "sha256": weights.sha256,
        "fingerprint": calibration.fingerprint(weights),
        "temperature": f"{temperature:g}",
        "seed": str(seed),
        "held_back": str(len(reference)),
        "auroc": f"{report.auroc:.4f}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }
    return tensors, metadata, report


# ---------------------------------------------------------------- activations


def activations(engine: OnnxEngine, images: Grey) -> NDArray[np.float16]:
    """The activations of `flatten` and `relu3` for N images, N×1728, in half precision, which saves a gigabyte."""
    layers = np.empty((len(images), FLATTEN + RELU3), np.float16)
    for start, block in zip(range(0, len(images), BLOCK), _blocks(images), strict=True):
        flatten, relu3 = engine.run(block, ("flatten", "relu3"))
        layers[start : start + BLOCK, :FLATTEN] = flatten
        layers[start : start + BLOCK, FLATTEN:] = relu3
    return layers


def _logits(engine: OnnxEngine, images: Grey) -> Floats:
    return np.concatenate([engine.run(block, ("logits",))[0] for block in _blocks(images)])


def _blocks(images: Grey) -> Iterator[Floats]:
    """Normalised images, N×1×28×28, BLOCK at a time."""
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK].astype(np.float32)
        yield ((block / 255 - MEAN) / STD)[:, np.newaxis].astype(np.float32)


def _split(layers: NDArray[np.float16]) -> tuple[Floats, Floats]:
    """The result of `activations` split into `flatten`, N×1600, and `relu3`, N×128, as float32."""
    return layers[:, :FLATTEN].astype(np.float32), layers[:, FLATTEN:].astype(np.float32)


# ---------------------------------------------------------------- the in-distribution score


def _train_score(activations: NDArray[np.float16], digits: int, seed: int, log: Log) -> dict[str, Floats]:
    """Train the in-distribution score: a network with one hidden layer, whose output is higher for digits.

    The first `digits` rows of `activations` belong to digits, and the other rows to other images. The loss is the
    cross-entropy of these two classes. `activations` is normalised in place. Returns the tensors of the network.
    """
    layers = torch.from_numpy(activations)
    targets = (torch.arange(len(layers)) < digits).float()
    sample = layers[:: max(1, len(layers) // 20_000)].float()
    mean, spread = sample.mean(dim=0), sample.std(dim=0) + 0.1  # + 0.1: the spread of some activations is almost 0
    for block in torch.split(layers, BATCH):
        block.copy_((block.float() - mean) / spread)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden, score = nn.Linear(layers.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
        optimiser = torch.optim.AdamW([*hidden.parameters(), *score.parameters()], lr=RATE, weight_decay=DECAY)
        steps = len(layers) // BATCH
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * steps + 1)
        for epoch in range(EPOCHS):
            order = torch.randperm(len(layers))[: steps * BATCH].reshape(steps, BATCH)
            total = 0.0
            for batch in order:
                # Drop the same activations for the whole batch: this needs fewer random numbers by a factor of BATCH.
                mask = (torch.rand(layers.shape[1]) >= DROPPED) / (1 - DROPPED)
                values = F.relu(F.linear(layers[batch].float(), hidden.weight * mask, hidden.bias))
                loss = F.binary_cross_entropy_with_logits(score(values)[:, 0], targets[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                total += loss.item()
            log(f"  {epoch + 1}/{EPOCHS}: loss {total / steps:.4f}")
    # The normalisation (x − mean)/spread becomes part of the weights, so the service does not have to compute it.
    weight = (hidden.weight / spread).detach()
    bias = (hidden.bias - weight @ mean).detach()
    return {
        "flatten.weight": _array(weight[:, :FLATTEN].T),
        "relu3.weight": _array(weight[:, FLATTEN:].T),
        "hidden.bias": _array(bias),
        "score.weight": _array(score.weight.detach()[0]),
    }


def _array(values: Tensor) -> Floats:
    return np.ascontiguousarray(values.numpy(), dtype=np.float32)


# ---------------------------------------------------------------- the temperature


def fitted_temperature(logits: Floats, labels: Labels, weights: Floats | None = None) -> float:
    """The temperature T from 0.2 to 5 with the smallest loss of softmax(logits / T), to four decimals.

    The loss is the weighted mean of log Σ exp(z/T) − z_y/T. It is convex in 1/T, so it has only one minimum, which a
    golden-section search finds.
    """
    ratio = (5**0.5 - 1) / 2
    low, high = np.log(0.2), np.log(5.0)
    while high - low > 1e-5:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _loss(logits, labels, float(np.exp(left)), weights) < _loss(logits, labels, float(np.exp(right)), weights):
            high = right
        else:
            low = left
    return round(float(np.exp((low + high) / 2)), 4)


def _loss(logits: Floats, labels: Labels, temperature: float, weights: Floats | None = None) -> float:
    """The weighted mean of the cross-entropy of softmax(logits / temperature), in nats."""
    z = logits.astype(np.float64) / temperature
    z -= z.max(axis=1, keepdims=True)
    return float(np.average(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels], weights=weights))
