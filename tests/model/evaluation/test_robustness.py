"""Evaluation: what is counted is what happened, and what is printed, written and plotted is what was counted."""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from app.cli import evaluate as evaluating_cli
from app.cli.__main__ import main
from app.cli.progress import Progress
from model import checkpoint
from model.data import mnist
from model.data.mnist import Digits
from model.evaluation import plots, robustness
from model.evaluation.accuracy import Evaluation, compute_logits, evaluate
from model.evaluation.reliability import auroc, calibration_error, reliability
from model.inference.classifier import Classifier
from model.network import Network
from model.training import trainer


@pytest.fixture(scope="module")
def few(data_dir: Path) -> Digits:
    """The first 100 of MNIST's test digits."""
    return mnist.load(data_dir)[1].first(100)


@pytest.fixture(scope="module")
def network() -> Network:
    """The shipped weights."""
    return trainer.network_of(checkpoint.read(checkpoint.LESSON))


@pytest.fixture
def little(few: Digits, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command find only those few digits."""
    monkeypatch.setenv("INKLING_DATA", str(data_dir))
    monkeypatch.setattr(mnist, "load", lambda data=None, device="cpu": (few, few))


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two strengths of every change."""
    kinds = {
        name: dataclasses.replace(kind, strengths=(kind.unchanged, kind.strengths[-1]))
        for name, kind in robustness.KINDS.items()
    }
    monkeypatch.setattr(robustness, "KINDS", kinds)


def made_up(labels: list[int], answers: list[int], confidence: list[float]) -> Evaluation:
    return Evaluation(0.1, np.array(labels), np.array(answers), np.array(confidence, np.float32))


# ---------------------------------------------------------------- calibration


def test_the_calibration_error_is_the_mean_distance_of_confidence_and_accuracy_weighted_by_how_many_there_are() -> None:
    # Two bins of width 1/2: 0.2 and 0.4 of which one is right, and 0.6, 0.8, 1.0 of which two are.
    confidence = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
    right = np.array([True, False, True, False, True])
    low, high = bins = reliability(confidence, right, bins=2)
    assert (low.low, low.high, high.low, high.high) == (0.0, 0.5, 0.5, 1.0)
    assert (low.count, low.accuracy, high.count) == (2, 0.5, 3)
    assert low.confidence == pytest.approx(0.3)
    assert high.confidence == pytest.approx(0.8)
    assert high.accuracy == pytest.approx(2 / 3)
    assert calibration_error(bins) == pytest.approx(2 / 5 * 0.2 + 3 / 5 * (0.8 - 2 / 3))


def test_answers_that_are_right_as_often_as_they_say_have_no_calibration_error() -> None:
    right = np.arange(1000) % 10 < 7
    assert calibration_error(reliability(np.full(1000, 0.7), right)) == pytest.approx(0, abs=1e-12)
    assert calibration_error(reliability(np.ones(1000), right)) == pytest.approx(0.3)


def test_every_answer_is_in_one_of_fifteen_bins_and_an_empty_bin_has_no_mean() -> None:
    confidence = np.append(np.random.default_rng(0).uniform(0.5, 1, 500), [0.0, 1.0]).astype(np.float32)
    bins = reliability(confidence, np.ones(502, bool))
    assert len(bins) == 15
    assert sum(each.count for each in bins) == 502
    assert (bins[0].count, bins[0].confidence) == (1, 0.0)
    assert (bins[3].count, bins[3].confidence, bins[3].accuracy) == (0, None, None)
    for each in bins:
        assert each.count == ((confidence >= each.low) & ((confidence < each.high) | (each.high == 1))).sum()
        assert each.confidence is None or each.low <= each.confidence <= each.high


def test_of_no_answers_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="no predictions"):
        calibration_error(reliability(np.zeros(0), np.zeros(0, bool)))
    with pytest.raises(ValueError, match="both digits and others"):
        auroc(np.zeros(0), np.ones(3))


def test_the_area_under_the_curve_is_the_share_of_pairs_in_which_the_digit_scores_higher() -> None:
    digits, others = np.array([0.9, 0.5, 0.5]), np.array([0.1, 0.5])
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in digits for b in others]
    assert auroc(digits, others) == pytest.approx(np.mean(pairs))
    assert auroc(np.array([2.0]), np.array([1.0])) == 1
    assert auroc(np.array([1.0]), np.array([2.0])) == 0


# ---------------------------------------------------------------- evaluation


def test_a_temperature_changes_how_sure_an_answer_is_and_no_answer(network: Network, few: Digits) -> None:
    plain, cooler = evaluate(network, few), evaluate(network, few, temperature=2.0)
    assert np.array_equal(plain.predictions, cooler.predictions)
    expected = (compute_logits(network, few.normalised()) / 2).softmax(1).max(1).values
    assert np.allclose(cooler.confidence, expected.numpy(), atol=1e-6)
    assert cooler.confidence.mean() < plain.confidence.mean()
    assert cooler.loss != plain.loss


def test_an_evaluation_knows_its_calibration() -> None:
    result = made_up([1, 2, 3, 4], [1, 2, 3, 9], [0.9, 0.9, 0.9, 0.9])
    assert result.calibration_error == pytest.approx(0.15, abs=1e-6)
    assert [each.count for each in result.reliability if each.count] == [4]


# ---------------------------------------------------------------- robustness


def a_bar() -> torch.Tensor:
    """Four pictures of an upright bar, four pixels wide and twelve high, in the middle."""
    bar = torch.zeros(4, 28, 28, dtype=torch.uint8)
    bar[:, 8:20, 12:16] = 255
    return bar


def test_a_shift_goes_in_all_four_directions_and_nothing_wraps() -> None:
    bar = a_bar()
    right, down, left, up = robustness.shifted(bar, 3)
    for moved, step, axis in ((right, 3, 1), (down, 3, 0), (left, -3, 1), (up, -3, 0)):
        assert torch.equal(moved, bar[0].roll(step, axis))
    assert [int((one > 0).sum()) for one in robustness.shifted(bar, 14)] == [2 * 12, 4 * 6, 2 * 12, 4 * 6]


def test_a_rotation_is_clockwise_and_a_quarter_turn_is_exact() -> None:
    corner = torch.zeros(1, 28, 28, dtype=torch.uint8)
    corner[0, 2:5, 2:5] = 255
    assert torch.equal(robustness.rotated(corner, 90)[0], corner[0].rot90(-1))
    assert robustness.rotated(corner, 15)[0, :, 14:].sum() == 0
    assert torch.equal(robustness.rotated(a_bar(), 0), a_bar())


def test_a_scale_multiplies_the_ink_by_its_square() -> None:
    bar = a_bar()
    for factor in (0.5, 0.7, 1.2, 1.4):
        assert int(robustness.scaled(bar, factor)[0].sum()) == pytest.approx(factor**2 * int(bar[0].sum()), rel=0.03)


@pytest.mark.parametrize("pixels", [-1.5, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0])
def test_a_line_becomes_wider_by_what_is_asked_for(pixels: float) -> None:
    widened = robustness.widened(a_bar(), pixels)[0]
    assert widened[13].sum().item() / 255 == pytest.approx(4 + pixels, abs=0.02)  # across the bar, far from its ends


def test_noise_is_as_strong_as_asked_for_and_the_same_every_time() -> None:
    grey = torch.full((50, 28, 28), 128, dtype=torch.uint8)
    noisy = robustness.noisy(grey, 0.1)
    assert noisy.float().std().item() == pytest.approx(25.5, rel=0.02)
    assert torch.equal(noisy, robustness.noisy(grey, 0.1))


def test_a_curve_begins_with_the_accuracy_of_unchanged_digits_and_falls(network: Network, few: Digits) -> None:
    unchanged = evaluate(network, few)
    said: list[str] = []
    found = {curve.name: curve for curve in robustness.curves(network, few, unchanged, report=said.append)}
    assert list(found) == ["shift", "rotation", "scale", "stroke width", "noise"]
    assert len(said) == sum(len(kind.strengths) - 1 for kind in robustness.KINDS.values())
    for name, curve in found.items():
        kind = robustness.KINDS[name]
        assert tuple(point.strength for point in curve.points) == kind.strengths == tuple(sorted(kind.strengths))
        at = {point.strength: point for point in curve.points}
        assert at[kind.unchanged].accuracy == unchanged.accuracy
        assert at[kind.unchanged].confidence == pytest.approx(float(unchanged.confidence.mean()))
        assert min(at[curve.points[0].strength].accuracy, at[curve.points[-1].strength].accuracy) < unchanged.accuracy


# ---------------------------------------------------------------- plots


def pixels(png: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("L"))


def test_plots_are_on_white_and_large_enough_to_be_read(few: Digits) -> None:
    result = made_up([1, 2, 3, 4], [1, 2, 5, 9], [0.95, 0.4, 0.7, 1.0])
    surest = result.mistakes(40)
    shown = [few.images[mistake.index].numpy() for mistake in surest]
    points = (robustness.Point(0, 0.99, 0.99), robustness.Point(4, 0.5, 0.9))
    curves = [robustness.Curve(name, kind.unit, points) for name, kind in robustness.KINDS.items()]
    for png in (
        plots.confusion("a", result),
        plots.reliability("a", result),
        plots.robustness("a", curves),
        plots.mistakes("a", surest, shown, 2),
    ):
        drawn = pixels(png)
        assert 250 <= drawn.shape[0] <= 2000
        assert 700 <= drawn.shape[1] <= 2000
        assert np.median(drawn) == 255
        assert drawn.min() < 100


def test_a_network_without_mistakes_has_a_sheet_that_says_so() -> None:
    assert (pixels(plots.mistakes("a", [], [], 0)) < 255).any()


# ---------------------------------------------------------------- the command


@pytest.mark.usefixtures("little", "brief")
def test_the_command_prints_calibration_and_curves_and_writes_plots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "plots"
    assert main(["evaluate", "--device", "cpu", "--plots", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report) == [
        "model", "sha256", "temperature", "pictures", "correct", "accuracy", "average_loss", "calibration_error",
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
        pixels((folder / name).read_bytes())

    assert main(["evaluate", "--device", "cpu", "--curves"]) == 0
    said = capsys.readouterr().out
    assert f"expected calibration error {report['calibration_error']:.4f} (15 bins of softmax(logits" in said
    for curve in report["robustness"]:
        assert f"\n{curve['name']}, {curve['unit']}" in said
    assert "Plots" not in said


@pytest.mark.usefixtures("little")
def test_what_takes_longer_is_measured_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--device", "cpu", "--json"]) == 0
    shown = capsys.readouterr()
    assert not {"limits", "robustness", "drawings", "plots"} & set(json.loads(shown.out))
    assert shown.err == ""


@pytest.mark.usefixtures("little")
def test_plots_that_cannot_be_written_are_said_in_a_sentence_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluating_cli, "_measure", lambda *_: pytest.fail("measured"))
    (tmp_path / "file").write_text("")
    assert main(["evaluate", "--plots", str(tmp_path / "file")]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(f"inkling: {tmp_path / 'file'} cannot be written")
    assert shown.out == ""


# ---------------------------------------------------------------- progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_to_whoever_waits_longer_than_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("app.cli.progress.time.monotonic", lambda: clock[0])
    pipe, terminal = io.StringIO(), Terminal()
    with Progress(pipe) as to_pipe, Progress(terminal) as to_terminal:
        for second in (0, 1.9, 2.1, 3, 12.2):
            clock[0] = second
            to_pipe(f"at {second}")
            to_terminal(f"at {second}")
    assert pipe.getvalue() == "at 2.1\nat 12.2\n"
    assert terminal.getvalue() == "".join(f"\r\x1b[K{what}" for what in ("at 2.1", "at 3", "at 12.2", ""))
