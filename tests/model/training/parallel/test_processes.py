"""Several processes train the network together as one process would."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.data import mnist
from model.training import __main__ as command
from model.training.parallel import processes
from model.training.recipes import FAST
from model.training.run_state import arrays
from model.training.trainer import Trainer, TrainingError, lay_out
from tests import ROOT
from tests.support.training_runs import RESULTS, Both, names

TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "model.training")


def test_two_processes_take_the_steps_of_one_and_process_0_writes_the_files(
    few: Both, data_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    # 181 images in batches of 60: the last batch has a single image, so it has none for the second process.
    options = ["--recipe", "fast", "--seed", "5", "--batch", "60", "--share", str(181 / 60_000)]
    program = [sys.executable, "-m", *TORCHRUN, *options, "--device", "cpu"]
    done = subprocess.run(
        [*program, "--data", str(data_dir), "--out", str(out)], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Test set:") == 2  # once for each epoch, not once for each process
    assert names(out) == sorted(["epoch-00.safetensors", "epoch-01.safetensors", "resume.pt", *RESULTS])
    weights = checkpoint.read(out / "mnist_cnn.safetensors")
    assert weights.metadata["processes"] == "2"

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
    assert "--share must be from 0.001 to 1.0" in capsys.readouterr().err
