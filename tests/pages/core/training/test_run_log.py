"""The events of a run, collected in one value."""

import base64
from typing import Any

import numpy as np
import pytest

from tests.support.recorded_runs import EVENTS
from tests.support.visitor import Visitor

COLLECT = """
const log = a.events.reduce(m.reduce, m.EMPTY_LOG);
const { measured, curve, kernels, ...rest } = log;
return { ...rest, curve, epochs: measured.map(({ epoch }) => epoch), kernels: kernels && [...kernels] };
"""


def collect(js: Visitor, events: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = js.module("core/training/run-log", COLLECT, {"events": events})
    return found


def test_a_recorded_run_is_collected(js: Visitor) -> None:
    log = collect(js, EVENTS)
    batches = [event for event in EVENTS if event["event"] == "batch"]
    assert log["seq"] == len(EVENTS)
    assert log["state"] == "finished"
    assert log["epochs"] == [0, 1, 2, 3, 4, 5]
    assert [point["loss"] for point in log["curve"]] == [event["loss"] for event in batches]
    assert log["curve"][-1]["at"] == pytest.approx(5)
    last = EVENTS[-2]["kernels"]
    assert log["kernels"] == pytest.approx(np.frombuffer(base64.b64decode(last), "<f4").tolist())


def test_events_that_come_twice_change_nothing(js: Visitor) -> None:
    assert collect(js, [*EVENTS[:40], *EVENTS]) == collect(js, EVENTS)
    assert collect(js, [*EVENTS, *EVENTS[10:30]]) == collect(js, EVENTS)


def test_a_resumed_run_repeats_its_interrupted_epoch(js: Visitor) -> None:
    """The events after the last complete epoch are void, and those of the new attempt take their place."""
    second = next(i for i, event in enumerate(EVENTS) if event["event"] == "epoch" and event["epoch"] == 1)
    cut = EVENTS[: second + 4]
    again = [EVENTS[0] | {"epoch": 1}, *EVENTS[second + 1 : second + 3]]
    resumed = [*cut, *({**event, "seq": len(cut) + 1 + i} for i, event in enumerate(again))]
    log = collect(js, resumed)
    places = [point["at"] for point in log["curve"]]
    assert log["state"] == "training"
    assert log["epochs"] == [0, 1]
    assert places == sorted(set(places))
    assert len([at for at in places if at > 1]) == 2


def test_states_and_losses_without_a_number_are_kept(js: Visitor) -> None:
    events = [
        EVENTS[0],
        {"seq": 2, "event": "batch", "epoch": 1, "batch": 1, "loss": None, "learning_rate": 1},
        {"seq": 3, "event": "state", "state": "failed", "message": "The disk is full."},
    ]
    log = collect(js, events)
    assert (log["state"], log["message"]) == ("failed", "The disk is full.")
    assert log["curve"][0]["loss"] is None
    assert collect(js, [*events, {"seq": 4, "event": "state", "state": "training", "message": None}])["message"] == ""


def test_the_shipped_run_has_only_its_epochs(js: Visitor) -> None:
    epochs = [{"epoch": 0, "accuracy": 0.1012, "loss": 2.3}, {"epoch": 1, "accuracy": 0.98, "loss": 0.06}]
    script = "const log = m.logOfEpochs(a); return [log.epochs, log.measured.map(({ test }) => m.accuracyOf(test))]"
    assert js.module("core/training/run-log", script, {"epochs": epochs}) == [1, [0.1012, 0.98]]


def test_the_newest_epoch_is_the_default(js: Visitor) -> None:
    script = """const log = { measured: [{ epoch: 0 }, { epoch: 1 }] };
      return [null, 0, 9].map((epoch) => m.measuredAt(log, epoch).epoch)"""
    assert js.module("core/training/run-log", script) == [1, 0, 1]


def test_pixels_are_read_row_by_row(js: Visitor) -> None:
    pixels = base64.b64encode(bytes(range(9))).decode()
    assert js.module("core/training/run-log", "return m.rows(a, 3)", pixels) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_the_newest_snapshots_are_those_of_the_epoch_that_trains(js: Visitor) -> None:
    batches = [{"event": "batch", "epoch": 1, "batch": 16 * i, "loss": 1, "learning_rate": 1} for i in range(1, 7)]
    named = [event | {"weights": {"name": f"run:1-{event['batch']}"}} for event in batches]
    events = [EVENTS[0], *named[:4], batches[4], named[5]]
    numbered = [event | {"seq": i} for i, event in enumerate(events, 1)]
    assert collect(js, numbered)["snapshots"] == ["run:1-96", "run:1-64", "run:1-48"]
    epoch = next(event for event in EVENTS if event["event"] == "epoch")
    for last in (epoch, EVENTS[0]):  # the epoch is complete, or the run was resumed before it was
        assert collect(js, [*numbered, last | {"seq": 8}])["snapshots"] == []
