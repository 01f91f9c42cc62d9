"""Training runs of the dense network and runs with shuffled pixels; the lesson compares them with the usual run."""

import dataclasses
import hashlib
import json
import os
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from app.cli.__main__ import main
from model import checkpoint
from model.checkpoint import WEIGHTS, CheckpointError
from model.data.mnist import Digits
from model.evaluation.accuracy import evaluate
from model.layers import DENSE_PARAMETERS, MEAN, STD, pixel_order
from model.network import Dense
from model.training import trainer
from model.training.events import EpochDone, Started
from model.training.images import epoch_order
from model.training.run import train
from model.training.trainer import TrainingError
from tests.support.training_runs import Both, Run

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def plain() -> nn.Sequential:
    """The dense network as the lesson defines it."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def shuffled_by_hand(digits: Digits) -> Digits:
    """The digits with their pixels rearranged by NumPy: pixel order[i] moves to position i."""
    order = pixel_order()
    flat = digits.images.numpy().reshape(-1, 784)
    moved = np.stack([np.array([image[place] for place in order]) for image in flat])
    return dataclasses.replace(digits, images=torch.from_numpy(moved.reshape(-1, 28, 28)))


@pytest.fixture(scope="module")
def dense(few: Both, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("dense") / "run"
    return out, list(train(out, *few, seed=5, epochs=2, network="dense"))


@pytest.fixture(scope="module")
def shuffled(few: Both, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the convolutional network on shuffled pixels: its folder and its events."""
    out = tmp_path_factory.mktemp("shuffled") / "run"
    return out, list(train(out, *few, seed=5, epochs=1, shuffled=True))


# ---------------------------------------------------------------- the network


def test_the_dense_network_has_the_keys_and_outputs_of_the_lessons_sequential() -> None:
    ours, theirs = Dense(), plain()
    assert list(ours.state_dict()) == list(theirs.state_dict()) == list(DENSE_PARAMETERS)
    assert {key: tuple(values.shape) for key, values in ours.state_dict().items()} == DENSE_PARAMETERS
    assert sum(values.numel() for values in ours.parameters()) == 784 * 128 + 128 + 128 * 10 + 10 == 101_770
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(5, 1, 28, 28)
    assert torch.equal(ours.fast_logits(images), theirs(images))


def test_the_order_of_shuffled_pixels_never_changes() -> None:
    order = pixel_order()
    assert sorted(order) == list(range(784))
    assert order == pixel_order()
    assert sum(place == source for place, source in enumerate(order)) < 10
    # Files and documents contain the order, so it must never change.
    digest = hashlib.sha256(json.dumps(order).encode()).hexdigest()
    assert digest == "2a9db061504cd13933f4aebb51443a02a4856544399b8b5e5ed7bc2e90555b8a"


# ---------------------------------------------------------------- training it


def test_a_run_of_the_dense_network_writes_the_same_kinds_of_files(dense: Run, few: Both) -> None:
    out, events = dense
    assert sorted(path.name for path in out.iterdir()) == [
        "accuracy.png", "epoch-00.safetensors", "epoch-01.safetensors", "epoch-02.safetensors", "mnist_dense.onnx",
        "mnist_dense.pth", "mnist_dense.safetensors", "resume.pt",
    ]  # fmt: skip
    weights = checkpoint.read(out / "mnist_dense.safetensors", baselines=True)
    assert (weights.name, weights.network, weights.pixel_order) == ("dense-lesson", "dense", None)
    assert weights.metadata["network"] == "dense"
    theirs = plain()
    theirs.load_state_dict(torch.load(out / "mnist_dense.pth"))
    with torch.no_grad():
        logits = theirs(few[1].normalised())
    correct = int((logits.argmax(1) == few[1].labels).sum())
    done = [event for event in events if isinstance(event, EpochDone)]
    assert done[-1].correct == correct > 200 > done[0].correct
    session = onnxruntime.InferenceSession(str(out / "mnist_dense.onnx"), providers=["CPUExecutionProvider"])
    for count in (1, 7):
        given = {"input": few[1].normalised()[:count].numpy()}
        computed, probabilities = session.run(["logits", "probabilities"], given)
        assert np.allclose(computed, logits[:count].numpy(), atol=1e-4)
        assert np.allclose(probabilities, logits[:count].softmax(1).numpy(), atol=1e-5)
    assert "shuffled" not in onnx.load_model(str(out / "mnist_dense.onnx")).doc_string


def test_the_dense_network_follows_the_lessons_loop(few: Both, dense: Run) -> None:
    theirs = plain()
    with torch.random.fork_rng():
        torch.manual_seed(5)
        theirs = plain()
    images, labels = few[0].normalised(), few[0].labels
    optimiser = torch.optim.Adam(theirs.parameters(), lr=0.001)
    for epoch in (1, 2):
        for batch in torch.split(epoch_order(1100, 5, epoch), 64):
            optimiser.zero_grad()
            loss = F.cross_entropy(theirs(images[batch]), labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    ours = checkpoint.read(dense[0] / "mnist_dense.safetensors", baselines=True).tensors
    for key, values in theirs.state_dict().items():
        assert np.allclose(ours[key], values.numpy(), atol=2e-4), key


def test_a_run_with_shuffled_pixels_equals_a_run_on_shuffled_images(few: Both, tmp_path: Path, shuffled: Run) -> None:
    moved = [shuffled_by_hand(digits) for digits in few]
    events = list(train(tmp_path / "by-hand", moved[0], moved[1], seed=5, epochs=1))
    ours = checkpoint.read(shuffled[0] / "mnist_cnn.safetensors", baselines=True)
    theirs = checkpoint.read(tmp_path / "by-hand" / "mnist_cnn.safetensors")
    for key, values in theirs.tensors.items():
        assert np.array_equal(ours.tensors[key], values), key
    (started,) = (event for event in shuffled[1] if isinstance(event, Started))
    assert (started.network, started.shuffled) == ("cnn", True)
    measured = [[event.correct for event in each if isinstance(event, EpochDone)] for each in (shuffled[1], events)]
    assert measured[0] == measured[1]


def test_weights_of_shuffled_pixels_contain_the_order_and_are_evaluated_on_normal_images(
    few: Both, shuffled: Run
) -> None:
    out, events = shuffled
    weights = checkpoint.read(out / "mnist_cnn.safetensors", baselines=True)
    assert (weights.name, weights.network) == ("lesson-shuffled", "cnn")
    assert weights.pixel_order == pixel_order()
    done = [event for event in events if isinstance(event, EpochDone)][-1]
    assert evaluate(trainer.network_of(weights), few[1]).correct == done.correct
    assert "Their pixels are shuffled" in onnx.load_model(str(out / "mnist_cnn.onnx")).doc_string


def test_every_recipe_trains_the_dense_network(few: Both, tmp_path: Path) -> None:
    events = list(
        train(tmp_path / "run", few[0].first(400), few[1], recipe="robust", epochs=1, network="dense", shuffled=True)
    )
    assert str(events[-1]).count("dense-robust-shuffled")
    assert checkpoint.read(tmp_path / "run" / "mnist_dense.safetensors", baselines=True).network == "dense"


# ---------------------------------------------------------------- refusals


def test_a_run_is_not_resumed_with_another_network_or_pixel_order(few: Both, dense: Run, shuffled: Run) -> None:
    with pytest.raises(TrainingError, match="has network dense, not cnn"):
        next(train(dense[0], *few, network="cnn", resume=True))
    with pytest.raises(TrainingError, match="without shuffled pixels"):
        next(train(dense[0], *few, shuffled=True, resume=True))
    with pytest.raises(TrainingError, match="with shuffled pixels"):
        next(train(shuffled[0], *few, shuffled=False, resume=True))
    with pytest.raises(TrainingError, match=r"already contains a run \(dense network, recipe lesson, seed 5, 2 of 2"):
        next(train(dense[0], *few))


def test_a_run_of_the_dense_network_is_resumed_with_the_dense_network(few: Both, dense: Run, tmp_path: Path) -> None:
    list(train(tmp_path / "run", *few, seed=5, epochs=1, network="dense"))
    list(train(tmp_path / "run", *few, epochs=2, resume=True))
    name = "mnist_dense.safetensors"
    assert (tmp_path / "run" / name).read_bytes() == (dense[0] / name).read_bytes()


def test_weights_that_cannot_be_served_are_refused(
    dense: Run, shuffled: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(plain().state_dict(), tmp_path / "plain.pth")
    for path, words in (
        (dense[0] / "mnist_dense.safetensors", "contains the dense network, which has no feature maps"),
        (shuffled[0] / "mnist_cnn.safetensors", "was trained on images with shuffled pixels"),
        (tmp_path / "plain.pth", "contains the dense network"),
    ):
        with pytest.raises(CheckpointError, match=words):
            checkpoint.read(path)
        assert main(["serve", "--weights", str(path)]) == 2
        assert re.search(rf"^inkling: {path} {words}.*inkling evaluate --weights {path}$", capsys.readouterr().err)


@pytest.mark.parametrize("order", ["5", "[1, 2]", "nonsense", json.dumps([0] * 784), '["a", 1]'])
def test_an_invalid_pixel_order_is_named(order: str, dense: Run, tmp_path: Path) -> None:
    weights = checkpoint.read(dense[0] / "mnist_dense.safetensors", baselines=True)
    checkpoint.write(tmp_path / "a.safetensors", weights.tensors, {"pixel_order": order})
    with pytest.raises(CheckpointError, match="pixel_order is not a permutation of the 784 pixels"):
        checkpoint.read(tmp_path / "a.safetensors", baselines=True)


# ---------------------------------------------------------------- the shipped weights


def test_the_shipped_dense_network_has_the_accuracy_of_its_card(mnist_test: Mnist) -> None:
    card = (WEIGHTS / "dense.md").read_text(encoding="utf-8")
    weights = checkpoint.read(checkpoint.DENSE, baselines=True)
    images, labels = mnist_test
    inputs = (images.reshape(-1, 784) / 255 - MEAN) / STD
    hidden = np.maximum(inputs @ weights.tensors["1.weight"].T + weights.tensors["1.bias"], 0)
    answers = (hidden @ weights.tensors["3.weight"].T + weights.tensors["3.bias"]).argmax(1)
    correct = round(10_000 * float(weights.metadata["accuracy"]))
    assert abs(int((answers == labels).sum()) - correct) <= 2
    assert f"{correct:,} of the 10,000 test images, {correct / 100:.2f} %" in card
    assert f"{float(weights.metadata['loss']):.4f} (cross-entropy" in card
    assert weights.sha256 in card
    accuracies = json.loads(weights.metadata["accuracy_per_epoch"])
    assert f"| test accuracy | {' | '.join(f'{100 * each:.2f} %' for each in accuracies)} |" in card
    assert "inkling train --network dense --recipe lesson --seed 0 --device cpu" in card
    assert weights.metadata["device"] == "cpu"
