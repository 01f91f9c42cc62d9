"""The shipped calibration has the stated properties, and the calibration of weights is reproducible."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.checkpoint import SHIPPED
from model.data import mnist
from model.data.mnist import Digits
from model.evaluation.reliability import auroc
from model.inference import calibration
from model.inference.classifier import Classifier
from model.inference.engines import OnnxEngine
from model.preprocess.pipeline import from_strokes
from model.synthetic import handwriting, hard_digits, non_digits
from model.training import calibrate
from model.training.export_onnx import export_onnx
from model.training.score import images as score_images
from model.training.score import train as score

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
SEVEN = from_strokes([[[30, 40], [110, 40], [60, 150]]], 12)


@pytest.fixture(scope="module")
def shipped() -> calibration.Calibration:
    found = calibration.read(SHIPPED, checkpoint.read(SHIPPED))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def engine() -> OnnxEngine:
    return OnnxEngine(checkpoint.read(SHIPPED))


def scores(shipped: calibration.Calibration, engine: OnnxEngine, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    layers = score.activations(engine, images).astype(np.float32)
    return shipped.score(layers[:, :1600], layers[:, 1600:])


@pytest.fixture(scope="module")
def digits(shipped: calibration.Calibration, engine: OnnxEngine, mnist_test: Mnist) -> NDArray[np.float32]:
    """The in-distribution scores of MNIST's test digits."""
    return scores(shipped, engine, mnist_test[0])


def test_about_one_held_out_digit_in_a_hundred_is_refused(
    shipped: calibration.Calibration, engine: OnnxEngine, digits: NDArray[np.float32]
) -> None:
    usual, loose = handwriting.images(1000, 12345)[0], hard_digits.careless(1000, 12345, calibrate.LOOSENESS)[0]
    limit = shipped.digits[len(shipped.digits) // 100]
    test_digits, usual_digits, loose_digits = (
        float((values < limit).mean())
        for values in (digits, scores(shipped, engine, usual), scores(shipped, engine, loose))
    )
    assert 0.006 <= (5 * test_digits + usual_digits + 2 * loose_digits) / 8 <= 0.014
    assert test_digits <= 0.01
    assert usual_digits <= 0.01
    assert loose_digits <= 0.08


def test_the_score_separates_digits_from_outliers_of_another_seed(
    shipped: calibration.Calibration, engine: OnnxEngine, digits: NDArray[np.float32], mnist_test: Mnist
) -> None:
    others = non_digits.images(1000, 12345, mnist_test[0], mnist_test[1].astype(np.int64))
    assert auroc(digits, scores(shipped, engine, others)) >= 0.99


def test_the_temperature_has_the_smallest_loss_on_held_out_digits(
    shipped: calibration.Calibration, engine: OnnxEngine, data_dir: Path
) -> None:
    held = calibrate.held_out_set(mnist.load(data_dir)[0], seed=0)
    logits = score.logits(engine, held.images)
    best, *others = (
        calibrate._loss(logits, held.labels, shipped.temperature * factor, held.weights)
        for factor in (1, 0.8, 0.9, 1.1, 1.25)
    )
    assert best < min(others)
    assert best < calibrate._loss(logits, held.labels, 1.0, held.weights)


def copy(folder: Path, name: str = "mine.safetensors") -> Path:
    weights = folder / name
    weights.write_bytes(SHIPPED.read_bytes())
    return weights


# ---------------------------------------------------------------- a new calibration


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use few images and epochs, so that a calibration takes only a second."""
    monkeypatch.setattr(calibrate, "HELD_OUT", 300)
    monkeypatch.setattr(calibrate, "COMPARED", 300)
    monkeypatch.setattr(score_images, "OUTLIERS", 800)
    for name in ("DEFORMED", "THICKENED", "SCANNED", "STROKES", "CARELESS"):
        monkeypatch.setattr(score_images, name, 100)
    for name, number in {"EPOCHS": 2, "BATCH": 32, "RATE": 4e-3, "SAMPLE": 300}.items():
        monkeypatch.setattr(score, name, number)


@pytest.fixture(scope="module")
def few(data_dir: Path) -> Digits:
    train, _ = mnist.load(data_dir)
    return train.first(1500)


@pytest.mark.usefixtures("quick")
def test_calibrating_twice_gives_the_same_bytes_and_updates_the_export(tmp_path: Path, few: Digits) -> None:
    import onnx

    weights = copy(tmp_path)
    path, report = calibrate.calibrate(weights, few)
    assert path == tmp_path / "mine.calibration.safetensors"
    content = path.read_bytes()
    export_onnx(checkpoint.read(weights), tmp_path / "mine.onnx")
    assert calibrate.calibrate(weights, few)[0].read_bytes() == content
    graph = onnx.load_model(str(tmp_path / "mine.onnx")).graph
    (stored,) = (onnx.numpy_helper.to_array(t) for t in graph.initializer if t.name == "temperature")
    assert float(stored) == pytest.approx(report.temperature)  # the graph beside the weights has the new temperature
    assert report.auroc > 0.9
    assert report.loss <= report.loss_before
    classifier = Classifier.load(weights, "onnx")
    assert classifier.temperature == report.temperature
    (seven,) = classifier.predict([SEVEN])
    assert (seven.digit, seven.verdict) == (7, "digit")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "mine.calibration.safetensors",
        "mine.onnx",
        "mine.safetensors",
    ]


@pytest.mark.usefixtures("quick")
def test_a_calibration_can_use_other_held_out_digits(tmp_path: Path, few: Digits) -> None:
    others = calibrate.LabelledImages(few.images[:300].numpy(), few.labels[:300].numpy())
    reports: list[tuple[str, float, float, Sequence[str]]] = []
    path, _ = calibrate.calibrate(copy(tmp_path), few, held_out=others, progress=lambda *report: reports.append(report))
    length = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + length])
    assert header["digits"]["shape"] == [300]
    assert header["__metadata__"]["held_back"] == "300"
    labels, done, seconds_left, details = zip(*reports, strict=True)
    assert dict.fromkeys(labels) == dict.fromkeys(("Generating images", "Epoch 1/2", "Epoch 2/2"))
    assert list(done) == sorted(done)
    assert done[0] == 0
    assert done[-1] > 0.98  # the images that do not fill a batch are left out
    assert seconds_left[-1] < 0.05 * max(seconds_left)
    assert ("2,500/2,500",) in details


def test_calibrating_takes_little_more_memory_than_pytorch_itself(data_dir: Path, tmp_path: Path) -> None:
    """The images are generated some at a time and written to a file, so their number makes no difference.

    2,000 images deformed together would take 60 MB, and PyTorch's compiler 190 MB.
    """
    copy(tmp_path)
    script = """
import resource, sys, torch
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
from model.data import mnist
from model.training import calibrate
from model.training.score import images as score_images
from model.training.score import train as score
for name in ("THICKENED", "SCANNED", "STROKES", "CARELESS"):
    setattr(score_images, name, 100)
score_images.DEFORMED = 2000
score_images.OUTLIERS, score.EPOCHS, score.SAMPLE, calibrate.HELD_OUT, calibrate.COMPARED = 500, 1, 1000, 500, 500
calibrate.calibrate(sys.argv[1], mnist.load(sys.argv[2])[0].first(2500))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, "torch._dynamo" in sys.modules)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "mine.safetensors"), str(data_dir)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(output[0]) * unit < 140e6
    assert output[1] == "False"


def labels_drawn_with(temperature: float, count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Random logits, and labels sampled from softmax(logits / temperature)."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 4, (count, 10)).astype(np.float32)
    powers = np.exp(logits / temperature)
    return logits, (powers.cumsum(axis=1) / powers.sum(axis=1, keepdims=True) > rng.random((count, 1))).argmax(axis=1)


def test_the_fitted_temperature_is_that_with_which_the_labels_were_sampled() -> None:
    assert calibrate.fitted_temperature(*labels_drawn_with(1.8, 20_000)) == pytest.approx(1.8, abs=0.05)


def test_sample_weights_give_a_small_set_the_influence_of_a_large_set() -> None:
    (many, many_labels), (few, few_labels) = labels_drawn_with(1.0, 10_000), labels_drawn_with(3.0, 1000)
    logits, labels = np.concatenate((many, few)), np.concatenate((many_labels, few_labels))
    fair = calibrate.fitted_temperature(logits, labels, np.repeat(np.array([1e-4, 1e-3], np.float32), (10_000, 1000)))
    ten_times = calibrate.fitted_temperature(
        np.concatenate((many, *[few] * 10)), np.concatenate((many_labels, *[few_labels] * 10))
    )
    assert fair == pytest.approx(ten_times, abs=1e-3), "as if there were ten of each"
    assert calibrate.fitted_temperature(logits, labels) < fair - 0.2
