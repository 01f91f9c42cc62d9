"""The weights in the middle of an epoch can be read, and do not remain."""

import errno
import os
from itertools import pairwise
from pathlib import Path

import pytest

from model import checkpoint
from model.checkpoint import CheckpointError
from model.runs.commands import Command, send
from model.runs.directory import RunFolder
from model.training.events import EpochDone, Progress
from model.training.recording.snapshots import MOST
from model.training.run_state import RunState
from tests.support.training_runs import Both, events_of, recording


@pytest.fixture(scope="module")
def digits(few: Both) -> Both:
    """200 training digits, so four batches an epoch, and 50 test digits."""
    return few[0].first(200), few[1].first(50)


def test_the_newest_weights_can_be_read_in_the_middle_of_an_epoch(digits: Both, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with recording(folder.path, digits) as events:
        send(folder.commands, Command("step"))
        found = []
        for event in events:
            if isinstance(event, Progress) and event.epoch == 1:
                found.append(checkpoint.read(folder.snapshot(1, event.batch)))
                send(folder.commands, Command("step" if event.batch < 4 else "stop"))
                assert len(list(folder.snapshots())) == min(event.batch, MOST)
            elif isinstance(event, EpochDone) and event.epoch == 1:
                assert list(folder.snapshots()) == []
                found.append(checkpoint.read(event.file))
    names = [event.values()["weights"]["name"] for event in events_of(folder.path) if event.name == "batch"]
    assert names == ["run:1-1", "run:1-2", "run:1-3", "run:1-4"]
    kernels = [each.tensors["features.0.weight"] for each in found]
    assert len(kernels) == 5
    assert all((before != after).any() for before, after in pairwise(kernels[:4]))
    assert (kernels[3] == kernels[4]).all()
    assert "accuracy" not in found[0].metadata


@pytest.mark.parametrize("cause", ["stop", "kill"])
def test_no_weights_of_an_incomplete_epoch_remain(cause: str, digits: Both, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with recording(folder.path, digits) as events:
        next(event for event in events if isinstance(event, Progress))
        assert list(folder.snapshots()) == [folder.snapshot(1, 4)]
        content = folder.snapshot(1, 4).read_bytes()
    assert list(folder.snapshots()) == []
    if cause == "kill":  # the process could not delete them
        folder.snapshot(1, 4).write_bytes(content)
        with recording(folder.path, digits) as events:
            next(events)
            assert list(folder.snapshots()) == []


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), CheckpointError("is infinite")])
def test_a_run_continues_if_a_snapshot_cannot_be_written(
    error: Exception, digits: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(RunState, "save_snapshot", fail)
    with recording(tmp_path / "run", digits) as events:
        list(events)
    batches = [event.values() for event in events_of(tmp_path / "run") if event.name == "batch"]
    assert [event["weights"] for event in batches] == [None] * 3
    assert RunFolder(tmp_path / "run").read().state == "finished"
