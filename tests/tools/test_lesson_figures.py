"""The lesson's figures are those of the shipped networks on MNIST's test images, and can be reproduced."""

import json
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.checkpoint import DENSE, WEIGHTS, find
from model.data import mnist
from model.data.mnist import Digits
from model.evaluation import robustness
from model.layers import MEAN, STD, pixel_order
from model.training.events import EpochDone
from model.training.run import train
from model.training.trainer import network_of
from tools import lesson_figures

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
TOLERANCE = 3e-4  # three images of 10,000, because other processors add numbers in another order


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    contents: dict[str, Any] = json.loads((WEIGHTS / "lesson-figures.json").read_text(encoding="utf-8"))
    return contents


def run(figures: dict[str, Any], name: str) -> dict[str, Any]:
    (entry,) = (each for each in figures["runs"] if each["name"] == name)
    return dict(entry)


def test_the_figures_are_those_of_the_shipped_weights(figures: dict[str, Any]) -> None:
    assert [each["name"] for each in figures["shifted"]] == ["dense", "lesson", "robust"]
    for each in figures["shifted"]:
        weights = checkpoint.read(find(each["name"]), baselines=True)
        assert (each["sha256"], each["model"], each["network"]) == (weights.sha256, weights.model, weights.network)
        assert each["parameters"] == sum(values.size for values in weights.tensors.values())
        accuracy = float(weights.metadata["accuracy"])
        middle = figures["shifts"].index(0)
        assert each["x"][middle] == each["y"][middle] == pytest.approx(accuracy, abs=TOLERANCE)


def shifted(images: NDArray[np.uint8], right: int, down: int) -> NDArray[np.uint8]:
    """The images shifted by NumPy: they are rolled, and the pixels that wrapped around are set to 0."""
    result = np.roll(images, (down, right), (1, 2))
    rows, columns = np.arange(28), np.arange(28)
    result[:, (rows - down < 0) | (rows - down > 27)] = 0
    result[:, :, (columns - right < 0) | (columns - right > 27)] = 0
    return result


@pytest.mark.parametrize(("right", "down"), [(4, 0), (-8, 0), (0, -3), (0, 7)])
def test_the_dense_network_has_the_recorded_accuracy_on_shifted_images(
    right: int, down: int, figures: dict[str, Any], mnist_test: Mnist
) -> None:
    """Measure the accuracy again on the whole test set, only with NumPy."""
    images, labels = mnist_test
    tensors = safetensors.numpy.load(DENSE.read_bytes())
    inputs = (shifted(images, right, down).reshape(-1, 784) / 255 - MEAN) / STD
    hidden = np.maximum(inputs @ tensors["1.weight"].T + tensors["1.bias"], 0)
    answers = (hidden @ tensors["3.weight"].T + tensors["3.bias"]).argmax(1)
    (dense,) = (each for each in figures["shifted"] if each["network"] == "dense")
    written = dense["x" if right else "y"][figures["shifts"].index(right or down)]
    assert (answers == labels).mean() == pytest.approx(written, abs=TOLERANCE)


@pytest.mark.parametrize(("name", "right", "down"), [("lesson", 3, 0), ("robust", 0, -5)])
def test_the_convolutional_networks_have_the_recorded_accuracy_on_shifted_images(
    name: str, right: int, down: int, figures: dict[str, Any], mnist_test: Mnist
) -> None:
    images, labels = mnist_test
    digits = Digits(torch.from_numpy(shifted(images, right, down)), torch.from_numpy(labels.astype(np.int64)), {})
    network = network_of(checkpoint.read(find(name)))
    (entry,) = (each for each in figures["shifted"] if each["name"] == name)
    written = entry["x" if right else "y"][figures["shifts"].index(right or down)]
    assert lesson_figures.accuracy(network, digits, 0, 0) == pytest.approx(written, abs=TOLERANCE)


def test_the_tool_shifts_images_without_wrapping(data_dir: Any, mnist_test: Mnist) -> None:
    few = torch.from_numpy(mnist_test[0][:20].copy())
    for right, down in ((8, 0), (-3, 0), (0, 5), (0, -8), (0, 0)):
        theirs = robustness.moved(few, right, down).numpy()
        assert np.array_equal(theirs, shifted(mnist_test[0][:20], right, down))


def test_the_runs_are_those_recorded_in_the_shipped_weights(figures: dict[str, Any]) -> None:
    for name in ("dense", "lesson", "robust"):
        recorded, metadata = run(figures, name), checkpoint.read(find(name), baselines=True).metadata
        for what in ("accuracy", "loss", "training_loss"):
            assert recorded[what] == json.loads(metadata[f"{what}_per_epoch"])
            assert len(recorded[what]) == recorded["epochs"] + 1
        assert (recorded["recipe"], str(recorded["seed"]), recorded["shuffled"], recorded["shipped"]) == (
            metadata["recipe"], metadata["seed"], False, True,
        )  # fmt: skip


def test_shuffled_pixels_cost_accuracy_only_in_the_convolutional_network(
    figures: dict[str, Any], mnist_test: Mnist
) -> None:
    last = {each["name"]: each["accuracy"][-1] for each in figures["runs"]}
    assert last["dense-shuffled"] == pytest.approx(last["dense"], abs=0.005)
    assert last["lesson-shuffled"] < last["lesson"] - 0.005
    for name in ("dense-shuffled", "lesson-shuffled"):
        assert (run(figures, name)["shuffled"], run(figures, name)["shipped"]) == (True, False)
        assert "--shuffle-pixels" in run(figures, name)["command"]
    assert figures["pixel_order"] == pixel_order()


def test_the_first_epoch_on_shuffled_pixels_can_be_reproduced(
    figures: dict[str, Any], data_dir: Any, tmp_path: Any
) -> None:
    """Run the recorded command on the whole of MNIST for one epoch, which takes seconds."""
    recorded = run(figures, "dense-shuffled")
    training_set, test_set = mnist.load(data_dir)
    happened = train(
        tmp_path / "run",
        training_set,
        test_set,
        recipe=recorded["recipe"],
        seed=recorded["seed"],
        epochs=1,
        network="dense",
        shuffled=True,
    )
    measured = [event.correct / event.total for event in happened if isinstance(event, EpochDone)]
    # Training amplifies rounding differences, so only the figure of the untrained network is nearly exact.
    assert measured[0] == pytest.approx(recorded["accuracy"][0], abs=TOLERANCE)
    assert measured[1] == pytest.approx(recorded["accuracy"][1], abs=0.005)


def test_a_missing_run_keeps_its_old_figures_or_the_error_names_its_command(tmp_path: Any) -> None:
    *_, gone = lesson_figures.runs(tmp_path)
    old = [{"name": "lesson-shuffled", "epochs": 5}]
    assert lesson_figures._run(gone, old) is old[0]
    with pytest.raises(checkpoint.CheckpointError, match="inkling train --recipe lesson --shuffle-pixels --seed 0"):
        lesson_figures._run(gone, [])
