"""The benchmark of training."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks import training
from benchmarks.training import FAST, OURS, THEIRS, Run, Seconds
from model.data import mnist
from tests.support.training_runs import Both
from tests.support.training_runs import few as few


def run(name: str, cpu: float, *accuracies: float) -> Run:
    """A run whose epochs all take this processor time, and half of it as wall-clock time."""
    return Run(name, [Seconds(cpu, cpu / 2)] * len(accuracies), list(accuracies))


def test_the_time_to_an_accuracy_ends_with_the_first_epoch_that_reaches_it() -> None:
    lesson = run(THEIRS, 10, 0.98, 0.991, 0.989)
    assert lesson.time_to(0.99) == Seconds(20, 10)
    assert lesson.time_to(0.9915) is None
    assert lesson.total == Seconds(30, 15)


def test_the_table_has_means_over_the_seeds_and_ratios_to_the_lessons_loop() -> None:
    runs = [
        [run(THEIRS, 10, 0.98, 0.99), run(THEIRS, 14, 0.991, 0.98)],
        [run(OURS, 4, 0.98, 0.99), run(OURS, 4, 0.98, 0.98)],
        [run(FAST, 2, 0.99), run(FAST, 1, 0.992)],
    ]
    lesson, ours, fast = (line.replace(name, "").split() for line, name in zip(training.table(runs)[1:],
                          (THEIRS, OURS, FAST), strict=True))  # fmt: skip
    assert lesson == ["2", "24.0", "12.0", "1.0", "17.0", "8.5", "1.0"]
    assert ours == ["2", "8.0", "4.0", "3.0", "reached", "by", "1", "of", "2", "seeds"]
    assert fast == ["1", "1.5", "0.8", "16.0", "1.5", "0.8", "11.3"]
    assert training.shares(runs) == {OURS: 1 / 3, FAST: 1 / 16}
    assert all(training.TARGETS[name] < 1 for name in (OURS, FAST))


def test_all_three_loops_train_and_the_lessons_loop_starts_with_our_weights(
    few: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "load", lambda *_: few)
    with ThreadPoolExecutor(1) as pool:  # starting a process would take seconds
        lesson, ours, fast = training.measure(1, 128, "cpu", pool=pool)
    assert [len(runs) for runs in (lesson, ours, fast)] == [1, 1, 1]
    assert [len(runs[0].times) for runs in (lesson, ours, fast)] == [5, 5, 1]
    assert all(seconds.cpu > 0 for runs in (lesson, ours, fast) for seconds in runs[0].times)
    # Two batches with another order of the images: the accuracies are close, but not equal.
    assert abs(lesson[0].accuracies[-1] - ours[0].accuracies[-1]) < 0.2
    assert lesson[0].accuracies[-1] > 0.4
