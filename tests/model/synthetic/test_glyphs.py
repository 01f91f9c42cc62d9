"""What is drawn for calibrating: digits as odd as people's, and everything that is no digit."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from model.synthetic import glyphs, hard_digits
from model.synthetic.scripts import SCRIPTS
from model.synthetic.skeleton import Skeleton
from model.synthetic.symbols import DRAWINGS, LETTERS, SIGNS, skeletons

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.mark.parametrize("table", [LETTERS, SIGNS, DRAWINGS, SCRIPTS], ids=["letters", "signs", "drawings", "scripts"])
def test_every_sign_of_a_table_is_about_as_high_or_wide_as_the_others(table: str) -> None:
    names = [line.split(maxsplit=1)[0] for line in table.strip().splitlines()]
    for name, skeleton in zip(names, skeletons(table), strict=True):
        points = np.array([point for stroke in skeleton for piece in stroke for point in piece])
        assert np.isfinite(points).all()
        assert 0.4 < np.ptp(points, axis=0).max() < 1.7, name


def test_no_sign_is_written_twice_in_the_same_way() -> None:
    lines = [line.split(maxsplit=1)[1] for line in SCRIPTS.strip().splitlines()]
    assert len(set(lines)) == len(lines) > 200


@pytest.mark.parametrize(
    "draw",
    [glyphs.glyph, glyphs.curls, glyphs.dots, glyphs.character, glyphs.cursive],
    ids=lambda f: f.__name__,
)
def test_an_invented_character_is_the_same_for_the_same_seed_and_seldom_like_another(
    draw: Callable[[np.random.Generator], Skeleton],
) -> None:
    drawn, again = ([draw(rng) for _ in range(50)] for rng in map(np.random.default_rng, (3, 3)))
    assert drawn == again
    assert len({str(skeleton) for skeleton in drawn}) > 30
    for skeleton in drawn:
        points = np.array([point for stroke in skeleton for piece in stroke for point in piece])
        assert np.isfinite(points).all()
        assert np.ptp(points, axis=0).max() > 0.05


def test_glyphs_have_one_to_four_strokes() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([len(glyphs.glyph(rng)) for _ in range(1000)], minlength=5)
    assert counts[0] == 0
    assert (counts[1:] > 50).all()
    assert counts.sum() == counts[1:5].sum()


def test_careless_digits_are_the_same_for_the_same_seed_each_as_often_as_any_other() -> None:
    first, again, other = (hard_digits.careless(100, seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    assert np.bincount(first[1]).tolist() == [10] * 10
    assert first[0].shape == (100, 28, 28)
    assert (first[0].reshape(100, -1).max(axis=1) > 200).all()


def test_a_thicker_pen_adds_ink_and_the_picture_stays_a_prepared_one(mnist_test: Mnist) -> None:
    digits = mnist_test[0][:200]
    thick = hard_digits.thickened(digits, seed=0)
    assert np.array_equal(thick, hard_digits.thickened(digits, seed=0))
    more = thick.sum(axis=(1, 2), dtype=np.int64) - digits.sum(axis=(1, 2), dtype=np.int64)
    assert np.median(more / digits.sum(axis=(1, 2))) > 0.1
    inked = thick > 0
    assert (inked.any(axis=1).sum(axis=1) <= 20).all()
    assert (inked.any(axis=2).sum(axis=1) <= 20).all()
