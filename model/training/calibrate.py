"""Calibrates a set of weights: fits the temperature and the in-distribution score.

    calibrate("runs/mine/mnist_cnn.safetensors", train_digits)

Uses only MNIST's training images and what `model.synthetic` draws. The last HELD_BACK training images are never fitted
to: the temperature and the quantiles behind `familiarity` come from them, and from synthetic digits of other seeds.
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
from model.training.recipes import HELD_BACK

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]
Floats = NDArray[np.float32]
Say = Callable[[str], None]

DEFORMED = 50_000  # of the others are shown a second time, deformed
THICKENED = 20_000  # and so many in a thicker pen
STROKES = 30_000  # digits that `model.synthetic.handwriting` draws
CARELESS = 30_000  # digits in a hand that leans and stretches far
OUTLIERS = 140_000  # pictures that are no digits
LOOSER = 2.0  # the hand of some held-back digits goes so much further than any it was fitted to, as people's hands do
EPOCHS = 5  # more of them learn the generators by heart: people's drawings are then told less well
BATCH = 512
RATE = 1e-3  # the highest learning rate, a third of the way; it begins and ends near 0
DECAY = 1e-3
DROPPED = 0.2  # share of the activations left out at each step, so that the score rests on many of them
BLOCK = 250  # pictures shown to the network at once
FLATTEN, RELU3 = 1600, 128  # how many numbers these layers put out


@dataclass(frozen=True)
class Known:
    """Digits and what they are: uint8 (n, 28, 28) and int64 (n,); and how much each counts, all the same by default."""

    pictures: Grey
    labels: Labels
    weights: Floats | None = None


@dataclass(frozen=True)
class Report:
    """What came out: losses in nats on the held-back digits, and how well digits are told from other outliers."""

    temperature: float
    loss_before: float
    loss: float
    auroc: float
    refused: float  # share of those outliers that is refused at REFUSED


def calibrate(
    weights: str | Path, train: Digits, *, seed: int = 0, held_back: Known | None = None, say: Say = print
) -> tuple[Path, Report]:
    """Calibrate a file of weights and write what was found beside it, all of it or nothing.

    `train` are MNIST's training digits. `held_back`, where given, takes the place of the digits that `held_back_from`
    takes from them. Where there is a `<stem>.onnx` beside the weights, it is written again with the temperature in it.
    The same weights and seed give the same bytes on the same machine. Raises CheckpointError, OSError.
    """
    known = checkpoint.read(weights)
    tensors, metadata, report = fit(known, train, seed=seed, held_back=held_back, say=say)
    path = calibration.beside(weights)
    checkpoint.replace_file(path, checkpoint.encode(tensors, metadata))
    graph = Path(weights).with_suffix(".onnx")
    if graph.exists():
        export_onnx(known, graph, report.temperature)
    return path, report


def held_back_from(train: Digits, seed: int) -> Known:
    """What stands for digits never seen: the last training pictures, and strokes, which are written otherwise.

    Both count the same, however many there are of them: what people draw lies between them, and is neither.
    """
    last = Known(train.images[-HELD_BACK:].cpu().numpy(), train.labels[-HELD_BACK:].cpu().numpy())
    drawn, digits = handwriting.images(HELD_BACK // 5, seed + 3)
    counts = (len(last.labels), len(digits))
    return Known(
        np.concatenate([last.pictures, drawn]),
        np.concatenate([last.labels, digits]),
        np.repeat(1 / np.array(counts, np.float32), counts),
    )


def fit(
    weights: Checkpoint, train: Digits, *, seed: int, held_back: Known | None, say: Say
) -> tuple[dict[str, Floats], dict[str, str], Report]:
    """The tensors and the metadata of a calibration, and what it is worth."""
    engine = OnnxEngine(weights)
    held = held_back or held_back_from(train, seed)
    pictures = train.images[:-HELD_BACK].cpu().numpy()
    labels = train.labels[:-HELD_BACK].cpu().numpy()

    say("Drawing what is a digit and what is none …")
    strange = non_digits.images(OUTLIERS, seed + 1, pictures, labels)
    digits = np.concatenate(
        [
            pictures,
            hard_digits.deformed(pictures[:DEFORMED], seed),
            hard_digits.thickened(pictures[:THICKENED], seed + 6),
            handwriting.images(STROKES, seed + 2)[0],
            hard_digits.careless(CARELESS, seed + 5)[0],
        ]
    )
    say(f"Showing the network {len(digits):,} digits and {len(strange):,} others …")
    shown = activations(engine, np.concatenate([digits, strange]))
    say("Learning to tell them apart …")
    tensors = _separate(shown, len(digits), seed, say)

    logits = _logits(engine, held.pictures)
    temperature = fitted_temperature(logits, held.labels, held.weights)
    tensors = {"temperature": np.array([temperature], np.float32), **tensors}
    found = Calibration(
        temperature=temperature,
        scoring={name: tensors[name] for name in calibration.SCORING},
        digits=np.zeros(0, np.float32),
        metadata={},
    )
    ranked = held.pictures
    if held_back is None:
        ranked = np.concatenate([ranked, hard_digits.careless(len(ranked) // 4, seed + 7, LOOSER)[0]])
    scores = np.sort(found.score(*_split(activations(engine, ranked))))
    tensors["digits"] = scores
    others = found.score(*_split(activations(engine, non_digits.images(4000, seed + 4, pictures, labels))))
    report = Report(
        temperature,
        loss_before=_loss(logits, held.labels, 1.0, held.weights),
        loss=_loss(logits, held.labels, temperature, held.weights),
        auroc=auroc(scores, others),
        refused=float((others < scores[len(scores) // 100]).mean()),
    )
    metadata = {
        "weights": weights.model,
        "sha256": weights.sha256,
        "fingerprint": calibration.fingerprint(weights),
        "temperature": f"{temperature:g}",
        "seed": str(seed),
        "held_back": str(len(ranked)),
        "auroc": f"{report.auroc:.4f}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }
    return tensors, metadata, report


# ---------------------------------------------------------------- pictures and what the network makes of them


def activations(engine: OnnxEngine, pictures: Grey) -> NDArray[np.float16]:
    """What `flatten` and `relu3` put out for N pictures, N×1728; in half precision, which saves a gigabyte."""
    found = np.empty((len(pictures), FLATTEN + RELU3), np.float16)
    for start, block in zip(range(0, len(pictures), BLOCK), _blocks(pictures), strict=True):
        flatten, relu3 = engine.run(block, ("flatten", "relu3"))
        found[start : start + BLOCK, :FLATTEN] = flatten
        found[start : start + BLOCK, FLATTEN:] = relu3
    return found


def _logits(engine: OnnxEngine, pictures: Grey) -> Floats:
    return np.concatenate([engine.run(block, ("logits",))[0] for block in _blocks(pictures)])


def _blocks(pictures: Grey) -> Iterator[Floats]:
    for start in range(0, len(pictures), BLOCK):
        shown = pictures[start : start + BLOCK].astype(np.float32)
        yield ((shown / 255 - MEAN) / STD)[:, np.newaxis].astype(np.float32)


def _split(layers: NDArray[np.float16]) -> tuple[Floats, Floats]:
    """`flatten` and `relu3` again."""
    return layers[:, :FLATTEN].astype(np.float32), layers[:, FLATTEN:].astype(np.float32)


# ---------------------------------------------------------------- telling digits from all else


def _separate(shown: NDArray[np.float16], digits: int, seed: int, say: Say) -> dict[str, Floats]:
    """A network with one hidden layer, trained by cross-entropy to score what is like a digit above what is not.

    The first `digits` rows of `shown` are digits, the others are none; its numbers are normalised in place.
    """
    layers = torch.from_numpy(shown)
    wanted = (torch.arange(len(layers)) < digits).float()
    some = layers[:: max(1, len(layers) // 20_000)].float()
    mean, spread = some.mean(dim=0), some.std(dim=0) + 0.1  # 0.1 for units that hardly ever fire
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
                # The same activations are left out for a whole batch, which draws one number where 512 were drawn.
                kept = (torch.rand(layers.shape[1]) >= DROPPED) / (1 - DROPPED)
                shown_now = F.relu(F.linear(layers[batch].float(), hidden.weight * kept, hidden.bias))
                loss = F.binary_cross_entropy_with_logits(score(shown_now)[:, 0], wanted[batch])
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
                total += loss.item()
            say(f"  {epoch + 1}/{EPOCHS}: loss {total / steps:.4f}")
    # (x − mean)/spread is put into the weights, so that serving multiplies once.
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
    """The T that makes softmax(logits / T) likeliest, to four digits after the point; golden-section search.

    The weighted mean of log Σ exp(z/T) − z_y/T is convex in 1/T, so it has one minimum, and that lies between two
    others.
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
    """The weighted mean of the cross-entropy of softmax(logits / T), in nats."""
    z = logits.astype(np.float64) / temperature
    z -= z.max(axis=1, keepdims=True)
    return float(np.average(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels], weights=weights))
