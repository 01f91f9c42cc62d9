"""The events that a training run yields."""

import base64
from itertools import count, pairwise
from pathlib import Path

import numpy as np

from model.training.events import EpochDone, Finished, Progress, Started
from model.training.run import train
from tests.support.training_runs import RESULTS, Both, Run


def test_an_epoch_prints_the_line_of_the_lesson() -> None:
    done = EpochDone(5, 5, 0.031249, 9901, 10000, 0.02, 4000.0, Path("x"))
    assert str(done) == "Test set: Average loss: 0.0312, Accuracy: 9901/10000 (99.01%)"


def test_a_run_yields_its_events_in_order(whole_run: Run) -> None:
    out, events = whole_run
    kinds = [type(event) for event in events]
    assert kinds == [Started, EpochDone, *([Progress, Progress, EpochDone] * 3), Finished]
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(event.epoch, event.images) for event in progress] == [(n, i) for n in (1, 2, 3) for i in (1024, 1100)]
    assert all(event.images_per_second > 0 and event.loss > 0 for event in progress)
    assert progress[-1].seconds_left == 0
    assert all(event.seconds_left > 0 for event in progress[:-1])
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert sorted(file.name for file in finished.files) == RESULTS
    assert all(file.parent == out and file.exists() for file in finished.files)


def test_the_speed_is_that_of_the_clock(few: Both, tmp_path: Path) -> None:
    seconds = count()  # each call of the clock is a second later: one call before the epoch, one after each report
    events = train(tmp_path / "run", *few, seed=5, epochs=1, clock=lambda: float(next(seconds)))
    first, second = (event for event in events if isinstance(event, Progress))
    assert (first.images_per_second, second.images_per_second) == (1024, 550)
    assert first.seconds_left == (1100 - 1024) / 1024


def test_progress_shows_how_the_kernels_of_conv1_change(whole_run: Run) -> None:
    _, events = whole_run
    kernels = [
        np.frombuffer(base64.b64decode(event.kernels), "<f4")
        for event in events
        if isinstance(event, Progress) and event.kernels
    ]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert kernels[-1].tolist() == finished.checkpoint.tensors["features.0.weight"].flatten().tolist()
    assert all((before != after).any() for before, after in pairwise(kernels))
