"""What a student expects of a run, compared with what happened."""

from typing import Any

import pytest

from tests.support.visitor import Visitor


def log(losses: list[float], test: list[int], train: int) -> dict[str, Any]:
    """The log of a run with these losses, and correct answers out of 100 after each epoch."""
    measured = [{"epoch": i, "test": {"correct": n, "total": 100}, "train": None} for i, n in enumerate(test)]
    measured[-1]["train"] = {"correct": train, "total": 100}
    return {"curve": [{"loss": loss} for loss in losses], "measured": measured}


LEARNS = log([2.3, 1.0, 0.3, 0.2], [10, 95], 96)
STUCK = log([2.3, 2.31, 2.3, 2.3], [10, 11], 10)
PEAK = log([2.33, 44.7, 2.31, 2.32, 2.31, 2.3, 2.31, 2.31, 2.3, 2.31], [10, 10], 10)  # the learning rate is too high
OVERFITTED = log([2.3, 1.0, 0.1, 0.0], [10, 80, 85], 100)

LEARNED = "The loss went down; the accuracy on training and test images went up."


@pytest.mark.parametrize(
    ("run", "answer", "expected"),
    [
        (PEAK, None, "The loss stayed about the same; the accuracy on training and test images stayed about the same."),
        (LEARNS, "test", f"You were right about the curve. {LEARNED}"),
        (LEARNS, "loss", f"You were wrong about the curve. {LEARNED}"),
        (LEARNS, None, LEARNED),
        (
            STUCK,
            "none",
            "You were right about the curve. The loss stayed about the same; the accuracy on training and test images "
            "stayed about the same.",
        ),
        (
            OVERFITTED,
            "train",
            f"You were right about the curve. {LEARNED} It reads 100 % of its training images, but only 85 % of the "
            "others: over-fitting.",
        ),
    ],
)
def test_the_outcome_follows_from_the_curves(
    js: Visitor, run: dict[str, Any], answer: str | None, expected: str
) -> None:
    asked = {"run": run, "answer": answer}
    assert js.module("core/training/guesses", "return m.outcome(a.run, a.answer)", asked) == expected


def test_there_is_no_outcome_before_the_first_epoch(js: Visitor) -> None:
    run = log([2.3, 2.2], [10], 10)
    assert js.module("core/training/guesses", "return m.outcome(a, 'loss')", run) == ""


@pytest.mark.parametrize(
    ("guess", "accuracy", "expected"),
    [
        (0.9, 0.9729, "You expected 90 %; it is 97.29 %, 7.3 points more."),
        (0.995, 0.981, "You expected 99.5 %; it is 98.10 %, 1.4 points less."),
        (0.98, 0.98, "You expected 98 %, and that’s what it is."),
    ],
)
def test_a_guess_is_compared_with_the_result(js: Visitor, guess: float, accuracy: float, expected: str) -> None:
    assert js.module("core/training/guesses", "return m.compareGuess(a[0], a[1])", [guess, accuracy]) == expected


def test_a_typed_guess_is_a_percentage(js: Visitor) -> None:
    typed = ["90", " 97,5 % ", "100", "0", "101", "-1", "many", ""]
    expected = [0.9, 0.975, 1, 0, None, None, None, None]
    assert js.module("core/training/guesses", "return a.map(m.readGuess)", typed) == pytest.approx(expected)
