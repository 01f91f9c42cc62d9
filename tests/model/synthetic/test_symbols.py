"""The tables of letters, signs, drawings and scripts."""

import numpy as np
import pytest

from model.synthetic.scripts import SCRIPTS
from model.synthetic.symbols import DRAWINGS, LETTERS, SIGNS, skeletons


@pytest.mark.parametrize("table", [LETTERS, SIGNS, DRAWINGS, SCRIPTS], ids=["letters", "signs", "drawings", "scripts"])
def test_every_sign_of_a_table_has_about_the_same_size(table: str) -> None:
    names = [line.split(maxsplit=1)[0] for line in table.strip().splitlines()]
    for name, skeleton in zip(names, skeletons(table), strict=True):
        points = np.array([point for stroke in skeleton for piece in stroke for point in piece])
        assert np.isfinite(points).all()
        assert 0.4 < np.ptp(points, axis=0).max() < 1.7, name
