"""Several processes train the network together as one process would."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.data import mnist
from model.runs.commands import Command, send
from model.runs.directory import RunFolder
from model.runs.session import training
from model.runs.settings import RunSettings
from model.training import __main__ as command
from model.training.parallel import processes
from model.training.recipes import FAST
from model.training.run_state import arrays
from model.training.trainer import Trainer, TrainingError, lay_out
from tests import ROOT
from tests.support.training_runs import RESULTS, Both, names

TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node=2")
# python -m model.training, with 181 training and 300 test digits.
TRAIN_ON_FEW_DIGITS = """
import runpy
from model.data import mnist
whole = mnist.load
mnist.load = lambda *arguments: tuple(d.first(n) for d, n in zip(whole(*arguments), (181, 300)))
runpy.run_module("model.training", run_name="__main__", alter_sys=True)
"""


def test_two_processes_take_the_steps_of_one_and_process_0_writes_the_files(
    few: Both, data_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    (tmp_path / "train.py").write_text(TRAIN_ON_FEW_DIGITS, encoding="utf-8")
    # 181 images in batches of 60: the last batch has a single image, so it has none for the second process.
    options = ["--recipe", "fast", "--seed", "5", "--batch", "60", "--share", "1"]
    program = [sys.executable, "-m", *TORCHRUN, str(tmp_path / "train.py"), *options, "--device", "cpu"]
    program += ["--data", str(data_dir), "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Test set:") == 2  # once for each epoch, not once for each process
    assert names(out) == sorted(["epoch-00.safetensors", "epoch-01.safetensors", "resume.pt", *RESULTS])
    weights = checkpoint.read(out / "mnist_cnn.safetensors")
    assert weights.metadata["processes"] == "2"
    record = RunFolder(out).settle()
    assert (record.state, record.epochs_done, record.settings.batch) == ("finished", 1, 60)
    assert record.results[1].accuracy == pytest.approx(float(weights.metadata["accuracy"]), abs=1e-4)

    alone = Trainer(replace(FAST, batch=60), 5, "cpu")
    digits = few[0].first(181)
    reports = list(alone.epoch(lay_out(digits.normalised(), "cpu"), digits.labels, 1))
    assert (reports[-1].batch, reports[-1].images) == (4, 181)
    untrained = checkpoint.read(out / "epoch-00.safetensors")
    for key, values in arrays(alone).items():
        assert np.abs(weights.tensors[key] - values).max() < 1e-4, key
        assert np.abs(untrained.tensors[key] - values).max() > 1e-3, key
    losses = json.loads(weights.metadata["training_loss_per_epoch"])
    assert losses == [None, pytest.approx(reports[-1].loss, abs=1e-4)]


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(TrainingError, match=r"finds 2\. Use --nproc-per-node=2"), processes.process_group("cuda"):
        pass


def test_impossible_options_are_refused_before_training_starts(
    few: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mnist, "fetch", lambda *_: None)
    monkeypatch.setattr(mnist, "load", lambda *_: few)
    assert command.main(["--resume", "--device", "cpu", "--out", str(tmp_path / "none")]) == 2
    assert "There is no run to resume" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["--share", "2"])
    assert "argument --share: '2' is not a number from 0.001 to 1" in capsys.readouterr().err


def test_a_run_without_the_command_inkling_is_recorded_and_obeys_the_page(
    few: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    digits = few[0].first(200), few[1].first(50)

    def load_and_stop(*_: object) -> Both:
        send(RunFolder(out).commands, Command("stop"))
        return digits

    monkeypatch.setattr(mnist, "fetch", lambda *_: None)
    monkeypatch.setattr(mnist, "load", load_and_stop)
    options = ["--epochs", "1", "--learning-rate", "0.01", "--device", "cpu", "--out", str(out)]
    assert command.main(options) == command.STOPPED
    assert RunFolder(out).read().state == "stopped"
    assert "--resume continues the run" in capsys.readouterr().err
    monkeypatch.setattr(mnist, "load", lambda *_: digits)
    with training(out, RunSettings.of_recipe(), tmp_path):
        assert command.main([*options, "--resume"]) == command.FAILED
    assert "Another process is already training" in capsys.readouterr().err
    assert command.main([*options, "--resume"]) == 0
    found = RunFolder(out).read()
    assert (found.state, found.settings.learning_rate, len(found.results)) == ("finished", 0.01, 2)
