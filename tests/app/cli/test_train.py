"""`inkling train`: its output, its error messages, and the files that it saves."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.cli import options, progress
from app.cli.__main__ import main
from model import checkpoint, hints
from model.data import mnist
from model.runs.directory import RunFolder
from model.runs.settings import RunSettings
from model.training.recipes import RECIPES
from tests import ROOT
from tests.support.training_runs import Both, Run, names


@pytest.fixture
def few_digits(few: Both, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the commands train and evaluate on a few digits."""
    monkeypatch.setattr(mnist, "load", lambda *_: few)
    monkeypatch.setenv("INKLING_DATA", str(data_dir))


def train(*arguments: str | Path) -> int:
    return main(["train", "--device", "cpu", *map(str, arguments)])


@pytest.mark.usefixtures("few_digits")
def test_the_command_prints_the_lines_of_the_lesson_and_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.0)
    out = tmp_path / "run"
    assert train("--out", out, "--seed", "5", "--epochs", "3") == 0
    output = capsys.readouterr().out
    line = r"Test set: Average loss: \d\.\d{4}, Accuracy: \d+/300 \(\d+\.\d\d%\)"
    assert re.search(rf"^Before training\. {line}$", output, re.MULTILINE)
    for epoch in (1, 2, 3):
        assert re.search(rf"^Epoch {epoch}: training loss \d\.\d{{4}}\. {line}$", output, re.MULTILINE)
    assert re.search(
        r"^Epoch 2/3, 1024/1100 images, [\d,]+ images/s, loss \d\.\d{4}, \d+:\d\d left$", output, re.MULTILINE
    )
    assert f"inkling serve --weights {out}/mnist_cnn.safetensors" in output
    assert (out / "mnist_cnn.pth").read_bytes() == (whole_run[0] / "mnist_cnn.pth").read_bytes()
    assert "\x1b" not in output


@pytest.mark.usefixtures("few_digits")
def test_the_command_shows_a_progress_bar_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert train("--out", tmp_path / "run", "--epochs", "1") == 0
    output = capsys.readouterr().out
    assert "━" in output
    assert "100%" in output
    assert re.search(r"Epoch 1/1 .*[\d,]+ images/s, loss \d\.\d{4}, \d+:\d\d left", output)
    assert "Test set: Average loss" in output
    assert output.count("\x1b[?25l") == output.count("\x1b[?25h") > 0  # the hidden cursor is shown again


@pytest.mark.usefixtures("few_digits")
def test_refusals_are_printed_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for arguments, words in (
        (["--resume"], "no run to resume"),
        (["--out", str(tmp_path / "file")], "cannot be written"),
    ):
        assert train("--out", tmp_path / "run", *arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("inkling: ")
        assert words in error
        assert "Traceback" not in error


WRONG = [
    ("--recipe", "typo", "choose from 'lesson', 'fast', 'robust'"),
    ("--epochs", "0", "'0' is not a whole number from 1"),
    ("--epochs", "five", "'five' is not a whole number from 1"),
    ("--seed", "-1", "'-1' is not a whole number from 0"),
    ("--batch", "5000", "'5000' is not a whole number from 1 to 4096"),
    ("--learning-rate", "nan", "'nan' is not a number from 1e-06 to 10"),
    ("--optimiser", "sdg", "choose from 'adam', 'sgd'"),
    ("--augmented", "half", "'half' is not a number from 0 to 1"),
    ("--share", "0", "'0' is not a number from 0.001 to 1"),
]


def test_a_wrong_option_is_named_before_pytorch_is_imported_and_data_is_fetched(tmp_path: Path) -> None:
    script = """
import sys
from app.cli.__main__ import main
for start in range(2, len(sys.argv), 2):
    try:
        main(["train", "--data", sys.argv[1], *sys.argv[start : start + 2]])
    except SystemExit as refusal:
        print(refusal.code, "torch" in sys.modules)
"""
    options = [word for option, value, _ in WRONG for word in (option, value)]
    command = [sys.executable, "-c", script, str(tmp_path / "data"), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n" * len(WRONG)
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    for (option, _, words), error in zip(WRONG, errors, strict=True):
        assert f"argument {option}: " in error
        assert words in error
    assert list(tmp_path.iterdir()) == []


def test_the_help_lists_the_recipes_with_their_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for recipe in RECIPES.values():
        line = rf"^  {recipe.name} +{recipe.epochs} epochs? +{re.escape(recipe.summary)}$"
        assert re.search(line, text, re.MULTILINE)


@pytest.mark.usefixtures("few_digits")
def test_commands_name_a_missing_package_before_they_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, package in (
        ("train", "torch"),
        ("evaluate", "rich"),
        ("train", "onnx"),
        ("train", "matplotlib"),
    ):
        monkeypatch.setattr(options, "find_spec", lambda name, missing=package: None if name == missing else True)
        assert main([command]) == 1
        error = capsys.readouterr().err
        assert f"{package} is not installed" in error
        assert "This command installs what is missing" in error


@pytest.mark.usefixtures("few_digits")
def test_after_a_full_disk_the_run_can_be_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    fsync, left = os.fsync, [8]  # the record takes two of them and an epoch three, so the disk is full in epoch 2

    def fill(file: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        fsync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill)
        assert train("--out", out, "--seed", "5", "--epochs", "3") == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert f"inkling train --resume --out {out}" in error
    assert names(out) == ["epoch-00.safetensors", "epoch-01.safetensors", "resume.pt"]
    assert train("--resume", "--out", out) == 0
    assert (out / "mnist_cnn.safetensors").read_bytes() == (whole_run[0] / "mnist_cnn.safetensors").read_bytes()


@pytest.mark.usefixtures("few_digits")
def test_the_dense_network_and_shuffled_pixels_are_trained_and_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["train", "--device", "cpu", "--epochs", "1", "--network", "dense"]
    assert main([*arguments, "--shuffle-pixels"]) == 0
    output = capsys.readouterr().out
    assert (
        "Dense network, shuffled pixels, recipe lesson, seed 0, on cpu; results in runs/dense-lesson-shuffled" in output
    )
    evaluate = hints.command("evaluate", "--weights", "runs/dense-lesson-shuffled/mnist_dense.safetensors")
    assert f"To measure it: {evaluate}" in output
    changes = [
        "--batch",
        "100",
        "--learning-rate",
        "0.01",
        "--optimiser",
        "sgd",
        "--augmented",
        "0.5",
        "--share",
        "0.01",
    ]
    assert main([*arguments, *changes]) == 0
    expected = (
        "with batch 100, learning rate 0.01, optimiser sgd, augmented 0.5, share 0.01, seed 0, on cpu; results in"
    )
    assert f"{expected} runs/dense-lesson\n" in capsys.readouterr().out
    settings = RunFolder(tmp_path / "runs/dense-lesson").read().settings
    assert settings == RunSettings("lesson", 1, 100, 0.01, "sgd", augmented=0.5, share=0.01, network="dense")
    assert main([*arguments, "--resume", "--batch", "64"]) == 1
    assert "has batch 100, not 64. Start a new run in another folder with --out." in capsys.readouterr().err
    last = checkpoint.read("runs/dense-lesson-shuffled/mnist_dense.safetensors", baselines=True)
    command = ["evaluate", "--device", "cpu", "--json", "--weights"]
    assert main([*command, "runs/dense-lesson-shuffled/mnist_dense.safetensors"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["accuracy"] == pytest.approx(float(last.metadata["accuracy"]), abs=1e-4)
    assert main([*command, "runs/dense-lesson/mnist_dense.pth"]) == 0
    report = json.loads(capsys.readouterr().out)
    last = checkpoint.read("runs/dense-lesson/mnist_dense.safetensors", baselines=True)
    assert report["accuracy"] == pytest.approx(float(last.metadata["accuracy"]), abs=1e-4)


TRAIN_ON_FEW_DIGITS = """
import sys
from model.data import mnist
from model.runs.directory import RunFolder
from model.runs.settings import RunSettings
from model.training.recipes import RECIPES
from tests import ROOT
whole = mnist.load
mnist.load = lambda *arguments: tuple(d.first(n) for d, n in zip(whole(*arguments), (1100, 300)))
from app.cli import progress
progress.PLAIN_EVERY = 0.0
from app.cli.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_keeps_the_last_complete_epoch_and_prints_how_to_resume(
    data_dir: Path, whole_run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "a run"
    arguments = ["train", "--device", "cpu", "--data", str(data_dir), "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN_ON_FEW_DIGITS, *arguments, "--seed", "5", "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Epoch 2/500, 1024/"):
            process.send_signal(signal.SIGINT)
            break
    _, error = process.communicate()
    watchdog.cancel()
    assert process.returncode == 130, error
    message = re.search(r"Stopped\. Epoch (\d+) is saved in (.*)\. To continue: (.*)\n$", error)
    assert message, error
    last = int(message[1])
    assert message[2] == str(out / f"epoch-{last:02}.safetensors")
    assert message[3] == hints.command("train", "--resume", "--out", str(out), "--data", str(data_dir))
    assert "Traceback" not in error
    assert names(out) == [*(f"epoch-{number:02}.safetensors" for number in range(last + 1)), "resume.pt"]
    for number in range(min(last, 3) + 1):
        name = f"epoch-{number:02}.safetensors"
        assert (out / name).read_bytes() == (whole_run[0] / name).read_bytes(), name
