"""`inkling evaluate` prints tables or JSON, and names missing and damaged files."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import evaluate
from app.cli.__main__ import main
from model import checkpoint
from model.data import mnist
from model.evaluation import accuracy, robustness, stress
from model.inference.classifier import Classifier
from model.training.events import EpochDone
from model.training.trainer import network_of
from tests.support.png import grey_levels
from tests.support.stroke_files import write_folder
from tests.support.training_runs import Both, Run


@pytest.fixture
def few_digits(few: Both, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the commands train and evaluate on a few digits."""
    monkeypatch.setattr(mnist, "load", lambda *_: few)
    monkeypatch.setenv("INKLING_DATA", str(data_dir))


def once(function: Callable[..., evaluate.Measured]) -> Callable[..., evaluate.Measured]:
    """A function that is called the first time, and then returns its result again, whatever the arguments are."""
    results: list[evaluate.Measured] = []

    def first_result(*arguments: Any) -> evaluate.Measured:
        if not results:
            results.append(function(*arguments))
        return results[0]

    return first_result


@pytest.mark.usefixtures("few_digits")
def test_the_command_prints_accuracy_loss_and_confusion(whole_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
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
def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--weights", str(tmp_path / "none.pth")]) == 2
    assert "none.pth does not exist" in capsys.readouterr().err


@pytest.mark.usefixtures("few_digits")
def test_limits_are_measured_on_altered_digits_and_on_other_images(
    whole_run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "_measure", once(evaluate._measure))
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


@pytest.fixture
def hundred_digits(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the command evaluate only the first 100 of MNIST's test digits."""
    digits = mnist.load(data_dir)[1].first(100)
    monkeypatch.setattr(mnist, "load", lambda data=None, device="cpu": (digits, digits))
    monkeypatch.setenv("INKLING_DATA", str(data_dir))


@pytest.fixture
def two_strengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure each robustness curve at only two strengths."""
    kinds = {
        name: dataclasses.replace(kind, strengths=(kind.unchanged, kind.strengths[-1]))
        for name, kind in robustness.KINDS.items()
    }
    monkeypatch.setattr(robustness, "KINDS", kinds)


@pytest.mark.usefixtures("hundred_digits", "two_strengths")
def test_the_command_prints_calibration_and_curves_and_writes_plots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "plots"
    assert main(["evaluate", "--device", "cpu", "--plots", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report) == [
        "model", "sha256", "temperature", "pictures", "correct", "accuracy", "average_loss", "calibrated_loss",
        "calibration_error",
        "digits", "confusion", "reliability", "mistakes", "robustness", "plots",
    ]  # fmt: skip
    assert report["temperature"] == Classifier.load(engine="onnx").temperature
    assert sum(each["count"] for each in report["reliability"]) == report["pictures"] == 100
    assert set(report["reliability"][0]) == {"low", "high", "count", "confidence", "accuracy"}
    for curve in report["robustness"]:
        assert set(curve) == {"name", "unit", "points"}
        assert report["accuracy"] in [point["accuracy"] for point in curve["points"]]
    names = ["confusion.png", "reliability.png", "robustness.png", "mistakes.png"]
    assert report["plots"] == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    for name in names:
        grey_levels((folder / name).read_bytes())

    assert main(["evaluate", "--device", "cpu", "--curves"]) == 0
    output = capsys.readouterr().out
    assert f"expected calibration error {report['calibration_error']:.4f} (15 bins of softmax(logits" in output
    for curve in report["robustness"]:
        assert f"\n{curve['name']}, {curve['unit']}" in output
    assert "Plots" not in output


@pytest.mark.usefixtures("hundred_digits")
def test_the_average_loss_is_the_one_of_training_even_for_calibrated_weights(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = mnist.load()[1]
    trained = accuracy.evaluate(network_of(checkpoint.read(checkpoint.LESSON)), digits)
    assert main(["evaluate", "--device", "cpu", "--weights", "lesson"]) == 0
    output = capsys.readouterr().out
    calibration = Classifier.load(checkpoint.LESSON, "onnx").temperature
    assert f"Test set: Average loss: {trained.loss:.4f}, Accuracy: {trained.correct}/100" in output
    calibrated = accuracy.evaluate(network_of(checkpoint.read(checkpoint.LESSON)), digits, calibration).calibrated_loss
    assert f"Average loss of softmax(logits / {calibration:g}): {calibrated:.4f}" in output


@pytest.mark.usefixtures("hundred_digits")
def test_slow_measurements_are_optional(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--device", "cpu", "--json"]) == 0
    printed = capsys.readouterr()
    assert not {"limits", "robustness", "drawings", "plots"} & set(json.loads(printed.out))
    assert printed.err == ""


@pytest.mark.usefixtures("hundred_digits")
def test_an_unwritable_folder_for_plots_is_reported_before_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "_measure", lambda *_: pytest.fail("measured"))
    (tmp_path / "file").write_text("")
    assert main(["evaluate", "--plots", str(tmp_path / "file")]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"inkling: {tmp_path / 'file'} cannot be written")
    assert printed.out == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of ones and sevens, a file of crosses, and a text file."""
    return write_folder(tmp_path / "drawings")


@pytest.mark.usefixtures("hundred_digits")
def test_the_command_measures_a_folder_of_drawings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--device", "cpu", "--drawings", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["drawings"]
    assert [len(report["digits"]), len(report["others"])] == [6, 2]
    assert list(report["digits"][0]) == [
        "file", "drawings", "writers", "placement", "way", "accuracy", "calibration_error", "sure_and_wrong",
        "refused", "unsure",
    ]  # fmt: skip
    assert list(report["others"][0]) == [
        "file", "drawings", "writers", "way", "sure", "refused", "unsure", "confidence", "compared_with",
        "auroc_confidence", "auroc_familiarity",
    ]  # fmt: skip
    assert main(["evaluate", "--device", "cpu", "--drawings", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for row in report["digits"]:
        assert any(f"{row['placement']:<21}  {row['way']:<7}" in line for line in lines)
    assert sum("mine_signs" in line for line in lines) == 2


@pytest.mark.usefixtures("hundred_digits")
def test_a_damaged_file_of_drawings_is_named_before_measuring(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "damaged.npz").write_bytes((folder / "mine_signs.npz").read_bytes()[:300])
    assert main(["evaluate", "--device", "cpu", "--drawings", str(folder)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"inkling: {folder / 'damaged.npz'} is damaged or not an .npz file.\n"
    (tmp_path / "bare").mkdir()
    for place, words in (("bare", "There is no .npz file in"), ("nowhere", "There is no folder")):
        assert main(["evaluate", "--drawings", str(tmp_path / place)]) == 1
        assert words in capsys.readouterr().err


def test_the_json_report_has_each_row_of_an_image_on_its_own_line(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = mnist.load(data_dir)[1].first(400)
    monkeypatch.setattr(mnist, "load", lambda data=None, device="cpu": (few, few))
    assert main(["evaluate", "--device", "cpu", "--weights", "dense", "--json"]) == 0
    printed = capsys.readouterr().out
    report = json.loads(printed)
    wrong = report["pictures"] - report["correct"]
    assert 0 < wrong < 20
    assert len(report["mistakes"]) == wrong
    for mistake in report["mistakes"]:
        image = few.images[mistake["index"]].tolist()
        assert mistake["picture"] == image
        assert "\n".join(f"        {json.dumps(row)}," for row in image[:27]) in printed
        assert sum(mistake["probabilities"]) == pytest.approx(1, abs=1e-6)
    assert len(printed.splitlines()) < 400 + 40 * wrong


def test_only_lists_of_numbers_are_written_on_one_line() -> None:
    report = {"a": [[1, -2.5, 1e-05], []], "b": ["[\n  1,\n  2\n]", None], "c": [{"d": [3]}], "e": [None, 1]}
    written = evaluate._to_text(report)
    assert json.loads(written) == report
    assert "[1, -2.5, 1e-05]" in written
    assert '"d": [3]' in written
