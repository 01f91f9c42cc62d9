"""The generator of invented characters."""

from collections.abc import Callable

import numpy as np
import pytest

from model.synthetic import glyphs
from model.synthetic.skeleton import Skeleton


@pytest.mark.parametrize(
    "draw",
    [glyphs.glyph, glyphs.curls, glyphs.dots, glyphs.character, glyphs.cursive],
    ids=lambda f: f.__name__,
)
def test_invented_characters_are_reproducible_and_varied(
    draw: Callable[[np.random.Generator], Skeleton],
) -> None:
    first, again = ([draw(rng) for _ in range(50)] for rng in map(np.random.default_rng, (3, 3)))
    assert first == again
    assert len({str(skeleton) for skeleton in first}) > 30
    for skeleton in first:
        points = np.array([point for stroke in skeleton for piece in stroke for point in piece])
        assert np.isfinite(points).all()
        assert np.ptp(points, axis=0).max() > 0.05


def test_glyphs_have_one_to_four_strokes() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([len(glyphs.glyph(rng)) for _ in range(1000)], minlength=5)
    assert counts[0] == 0
    assert (counts[1:] > 50).all()
    assert counts.sum() == counts[1:5].sum()
