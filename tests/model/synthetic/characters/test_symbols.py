"""The tables of letters, signs, drawings and characters."""

import numpy as np
import pytest

from model.synthetic.characters.lookalikes import EAST_ASIAN, OTHERS, SEMITIC
from model.synthetic.characters.scripts import SCRIPTS
from model.synthetic.characters.symbols import DRAWINGS, LETTERS, SIGNS, skeletons

TABLES = {
    "letters": LETTERS,
    "signs": SIGNS,
    "drawings": DRAWINGS,
    "scripts": SCRIPTS,
    "Semitic lookalikes": SEMITIC,
    "East Asian lookalikes": EAST_ASIAN,
    "other lookalikes": OTHERS,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_every_sign_of_a_table_has_about_the_same_size(table: str) -> None:
    names = [line.split(maxsplit=1)[0] for line in table.strip().splitlines()]
    for name, skeleton in zip(names, skeletons(table), strict=True):
        points = np.array([point for stroke in skeleton for piece in stroke for point in piece])
        assert np.isfinite(points).all()
        assert 0.4 < np.ptp(points, axis=0).max() < 1.7, name
