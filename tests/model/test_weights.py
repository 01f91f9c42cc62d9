"""The shipped weights are complete and have the stated accuracy, and their model cards describe them correctly."""

import hashlib
import json
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model import checkpoint
from model.checkpoint import NAMES, WEIGHTS
from model.data.mnist import Digits
from model.evaluation import robustness, stress
from model.evaluation.accuracy import Evaluation, evaluate
from model.inference.calibration import read as read_calibration
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD
from model.network import Network
from model.training import recipes, trainer

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]

# Other processors add numbers in another order. This can change the prediction if two classes are nearly equal.
SLACK = 2  # predictions, of 10,000, that may differ


@dataclass(frozen=True)
class Card:
    """The text of a model card and the metadata of the weights that it describes."""

    name: str
    text: str
    metadata: dict[str, str]

    def table(self, heading: str) -> list[list[str]]:
        """The cells of the first table with `heading` in its first line."""
        blocks = self.text.split("\n\n")
        table = next(block for block in blocks if block.startswith("|") and heading in block.splitlines()[0])
        return [[cell.strip(" *") for cell in line.strip("| ").split("|")] for line in table.splitlines()]

    def heading(self, heading: str) -> list[str]:
        """The cells in the first line of the table that `table` returns."""
        return self.table(heading)[0]

    def rows(self, heading: str) -> list[list[str]]:
        """The rows of the table that `table` returns, without the heading."""
        return self.table(heading)[2:]


@dataclass(frozen=True)
class Measured:
    digits: Digits
    network: Network
    temperature: float
    torch: Evaluation
    onnx_predictions: NDArray[np.int64]


@pytest.fixture(scope="module", params=NAMES)
def card(request: pytest.FixtureRequest) -> Card:
    """The model card and the metadata of one set of shipped weights."""
    name: str = request.param
    text = (WEIGHTS / f"{name}.md").read_text(encoding="utf-8")
    return Card(name, text, checkpoint.read(checkpoint.find(name)).metadata)


@pytest.fixture(scope="module")
def measured(card: Card, mnist_test: Mnist) -> Measured:
    """The predictions of both engines for the whole test set."""
    images, labels = mnist_test
    path = checkpoint.find(card.name)
    weights = checkpoint.read(path)
    calibration = read_calibration(path, weights)
    assert calibration is not None
    digits = Digits(torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64)), {})
    engine = OnnxEngine(weights)
    normalised = ((images.astype(np.float32) / 255 - MEAN) / STD)[:, None].astype(np.float32)
    (probabilities,) = zip(*(engine.run(batch, ["probabilities"]) for batch in np.split(normalised, 20)), strict=True)
    network = trainer.network_of(weights)
    return Measured(
        digits=digits,
        network=network,
        temperature=calibration.temperature,
        torch=evaluate(network, digits, calibration.temperature),
        onnx_predictions=np.concatenate(probabilities).argmax(1),
    )


def share(cell: str) -> float:
    return float(cell.removesuffix(" %")) / 100


# ---------------------------------------------------------------- files


def test_the_shipped_files_have_the_listed_hashes() -> None:
    lines = [line.split() for line in (WEIGHTS / "SHA256SUMS").read_text().splitlines()]
    listed = {name: sha256 for sha256, name in lines}
    assert set(listed) == {path.name for path in WEIGHTS.iterdir() if path.suffix in (".onnx", ".safetensors")}
    for name, expected in listed.items():
        assert hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() == expected, name
    for name in NAMES:
        assert checkpoint.read(checkpoint.find(name)).sha256 == listed[f"{name}.safetensors"]
        assert listed[f"{name}.safetensors"] in (WEIGHTS / f"{name}.md").read_text(encoding="utf-8")


def test_the_metadata_describes_the_training_but_not_the_computer(card: Card) -> None:
    assert card.metadata["name"] == card.metadata["recipe"] == card.name
    assert card.metadata["epochs"] == str(recipes.RECIPES[card.name].epochs)
    assert {"seed", "device", "torch", "python", "numpy", "created_by", "data_sha256"} <= set(card.metadata)
    assert len(json.loads(card.metadata["accuracy_per_epoch"])) == recipes.RECIPES[card.name].epochs + 1
    assert not any("/" in value or "\\" in value or "@" in value for value in card.metadata.values())


def test_the_weights_were_trained_on_mnist(card: Card) -> None:
    from model.data.mnist import SHA256

    assert json.loads(card.metadata["data_sha256"]) == SHA256


# ---------------------------------------------------------------- accuracy


def test_both_engines_predict_at_least_99_percent_of_the_test_images_correctly(card: Card, measured: Measured) -> None:
    labels = measured.torch.labels
    assert len(labels) == 10_000
    for predictions in (measured.torch.predictions, measured.onnx_predictions):
        correct = int((predictions == labels).sum())
        assert correct >= 9_900
        assert abs(correct - 10_000 * float(card.metadata["accuracy"])) <= SLACK
    assert (measured.torch.predictions != measured.onnx_predictions).sum() <= SLACK


def test_the_loss_is_the_one_in_the_metadata(card: Card, measured: Measured) -> None:
    assert measured.torch.loss == pytest.approx(float(card.metadata["loss"]), abs=1e-5)
    assert json.loads(card.metadata["loss_per_epoch"])[-1] == float(card.metadata["loss"])
    assert json.loads(card.metadata["accuracy_per_epoch"])[-1] == float(card.metadata["accuracy"])


# ---------------------------------------------------------------- model cards


def test_the_card_gives_the_accuracy_and_the_loss_of_the_metadata(card: Card) -> None:
    summary = dict(card.rows("| | |"))
    correct = round(10_000 * float(card.metadata["accuracy"]))
    assert f"{correct:,} of the 10,000 test images, {correct / 100:.2f} %" in summary["accuracy"]
    assert f"{float(card.metadata['loss']):.4f} " in summary["average loss"]


def test_the_card_and_the_metadata_agree_on_the_epochs(card: Card) -> None:
    epochs = [int(cell.split()[0]) for cell in card.heading("| epoch |")[1:]]
    assert {0, recipes.RECIPES[card.name].epochs} <= set(epochs)
    training_loss, loss, accuracy = card.rows("| epoch |")
    accuracies, losses, training_losses = (
        json.loads(card.metadata[f"{what}_per_epoch"]) for what in ("accuracy", "loss", "training_loss")
    )
    assert accuracy[1:] == [f"{accuracies[epoch]:.2%}".replace("%", " %") for epoch in epochs]
    assert loss[1:] == [f"{losses[epoch]:.4f}" for epoch in epochs]
    assert training_loss[2:] == [f"{training_losses[epoch]:.4f}" for epoch in epochs[1:]]


def test_the_command_on_the_card_matches_the_metadata(card: Card) -> None:
    command = re.search(r"^    inkling train --recipe (\w+) --seed (\d+) --device (\w+)$", card.text, re.MULTILINE)
    assert command is not None
    assert command.groups() == (card.metadata["recipe"], card.metadata["seed"], card.metadata["device"])


def test_the_cards_confusion_matrix_is_the_measured_one(card: Card, measured: Measured) -> None:
    written = np.array([[int(cell) for cell in row[1:]] for row in card.rows("| 0 | 1 | 2 |")])
    assert written.shape == (10, 10)
    assert np.trace(written) == round(10_000 * float(card.metadata["accuracy"]))
    assert np.abs(written - measured.torch.confusion).sum() <= 2 * SLACK


def test_the_cards_table_of_digits_follows_from_its_confusion_matrix(card: Card) -> None:
    confusion = np.array([[int(cell) for cell in row[1:]] for row in card.rows("| 0 | 1 | 2 |")])
    for digit, row in enumerate(card.rows("| digit |")):
        correct = int(confusion[digit, digit])
        images, predictions = int(confusion[digit].sum()), int(confusion[:, digit].sum())
        assert [int(cell) for cell in row[:3]] == [digit, images, correct]
        assert share(row[3]) == pytest.approx(correct / images, abs=5e-5)
        assert share(row[4]) == pytest.approx(correct / predictions, abs=5e-5)


def test_the_cards_mistakes_are_those_with_the_highest_confidence(card: Card, measured: Measured) -> None:
    mistakes = {mistake.index: mistake for mistake in measured.torch.mistakes(8)}
    for row in card.rows("| test image |"):
        mistake = mistakes[int(row[0])]
        assert (mistake.label, mistake.answer) == (int(row[1]), int(row[2]))
        assert mistake.confidence == pytest.approx(share(row[3]), abs=2e-4)


def test_the_cards_results_for_altered_digits_are_the_measured_ones(
    card: Card, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {row[0]: row for row in card.rows("| test digits |")}
    assert list(written) == list(stress.ALTERATIONS)
    some = {"robust": "shifted right by 4 pixels", "lesson": "black ink on white"}[card.name]  # each takes seconds
    monkeypatch.setattr(stress, "ALTERATIONS", {some: stress.ALTERATIONS[some]})
    for result in stress.altered(measured.network, measured.digits, measured.temperature):
        assert share(written[result.name][1]) == pytest.approx(result.accuracy, abs=0.0005)
        assert share(written[result.name][2]) == pytest.approx(result.sure_and_wrong, abs=0.0005)


def test_the_cards_robustness_curves_are_the_measured_ones(
    card: Card, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, kind in robustness.KINDS.items():
        heading = card.heading(f"| {name}, {kind.unit} |")
        assert [float(cell) for cell in heading[1:]] == list(kind.strengths)
        (accuracy,) = (row[1:] for row in card.rows(f"| {name}, {kind.unit} |") if row[0] == "accuracy")
        unchanged = accuracy[kind.strengths.index(kind.unchanged)]
        assert share(unchanged) == pytest.approx(float(card.metadata["accuracy"]), abs=0.0005 + SLACK / 10_000)
    name, strength = {"robust": ("noise", 0.3), "lesson": ("shift", 3)}[card.name]  # each strength takes seconds
    monkeypatch.setattr(robustness, "KINDS", {name: replace(robustness.KINDS[name], strengths=(strength,))})
    for curve in robustness.curves(measured.network, measured.digits, measured.torch, measured.temperature):
        ((strength, measured_accuracy, confidence),) = ((p.strength, p.accuracy, p.confidence) for p in curve.points)
        column = [float(cell) for cell in card.heading(f"| {curve.name}, {curve.unit} |")[1:]].index(strength) + 1
        accuracy, confidences = card.rows(f"| {curve.name}, {curve.unit} |")
        assert share(accuracy[column]) == pytest.approx(measured_accuracy, abs=0.001)
        assert share(confidences[column]) == pytest.approx(confidence, abs=0.001)


def test_the_cards_results_for_images_that_are_not_digits_are_the_measured_ones(card: Card, measured: Measured) -> None:
    written = card.rows("| not digits | images |")
    results = list(stress.non_digits(measured.network, measured.digits, measured.temperature))
    for row, kind in zip(written, results, strict=True):
        assert (row[0], int(row[1]), int(row[4])) == (kind.name, kind.pictures, kind.answer)
        assert share(row[2]) == pytest.approx(kind.sure, abs=0.005)
        assert share(row[3]) == pytest.approx(kind.confidence, abs=0.005)
