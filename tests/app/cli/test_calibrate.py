"""`inkling calibrate`: the weights that it accepts, its output, and its error message for missing weights."""

from pathlib import Path

import pytest

from app.cli.__main__ import main
from model import checkpoint
from model.checkpoint import CheckpointError
from model.training import calibrate


def test_missing_weights_are_named(tmp_path: Path, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "nowhere.safetensors"
    assert main(["calibrate", "--weights", str(missing), "--data", str(data_dir)]) == 2
    assert capsys.readouterr().err == f"inkling: {missing} does not exist. Check its name and its folder.\n"


def test_commands_accept_the_names_of_shipped_weights(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    received: list[Path] = []

    def stop(weights: Path, *_: object, **__: object) -> None:
        received.append(weights)
        raise CheckpointError("Enough.")

    monkeypatch.setattr(calibrate, "calibrate", stop)
    for name in checkpoint.NAMES:
        assert main(["calibrate", "--weights", name, "--data", str(data_dir)]) == 1
        assert main(["predict", "--weights", name, "--json", "docs/seven.png"]) == 0
        assert f'"{name}-' in capsys.readouterr().out
    assert received == [checkpoint.ROBUST, checkpoint.LESSON]


def test_the_command_prints_the_report_and_the_file(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = calibrate.Report(1.25, loss_before=0.03, loss=0.025, auroc=0.9987, refused=0.951)
    monkeypatch.setattr(calibrate, "calibrate", lambda *_, **__: (Path("mine.calibration.safetensors"), report))
    assert main(["calibrate", "--data", str(data_dir)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "This takes about five minutes on two CPU cores, 0.9 GB of memory and 0.3 GB for a temporary file.",
        "Temperature 1.25: the loss on held-out digits falls from 0.0300 to 0.0250.",
        "A threshold that refuses 1 % of digits refuses 95.1% of images that are not digits; AUROC 0.9987.",
        "Written: mine.calibration.safetensors",
    ]
