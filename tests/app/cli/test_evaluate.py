"""`inkling evaluate`: tables and JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.cli import evaluate
from app.cli.__main__ import main
from model.data import mnist
from model.evaluation import stress
from model.training.events import EpochDone
from tests.training_runs import Both, Run


@pytest.fixture
def few_digits(few: Both, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands train and evaluate on a few digits."""
    monkeypatch.setattr(mnist, "load", lambda *_: few)
    monkeypatch.setenv("INKLING_DATA", str(data_dir))


@pytest.mark.usefixtures("few_digits")
def test_evaluating_prints_accuracy_loss_and_confusion(whole_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    done = [event for event in whole_run[1] if isinstance(event, EpochDone)][-1]
    weights = str(whole_run[0] / "mnist_cnn.pth")
    assert main(["evaluate", "--device", "cpu", "--weights", weights]) == 0
    output = capsys.readouterr().out
    assert str(done) in output
    assert main(["evaluate", "--device", "cpu", "--weights", weights, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["pictures"], report["correct"]) == (300, done.correct)
    assert report["accuracy"] == pytest.approx(done.correct / 300)
    assert report["average_loss"] == pytest.approx(done.loss)
    assert report["model"].startswith("mnist_cnn-")
    confusion = np.array(report["confusion"])
    assert confusion.sum() == 300
    assert np.trace(confusion) == done.correct
    for row in confusion:
        assert "".join(f"{count:>6}" for count in row) in output
    for digit, found in enumerate(report["digits"]):
        assert found["pictures"] == confusion[digit].sum()
        assert found["recall"] == pytest.approx(confusion[digit, digit] / confusion[digit].sum())
        assert found["precision"] == pytest.approx(confusion[digit, digit] / confusion[:, digit].sum())
    assert len(report["mistakes"]) == min(evaluate.MISTAKES, 300 - done.correct)
    assert "limits" not in report


@pytest.mark.usefixtures("few_digits")
def test_evaluating_what_is_no_checkpoint_is_output_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--weights", str(tmp_path / "none.pth")]) == 1
    assert "There is no file" in capsys.readouterr().err


@pytest.mark.usefixtures("few_digits")
def test_the_limits_are_measured_on_altered_digits_and_on_no_digits(
    few: Both, whole_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = str(whole_run[0] / "mnist_cnn.safetensors")
    assert main(["evaluate", "--device", "cpu", "--weights", weights, "--limits", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    altered = {row["name"]: row for row in report["limits"]["altered"]}
    strangers = {row["name"]: row for row in report["limits"]["strangers"]}
    assert altered["unchanged"]["accuracy"] == pytest.approx(report["accuracy"])
    assert altered["rotated by 45°"]["accuracy"] < altered["rotated by 15°"]["accuracy"] < report["accuracy"]
    assert all(0 <= row["sure_and_wrong"] <= 1 - row["accuracy"] for row in altered.values())
    assert strangers["printed letters"]["pictures"] == len(stress.LETTERS) * 15
    assert all(0 <= row["sure"] <= 1 and 0.1 <= row["confidence"] <= 1 for row in strangers.values())
    assert main(["evaluate", "--device", "cpu", "--weights", weights, "--limits"]) == 0
    output = capsys.readouterr().out
    for name in (*altered, *strangers):
        assert name in output
