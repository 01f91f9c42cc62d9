"""The weights that ship: whole, as good as they say, and described truthfully."""

import hashlib
import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model import checkpoint, limits, training
from model.checkpoint import SHIPPED, WEIGHTS
from model.dataset import Digits
from model.engines import OnnxEngine
from model.layers import MEAN, STD
from model.training import Evaluation

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]

CARD = (WEIGHTS / "lesson.md").read_text(encoding="utf-8")
METADATA = checkpoint.read(SHIPPED).metadata
# Another processor adds in another order; a picture on the edge between two answers may then fall to the other side.
SLACK = 2  # pictures of 10,000


@dataclass(frozen=True)
class Measured:
    digits: Digits
    torch: Evaluation
    onnx_answers: NDArray[np.int64]


@pytest.fixture(scope="module")
def measured(mnist_test: Mnist) -> Measured:
    """The shipped weights on the whole test set, by both engines."""
    pictures, labels = mnist_test
    weights = checkpoint.read(SHIPPED)
    digits = Digits(torch.from_numpy(pictures.copy()), torch.from_numpy(labels.astype(np.int64)), {})
    engine = OnnxEngine(weights)
    normalised = ((pictures.astype(np.float32) / 255 - MEAN) / STD)[:, None].astype(np.float32)
    (probabilities,) = zip(*(engine.run(batch, ["probabilities"]) for batch in np.split(normalised, 20)), strict=True)
    return Measured(
        digits=digits,
        torch=training.evaluate(training.network_of(weights), digits),
        onnx_answers=np.concatenate(probabilities).argmax(1),
    )


def rows(heading: str) -> list[list[str]]:
    """The cells of the card's table that has `heading` in its first line, without that line."""
    table = next(block for block in CARD.split("\n\n") if block.startswith("|") and heading in block.splitlines()[0])
    return [[cell.strip(" *") for cell in line.strip("| ").split("|")] for line in table.splitlines()[2:]]


def share(cell: str) -> float:
    return float(cell.removesuffix(" %")) / 100


# ---------------------------------------------------------------- the file


def test_the_shipped_files_have_the_hashes_that_are_written_beside_them() -> None:
    lines = [line.split() for line in (WEIGHTS / "SHA256SUMS").read_text().splitlines()]
    listed = {name: sha256 for sha256, name in lines}
    assert sorted(listed) == ["answer.onnx", "lesson.safetensors", "network.onnx"]
    for name, expected in listed.items():
        assert hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() == expected, name
    assert checkpoint.read(SHIPPED).sha256 == listed["lesson.safetensors"]
    assert listed["lesson.safetensors"] in CARD


def test_the_weights_say_where_they_come_from_and_not_from_whose_computer() -> None:
    assert METADATA["name"] == METADATA["recipe"] == "lesson"
    assert METADATA["epochs"] == str(training.LESSON.epochs) == "5"
    assert {"seed", "device", "torch", "python", "numpy", "created_by", "data_sha256"} <= set(METADATA)
    assert len(json.loads(METADATA["accuracy_per_epoch"])) == 6
    assert not any("/" in value or "\\" in value or "@" in value for value in METADATA.values())


def test_the_weights_were_trained_on_mnist() -> None:
    from model.dataset import SHA256

    assert json.loads(METADATA["data_sha256"]) == SHA256


# ---------------------------------------------------------------- how good they are


def test_at_least_99_of_100_test_pictures_are_read_right_by_torch_and_by_onnx_runtime(measured: Measured) -> None:
    labels = measured.torch.labels
    assert len(labels) == 10_000
    for answers in (measured.torch.answers, measured.onnx_answers):
        correct = int((answers == labels).sum())
        assert correct >= 9_900
        assert abs(correct - 10_000 * float(METADATA["accuracy"])) <= SLACK
    assert (measured.torch.answers != measured.onnx_answers).sum() <= SLACK


def test_the_loss_is_the_one_in_the_metadata(measured: Measured) -> None:
    assert measured.torch.loss == pytest.approx(float(METADATA["loss"]), abs=1e-5)
    assert json.loads(METADATA["loss_per_epoch"])[-1] == float(METADATA["loss"])
    assert json.loads(METADATA["accuracy_per_epoch"])[-1] == float(METADATA["accuracy"])


# ---------------------------------------------------------------- whether the card is right


def test_the_card_gives_the_accuracy_and_the_loss_of_the_metadata() -> None:
    summary = dict(rows("| | |"))
    correct = round(10_000 * float(METADATA["accuracy"]))
    assert f"{correct:,} of the 10,000 test pictures, {correct / 100:.2f} %" in summary["accuracy"]
    assert f"{float(METADATA['loss']):.4f} " in summary["average loss"]


def test_the_card_tells_every_epoch_as_the_metadata_does() -> None:
    training_loss, loss, accuracy = rows("| epoch |")
    assert accuracy[1:] == [f"{value:.2%}".replace("%", " %") for value in json.loads(METADATA["accuracy_per_epoch"])]
    assert loss[1:] == [f"{value:.4f}" for value in json.loads(METADATA["loss_per_epoch"])]
    assert training_loss[2:] == [f"{value:.4f}" for value in json.loads(METADATA["training_loss_per_epoch"])[1:]]


def test_the_command_on_the_card_is_the_run_in_the_metadata() -> None:
    command = re.search(r"^    inkling train --recipe (\w+) --seed (\d+) --device (\w+)$", CARD, re.MULTILINE)
    assert command is not None
    assert command.groups() == (METADATA["recipe"], METADATA["seed"], METADATA["device"])


def test_the_cards_confusion_matrix_is_what_is_measured(measured: Measured) -> None:
    written = np.array([[int(cell) for cell in row[1:]] for row in rows("| 0 | 1 | 2 |")])
    assert written.shape == (10, 10)
    assert np.trace(written) == round(10_000 * float(METADATA["accuracy"]))
    assert np.abs(written - measured.torch.confusion).sum() <= 2 * SLACK


def test_the_cards_table_of_digits_follows_from_its_confusion_matrix() -> None:
    confusion = np.array([[int(cell) for cell in row[1:]] for row in rows("| 0 | 1 | 2 |")])
    for digit, row in enumerate(rows("| digit |")):
        right = int(confusion[digit, digit])
        pictures, answers = int(confusion[digit].sum()), int(confusion[:, digit].sum())
        assert [int(cell) for cell in row[:3]] == [digit, pictures, right]
        assert share(row[3]) == pytest.approx(right / pictures, abs=5e-5)
        assert share(row[4]) == pytest.approx(right / answers, abs=5e-5)


def test_the_cards_surest_mistakes_are_the_surest(measured: Measured) -> None:
    surest = {mistake.index: mistake for mistake in measured.torch.mistakes(8)}
    for row in rows("| test picture |"):
        mistake = surest[int(row[0])]
        assert (mistake.label, mistake.answer) == (int(row[1]), int(row[2]))
        assert mistake.confidence == pytest.approx(share(row[3]), abs=2e-4)


def test_the_card_says_truthfully_how_altered_digits_are_read(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {row[0]: row for row in rows("| the test digits |")}
    assert list(written) == list(limits.ALTERATIONS)
    some = ("moved right by 4 pixels", "black ink on white")  # each takes seconds
    monkeypatch.setattr(limits, "ALTERATIONS", {name: limits.ALTERATIONS[name] for name in some})
    for found in limits.altered(training.network_of(checkpoint.read(SHIPPED)), measured.digits):
        assert share(written[found.name][1]) == pytest.approx(found.accuracy, abs=0.0005)
        assert share(written[found.name][2]) == pytest.approx(found.sure_and_wrong, abs=0.0005)


def test_the_card_says_truthfully_what_is_made_of_no_digits(measured: Measured) -> None:
    written = rows("| no digits |")
    found = list(limits.strangers(training.network_of(checkpoint.read(SHIPPED)), measured.digits))
    for row, kind in zip(written, found, strict=True):
        assert (row[0], int(row[1]), int(row[4])) == (kind.name, kind.pictures, kind.answer)
        assert share(row[2]) == pytest.approx(kind.sure, abs=0.005)
        assert share(row[3]) == pytest.approx(kind.confidence, abs=0.005)
