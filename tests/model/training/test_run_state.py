"""A training run refuses invalid options, damaged files, and folders that contain another run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.training import recipes
from model.training.events import Event
from model.training.run import train
from model.training.trainer import TrainingError
from tests.model.training.test_recipes import AUGMENTED
from tests.support.training_runs import Both, Run, names, stop_in_epoch


def test_a_run_does_not_overwrite_another_run(few: Both, whole_run: Run) -> None:
    before = {name: (whole_run[0] / name).read_bytes() for name in names(whole_run[0])}
    with pytest.raises(
        TrainingError, match=r"already contains a run \(recipe lesson, seed 5, 3 of 3 epochs done\).*--resume"
    ):
        next(train(whole_run[0], *few))
    assert before == {name: (whole_run[0] / name).read_bytes() for name in names(whole_run[0])}


def test_a_run_is_not_resumed_with_other_options(few: Both, whole_run: Run) -> None:
    train_digits, test_digits = few
    out = whole_run[0]
    refusals: dict[str, Callable[[], Iterator[Event]]] = {
        "has recipe lesson, not robust": lambda: train(out, *few, recipe="robust", resume=True),
        "has seed 5, not 0": lambda: train(out, *few, seed=0, resume=True),
        "trained on other data": lambda: train(out, train_digits.first(1000), test_digits, resume=True),
        "tested on other data|trained on other data": lambda: train(
            whole_run[0], train_digits, test_digits.first(9), resume=True
        ),
        "has batch 64, not 32": lambda: train(out, *few, changes={"batch": 32}, resume=True),
        "at least one epoch": lambda: train(out, *few, epochs=0, resume=True),
        "has already done 3 epochs, more than 2": lambda: train(out, *few, epochs=2, resume=True),
    }
    for words, attempt in refusals.items():
        with pytest.raises(TrainingError, match=words):
            next(attempt())


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x02}.", b"PK\x03\x04" + b"x" * 100])
def test_a_damaged_resume_file_is_named(few: Both, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "resume.pt").write_bytes(content)
    with pytest.raises(TrainingError, match="is damaged, so this run cannot be resumed"):
        next(train(tmp_path, *few, resume=True))


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_truncated_resume_file_is_named(content: bytes | None, few: Both, whole_run: Run, tmp_path: Path) -> None:
    whole = (whole_run[0] / "resume.pt").read_bytes()
    (tmp_path / "resume.pt").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(TrainingError, match=r"resume\.pt is damaged"):
        next(train(tmp_path, *few, resume=True))


def test_impossible_options_are_refused_before_anything_is_written(few: Both, tmp_path: Path) -> None:
    out = tmp_path / "run"
    refusals: dict[str, Callable[[], Iterator[Event]]] = {
        "There is no run to resume": lambda: train(out, *few, resume=True),
        "at least one epoch": lambda: train(out, *few, epochs=0),
        "There is no recipe stew. Recipes: lesson": lambda: train(out, *few, recipe="stew"),
        "The seed must be a whole number from 0": lambda: train(out, *few, seed=-1),
        "to 9223372036854775807": lambda: train(out, *few, seed=2**63),
    }
    for words, attempt in refusals.items():
        with pytest.raises(TrainingError, match=words):
            next(attempt())
    assert not out.exists()


def test_a_run_whose_learning_rate_depends_on_the_number_of_epochs_cannot_be_extended(
    few: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipes.RECIPES, "augmented", AUGMENTED)
    stop_in_epoch(2, train(tmp_path / "run", *few, recipe="augmented", seed=3))
    with pytest.raises(TrainingError, match="plans its learning rate"):
        list(train(tmp_path / "run", *few, resume=True, epochs=9))
