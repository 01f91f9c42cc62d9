"""The numbers of the plots and of the table."""

import numpy as np
import pytest

from tests.support.recorded_runs import EVENTS
from tests.support.visitor import Visitor

LOG = """
const { reduce, EMPTY_LOG } = await import("/static/js/core/training/run-log.js");
const log = a.events.reduce(reduce, EMPTY_LOG);
"""


def test_the_curves_are_those_of_the_events(js: Visitor) -> None:
    script = LOG + "return [m.lossCurve(log)[1], m.accuracyCurve(log), m.lastEpoch([log])]"
    losses, (epochs, test, train), last = js.module("core/training/curves", script, {"events": EVENTS})
    measured = [event for event in EVENTS if event["event"] == "epoch"]
    assert losses == [event["loss"] for event in EVENTS if event["event"] == "batch"]
    assert epochs == [0, 1, 2, 3, 4, 5]
    assert test == [event["test"]["correct"] / 10_000 for event in measured]
    assert train == [None, *(event["train"]["correct"] / 6_000 for event in measured[1:])]
    assert last == 5


def test_a_loss_beyond_the_axis_is_drawn_at_its_end(js: Visitor) -> None:
    log = {"curve": [{"at": 0.1, "loss": 2.3}, {"at": 0.2, "loss": 1e9}, {"at": 0.3, "loss": None}]}
    assert js.module("core/training/curves", "return m.lossCurve(a)", log) == [[0.1, 0.2, 0.3], [2.3, 5, None]]


def test_a_long_curve_is_thinned_to_means(js: Visitor) -> None:
    script = """const curve = Array.from({ length: 9001 }, (_, i) => ({ at: i / 9000, loss: 2 - i / 4500 }));
      return [m.thinned(curve, 100), m.thinned(curve, 9001).length]"""
    thinned, whole = js.module("core/training/curves", script)
    assert len(thinned) <= 100
    assert thinned[-1]["at"] == 1
    assert thinned[0]["loss"] == pytest.approx(np.linspace(2, 0, 9_001)[:91].mean())
    assert whole == 9_001


def test_the_table_has_a_row_for_each_epoch_and_run(js: Visitor) -> None:
    script = (
        LOG
        + """const short = { ...log, measured: log.measured.slice(0, 2) };
      return m.tableRows([{ name: "A", log, guesses: [{ epoch: 1, accuracy: 0.9 }] }, { name: "B", log: short }])
        .map(({ epoch, name, test, guess }) => [epoch, name, test, guess]).slice(0, 5)"""
    )
    assert js.module("core/training/curves", script, {"events": EVENTS}) == [
        [0, "A", 0.1019, None],
        [0, "B", 0.1019, None],
        [1, "A", 0.941, 0.9],
        [1, "B", 0.941, None],
        [2, "A", 0.9592, None],
    ]
