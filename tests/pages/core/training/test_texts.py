"""Runs in words."""

from tests.support.recorded_runs import EVENTS, SETTINGS
from tests.support.visitor import Visitor


def test_settings_are_written_in_one_line(js: Visitor) -> None:
    few = SETTINGS | {"learning_rate": 1e-6, "augmented": 1, "share": 0.01, "epochs": 1, "batch": 1000}
    assert js.module("core/training/texts", "return a.map(m.settingsText)", [SETTINGS, few]) == [
        "5 epochs · batches of 64 · learning rate 0.001 · Adam · 10 % of the images",
        "1 epoch · batches of 1,000 · learning rate 0.000001 · Adam · 100 % of the images augmented · "
        "1 % of the images",
    ]


def test_only_the_settings_that_differ_are_compared(js: Visitor) -> None:
    runs = [SETTINGS, SETTINGS | {"seed": 3, "learning_rate": 0.1}, {}]
    assert js.module("core/training/texts", "return m.differing(a)", [runs[0], runs[1]]) == [
        ["learning rate", ["0.001", "0.1"]],
        ["seed", ["0", "3"]],
    ]
    assert ["epochs", ["5", "–"]] in js.module("core/training/texts", "return m.differing(a)", [runs[0], runs[2]])


def test_the_progress_says_how_far_and_how_fast(js: Visitor) -> None:
    batch = next(event for event in EVENTS if event["event"] == "batch" and event["epoch"] == 2)
    log = {"batch": batch | {"images_per_second": 1234.5, "seconds_left": 75}, "batches": 94, "epochs": 5}
    assert js.module("core/training/texts", "return m.progress(a)", log) == [
        ["epoch", "2 of 5"],
        ["batch", "1 of 94"],
        ["images per second", "1,235"],
        ["time left", "1 min 15 s"],
        ["learning rate", "0.001"],
    ]
    assert js.module("core/training/texts", "return m.progress({ batch: null })") == []


def test_an_epoch_is_announced_with_its_accuracy_and_the_digit(js: Visitor) -> None:
    script = """const test = { correct: 9812, total: 10000 };
      const prediction = { verdict: "digit", digit: 7, confidence: 0.98 };
      const before = m.announcement({ epoch: 0, epochs: 5, test });
      return [m.announcement({ epoch: 2, epochs: 5, test }, prediction), before]"""
    assert js.module("core/training/texts", script) == [
        "Epoch 2 of 5: 98.12 % of the test images are read correctly. The network predicts 7 with 98.0 % confidence.",
        "Before training: 98.12 % of the test images are read correctly.",
    ]


def test_the_state_of_a_run_is_a_sentence(js: Visitor) -> None:
    script = """const log = { message: "The disk is full.", finished: null, download: null };
      const states = ["failed", "stopped", "interrupted", "training"];
      const sentences = (measured) => states.map((state) => m.stateText({ ...log, state, measured }, "fast-1"));
      return [sentences([{ epoch: 0 }, { epoch: 1 }]), sentences([{ epoch: 0 }])]"""
    failed = "fast-1 failed. The disk is full."
    stopped = "fast-1 was stopped. Its complete epochs are kept."
    interrupted = "fast-1 was interrupted. It can go on after its last complete epoch."
    stopped_early = "fast-1 was stopped before the end of its first epoch."
    interrupted_early = "fast-1 was interrupted. It can start again."
    assert js.module("core/training/texts", script) == [
        [failed, stopped, interrupted, ""],
        [failed, stopped_early, interrupted_early, ""],
    ]
