"""The table of preprocessing modes."""

from typing import get_args

from model.preprocess.modes import MODES, Prepare


def test_every_mode_is_described_in_one_sentence() -> None:
    assert tuple(MODES) == get_args(Prepare)
    for mode in MODES.values():
        assert mode.description.endswith(".")
        assert len(mode.label.split()) <= 2
