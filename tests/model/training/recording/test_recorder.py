"""A recorded run has the same weights, however it was paused, stepped, killed and resumed. No event is lost."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from model.checkpoint import replace_file
from model.data.mnist import DatasetError
from model.runs.commands import Command, send
from model.runs.directory import RunFolder
from model.runs.event_log import EventLog
from model.runs.session import RunInProgressError, training
from model.training.events import EpochDone, Progress
from model.training.recording.recorder import record
from tests import ROOT
from tests.support.servers import PATIENCE
from tests.support.training_runs import SETTINGS, Both, events_of, recording

KILLS = int(os.environ.get("INKLING_KILLS", "2"))


@pytest.fixture(scope="module")
def digits(few: Both) -> Both:
    """200 training digits, so four batches an epoch, and 50 test digits."""
    return few[0].first(200), few[1].first(50)


@pytest.fixture(scope="module")
def whole(digits: Both, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    with recording(out, digits) as events:
        list(events)
    return out


def assert_same_weights(out: Path, whole: Path) -> None:
    for name in ("epoch-00.safetensors", "epoch-01.safetensors", "epoch-02.safetensors", "mnist_cnn.safetensors"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_run_has_a_record_and_an_event_for_everything(whole: Path) -> None:
    names = [event.name for event in events_of(whole)]
    assert names == ["state", "started", "epoch", *["batch", "epoch"] * 3, "finished", "state"]
    found = RunFolder(whole).read()
    assert (found.id, found.state, found.epochs_done) == ("whole", "finished", 3)
    assert [each.epoch for each in found.results] == [0, 1, 2, 3]
    assert (found.sessions[0].device, found.settings) == ("cpu", SETTINGS)
    assert "mnist_cnn.pth" in found.files
    epoch = events_of(whole)[4].values()
    assert epoch["test"]["total"] == sum(map(sum, epoch["confusion"])) == 50
    assert epoch["train"]["total"] == 200
    assert len(epoch["mistakes"]) == min(50 - epoch["test"]["correct"], 20)
    assert epoch["weights"] == {"name": "whole:1"}


def test_the_record_says_what_an_event_says_when_the_event_is_written(
    digits: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that has read an event requests the run, its files or its weights at once."""
    out = tmp_path / "run"
    append, checked = EventLog.append, []

    def append_and_compare(log: EventLog, name: str, values: Mapping[str, Any]) -> None:
        append(log, name, values)
        found = RunFolder(out).read()
        match name:
            case "state":
                assert (found.state, found.message) == (values["state"], values["message"])
            case "epoch":
                assert found.epochs_done == found.results[-1].epoch == values["epoch"]
            case "started":
                assert found.sessions[-1].epoch == values["epoch"]
            case "finished":
                assert (found.state, list(found.files)) == ("finished", values["files"])
            case _:
                return
        checked.append(name if name != "state" else values["state"])

    monkeypatch.setattr(EventLog, "append", append_and_compare)
    with recording(out, digits) as events:
        send(RunFolder(out).commands, Command("pause"))
        send(RunFolder(out).commands, Command("step"))
        send(RunFolder(out).commands, Command("resume"))
        for event in events:
            if isinstance(event, EpochDone) and event.epoch == 1:
                send(RunFolder(out).commands, Command("stop"))
    with recording(out, digits) as events:
        list(events)
    expected = ["training", "started", "epoch", "epoch", "stopped"]
    expected += ["training", "started", "epoch", "epoch", "finished", "finished"]
    assert checked == expected


def test_steps_slow_motion_and_pauses_change_nothing_in_the_result(digits: Both, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    commands = RunFolder(out).commands
    with recording(out, digits) as events:
        send(commands, Command("step"))
        for event in events:
            match event:
                case Progress(epoch=1, batch=batch) if batch <= 2:
                    send(commands, Command("step", unit="batch" if batch == 1 else "epoch"))
                case EpochDone(epoch=1):
                    send(commands, Command("resume", seconds_per_batch=0.01))
                case EpochDone(epoch=2):
                    send(commands, Command("pause"))
                    send(commands, Command("resume"))
    assert_same_weights(out, whole)
    found = events_of(out)
    steps = [event.values() for event in found if event.name == "step"]
    assert [(step["epoch"], step["batch"]) for step in steps] == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (2, 4)]
    assert [event.values()["state"] for event in found if event.name == "state"][-1] == "finished"


def test_a_stopped_run_continues_after_its_last_complete_epoch(digits: Both, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with recording(out, digits) as events:
        for event in events:
            if isinstance(event, EpochDone) and event.epoch == 1:
                send(RunFolder(out).commands, Command("stop"))
    assert RunFolder(out).read().state == "stopped"
    with recording(out, digits) as events:
        list(events)
    assert_same_weights(out, whole)
    assert [event.values()["epoch"] for event in events_of(out) if event.name == "started"] == [0, 1]


def test_an_epoch_whose_event_was_lost_gets_it_when_the_run_is_resumed(digits: Both, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with recording(out, digits) as events:
        for event in events:
            if isinstance(event, EpochDone) and event.epoch == 1:
                break
    path = RunFolder(out).events
    expected = [event.values() for event in events_of(out) if event.name == "epoch"]
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"epoch","epoch":1' in line)
    replace_file(path, b"".join(lines[:at]) + lines[at][:20])  # as after a power cut
    with recording(out, digits) as events:
        next(events)
        next(events)
    found = [event.values() for event in events_of(out) if event.name == "epoch"]
    assert [each["epoch"] for each in found][:2] == [0, 1]
    assert found[1] | {"seq": 0} == expected[1] | {"seq": 0}


def test_a_run_says_that_it_continues_with_another_number_of_threads(digits: Both, tmp_path: Path) -> None:
    out, threads = tmp_path / "run", torch.get_num_threads()
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            with recording(out, digits) as events:
                next(event for event in events if isinstance(event, EpochDone) and event.epoch == number)
    finally:
        torch.set_num_threads(threads)
    notes = [event.values()["notes"] for event in events_of(out) if event.name == "started"]
    assert notes == [
        [],
        ["The run is trained with 1 threads before and with 2 now, so its weights will not be bit for bit those of an "
         "uninterrupted run."],
    ]  # fmt: skip
    assert [session.threads for session in RunFolder(out).read().sessions] == [1, 2]


def test_the_progress_of_a_download_is_an_event_and_its_failure_ends_the_run(tmp_path: Path) -> None:
    def load(progress: Callable[[str], None]) -> Both:
        progress("Trying a mirror …")
        raise DatasetError("MNIST could not be downloaded.")

    out = tmp_path / "run"
    with training(out, SETTINGS, tmp_path) as run, pytest.raises(DatasetError):
        list(record(run, load, "cpu"))
    assert [event.values() | {"seq": 0} for event in events_of(out)][1:] == [
        {"seq": 0, "event": "download", "message": "Trying a mirror …"},
        {"seq": 0, "event": "state", "state": "failed", "message": "MNIST could not be downloaded."},
    ]


def test_two_trainings_in_one_folder_are_refused(tmp_path: Path) -> None:
    out, runs = tmp_path / "run", tmp_path / "runs"
    with training(out, SETTINGS, runs):
        refused = pytest.raises(RunInProgressError, match=f"Another process is already training in {out}")
        with refused, training(out, SETTINGS, runs):
            pass
        with training(tmp_path / "elsewhere", SETTINGS, runs):
            pass
    with training(runs / "one", SETTINGS, runs):
        expected = pytest.raises(RunInProgressError, match="The run one is training")
        with expected as refusal, training(runs / "two", SETTINGS, runs):
            pass
        assert refusal.value.run == "one"
        assert not (runs / "two").exists()


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_run_starts_when_the_process_of_one_that_has_ended_releases_its_locks(tmp_path: Path, name: str) -> None:
    ended, started = threading.Event(), threading.Event()

    def end_slowly() -> None:
        with training(tmp_path / "one", SETTINGS, tmp_path) as run:
            run.set_state("stopped")
            ended.set()
            assert not started.wait(1.5)  # longer than a process waits for a lock that another one only checks

    process = threading.Thread(target=end_slowly)
    process.start()
    try:
        assert ended.wait(PATIENCE)
        with training(tmp_path / name, SETTINGS, tmp_path) as run:
            started.set()
            assert run.folder.read().state == "training"
    finally:
        process.join()
    RunFolder(tmp_path / name).delete()


# Trains in a process that is forked from one that has imported PyTorch, which takes seconds, but has not yet used it.
CHILDREN = """
import os, sys
from contextlib import closing
from pathlib import Path
import torch
from model.data import mnist
from model.runs.session import training
from model.training.recording.recorder import record
from tests.model.training.recording.test_recorder import SETTINGS
torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # imports the rest of PyTorch
data, out, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
for line in sys.stdin:
    if (child := os.fork()) == 0:
        torch.set_num_threads(threads)
        whole = mnist.load(data)
        digits = whole[0].first(1100).first(200), whole[1].first(300).first(50)
        with training(out, SETTINGS, out.parent) as run, closing(record(run, lambda _: digits, "cpu")) as events:
            for event in events:
                print(type(event).__name__, flush=True)
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


def test_kill_9_at_random_moments_loses_nothing(data_dir: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILDREN, str(data_dir), str(out), str(torch.get_num_threads())],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdin is not None
    assert parent.stdout is not None
    moments = random.Random(17)
    for attempt in range(KILLS + 1):
        parent.stdin.write("start\n")
        parent.stdin.flush()
        child, wanted = 0, moments.randrange(1, 4)  # events before the kill
        for line in parent.stdout:
            if line == "ended\n":
                break
            child = int(line) if line.strip().isdigit() else child
            wanted -= line.strip().isalpha()
            if attempt < KILLS and child and wanted == 0:
                time.sleep(moments.random() * 0.05)
                os.kill(child, signal.SIGKILL)
        events_of(out)  # the numbers are consecutive, and every line is complete
    parent.communicate()
    assert_same_weights(out, whole)
    assert [event.values()["epoch"] for event in events_of(out) if event.name == "epoch"] == [0, 1, 2, 3]
    assert RunFolder(out).read().state == "finished"
