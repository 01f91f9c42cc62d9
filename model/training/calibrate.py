"""Calibrates a set of weights: fits the temperature and the in-distribution score.

    calibrate("runs/mine/mnist_cnn.safetensors", train_digits)

Only MNIST's training images and the images of `model.synthetic` are used. The last HELD_OUT training images and some
synthetic digits are held out: the in-distribution score is not trained on them. The temperature is fitted on these
held-out digits. The raw scores of the held-out digits, and of some digits with strong slant and stretch, are stored in
the calibration. The in-distribution score of a drawing is its rank among these raw scores
(`model.inference.calibration.Calibration.familiarity`).
"""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.checkpoint import Checkpoint
from model.data.mnist import Digits
from model.evaluation.reliability import auroc
from model.inference import calibration
from model.inference.calibration import Calibration
from model.inference.engines import OnnxEngine
from model.synthetic import handwriting, hard_digits, non_digits
from model.training.export_onnx import export_onnx
from model.training.recipes import HELD_OUT
from model.training.score import images as score_images
from model.training.score import train as score
from model.training.score.images import ImageFile
from model.weight_files.safetensors_file import encode

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]
Floats = NDArray[np.float32]
Progress = Callable[[str, float, float, Sequence[str]], None]

# `looseness` (see `hard_digits.careless`) of some held-out digits. It is 1 for digits used in training, but people's
# drawings vary more than those.
LOOSENESS = 2.0
COMPARED = 4000  # number of new images that are not digits, on which the in-distribution score is measured
# Usual seconds of work on two CPU cores for generating a digit or another image, and for learning from an image in one
# epoch. They only serve to estimate the time left.
DIGIT, OTHER, LEARNING = 0.0002, 0.0005, 0.0001


def no_progress(label: str, done: float, seconds_left: float, details: Sequence[str]) -> None:
    """Show no progress."""


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
    weights: str | Path,
    train: Digits,
    *,
    seed: int = 0,
    held_out: LabelledImages | None = None,
    progress: Progress = no_progress,
) -> tuple[Path, Report]:
    """Calibrate a file of weights. Returns the path of the calibration file and the report.

    The calibration is written next to the weights, completely or not at all. If a file `<stem>.onnx` is there, it is
    written again with the new temperature. `train` are MNIST's training digits. If `held_out` is given, it replaces
    all held-out digits. `progress` is called after each step with a label, the share of the work that is done, the
    seconds left and details. The same weights and seed give the same bytes on the same machine.

    Raises CheckpointError if the weights are not valid, and OSError if a file cannot be written.
    """
    loaded = checkpoint.read(weights)
    digits = score_images.number_of_digits(max(len(train) - HELD_OUT, 0))
    everything = digits + score_images.OUTLIERS
    seconds = digits * DIGIT + score_images.OUTLIERS * OTHER + everything * score.EPOCHS * LEARNING
    work = Work(seconds, progress)
    with ImageFile() as file:
        images = generate(train, file, seed=seed, held_out=held_out, work=work)
        del train  # 47 MB, unless the caller keeps them
        tensors, metadata, report = fit(loaded, images, seed=seed, work=work)
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


@dataclass(frozen=True)
class CalibrationImages:
    """The images that a calibration needs. They are generated first, so that MNIST need not stay in memory.

    `training` has the images for the in-distribution score, of which the first `digits` are digits. The temperature is
    fitted on `measured`. The scores of the digits in `reference` are stored; those of `others` are only reported.
    """

    training: ImageFile
    digits: int
    measured: LabelledImages
    reference: Grey
    others: Grey


def generate(
    train: Digits, training: ImageFile, *, seed: int, held_out: LabelledImages | None, work: "Work"
) -> CalibrationImages:
    """Generate all images from MNIST's training digits. Those for the in-distribution score are added to `training`."""
    images = train.images[:-HELD_OUT].cpu().numpy()
    labels = train.labels[:-HELD_OUT].cpu().numpy()
    label, total = "Generating images", score_images.number_of_digits(len(images)) + score_images.OUTLIERS
    work.show(label)
    measured = held_out or held_out_set(train, seed)
    reference = measured.images
    if held_out is None:
        reference = np.concatenate([reference, hard_digits.careless(len(reference) // 3, seed + 7, LOOSENESS)[0]])
        measured = replace(measured, images=reference[: len(measured.images)])  # the same images, in memory only once
    others = non_digits.images(COMPARED, seed + 4, images, labels)
    digits = 0
    for part in score_images.digits(images, seed):
        training.extend(part)
        digits += len(part)
        work.add(len(part) * DIGIT)
        work.show(label, f"{len(training):,}/{total:,}")
    for part in score_images.others(images, labels, seed):
        training.extend(part)
        work.add(len(part) * OTHER)
        work.show(label, f"{len(training):,}/{total:,}")
    return CalibrationImages(training, digits, measured, reference, others)


def fit(
    weights: Checkpoint, images: CalibrationImages, *, seed: int, work: "Work"
) -> tuple[dict[str, Floats], dict[str, str], Report]:
    """Compute a calibration. Returns its tensors, its metadata and the report."""
    engine, measured = OnnxEngine(weights), images.measured

    def after_batch(epoch: int, loss: float) -> None:
        work.add(score.BATCH * LEARNING)
        work.show(f"Epoch {epoch}/{score.EPOCHS}", f"loss {loss:.4f}")

    tensors = score.train_score(engine, images.training, images.digits, seed, after_batch)
    logits = score.logits(engine, measured.images)
    temperature = fitted_temperature(logits, measured.labels, measured.weights)
    tensors = {"temperature": np.array([temperature], np.float32), **tensors}
    fitted = Calibration(
        temperature=temperature,
        scoring={name: tensors[name] for name in calibration.SCORING},
        digits=np.zeros(0, np.float32),
        metadata={},
    )
    scores = np.sort(_scores(fitted, engine, images.reference))
    tensors["digits"] = scores
    others = _scores(fitted, engine, images.others)
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
        "held_back": str(len(images.reference)),
        "auroc": f"{report.auroc:.4f}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }
    return tensors, metadata, report


# ---------------------------------------------------------------- the in-distribution score


class Work:
    """Measures progress as seconds of work, out of `total`."""

    def __init__(self, total: float, progress: Progress) -> None:
        self._total, self._progress, self._start, self._done = total, progress, time.monotonic(), 0.0

    def add(self, seconds: float) -> None:
        self._done += seconds

    def show(self, label: str, *details: str) -> None:
        """Report the share of the work that is done, and the time left at the speed so far."""
        done = min(self._done / self._total, 1.0)
        # At first, the measured speed means little, so the usual speed is used.
        slowness = (time.monotonic() - self._start) / self._done if done > 0.02 else 1.0
        self._progress(label, done, max(self._total - self._done, 0) * slowness, details)


def _scores(fitted: Calibration, engine: OnnxEngine, images: Grey) -> Floats:
    """The raw in-distribution scores of N images, N numbers."""
    scores = []
    for start in range(0, len(images), 500):  # the activations of all of them would take 80 MB
        layers = score.activations(engine, images[start : start + 500]).astype(np.float32)
        scores.append(fitted.score(layers[:, : score.FLATTEN], layers[:, score.FLATTEN :]))
    return np.concatenate(scores)


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
