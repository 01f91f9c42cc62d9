"""Short training runs on a few digits, with or without a record, and a function that compares two runs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import torch

from model.data import mnist
from model.data.mnist import Digits
from model.runs.directory import RunFolder
from model.runs.event_log import Event as RecordedEvent
from model.runs.event_log import EventReader
from model.runs.session import training
from model.runs.settings import RunSettings
from model.training.events import Event, Progress
from model.training.recording.recorder import record
from model.training.run import train
from model.training.run_state import RESUME

SETTINGS = RunSettings.of_recipe("lesson", epochs=3, seed=5)
Both = tuple[Digits, Digits]
Run = tuple[Path, list[Event]]
RESULTS = ["accuracy.png", "mnist_cnn.onnx", "mnist_cnn.pth", "mnist_cnn.safetensors"]


@pytest.fixture(scope="session")
def few(data_dir: Path) -> Both:
    """The first 1,100 training digits of MNIST, which is not a multiple of the batch size, and 300 test digits."""
    train_digits, test_digits = mnist.load(data_dir)
    return train_digits.first(1100), test_digits.first(300)


@pytest.fixture(scope="session")
def whole_run(few: Both, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The folder and the events of an uninterrupted run of three epochs."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return out, list(train(out, *few, seed=5, epochs=3))


@contextmanager
def recording(out: Path, digits: Both) -> Iterator[Iterator[Event]]:
    """A run that is recorded in its folder, with the settings `SETTINGS`. It ends with the block."""
    with training(out, SETTINGS, out.parent) as run, closing(record(run, lambda _: digits, "cpu")) as events:
        yield events


def events_of(out: Path) -> list[RecordedEvent]:
    """The recorded events of a run, whose sequence numbers have no gap."""
    events = EventReader(RunFolder(out).events).read()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return events


RECORD = {"run.json", "events.jsonl", "commands.jsonl", ".lock"}


def names(out: Path) -> list[str]:
    """The files in the folder of a run, without its record."""
    return sorted(path.name for path in out.iterdir() if path.name not in RECORD)


def stop_in_epoch(number: int, events: Iterator[Event]) -> None:
    """Let a run train some batches of epoch `number`, then stop it without cleaning up, like a power failure."""
    for event in events:
        if isinstance(event, Progress) and event.epoch == number:
            return
    raise AssertionError("the run ended before it could be stopped")


def assert_same_run(one: Path, other: Path, tensors_each: int = 4) -> None:
    """Assert that two runs wrote the same bytes to all files but resume.pt, and equal contents to resume.pt.

    `tensors_each` is the number of tensors for each parameter: the weight, the step, two moments of Adam, and with
    averaging also the average.
    """
    assert names(one) == names(other)
    for name in names(one):
        if name != RESUME:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name
    states = [torch.load(out / RESUME) for out in (one, other)]
    tensors = [[value for value in _leaves(state) if isinstance(value, torch.Tensor)] for state in states]
    rest = [[value for value in _leaves(state) if not isinstance(value, torch.Tensor)] for state in states]
    assert rest[0] == rest[1]
    assert len(tensors[0]) == 8 * tensors_each
    for ours, theirs in zip(*tensors, strict=True):
        assert torch.equal(ours, theirs)
        assert ours.stride() == theirs.stride()


def _leaves(tree: object) -> Iterator[object]:
    if isinstance(tree, dict):
        for key, branch in tree.items():
            yield key
            yield from _leaves(branch)
    elif isinstance(tree, list | tuple):
        for branch in tree:
            yield from _leaves(branch)
    else:
        yield tree
