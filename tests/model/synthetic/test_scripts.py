"""The table of characters of the world's scripts."""

from model.synthetic.scripts import SCRIPTS


def test_no_two_characters_have_the_same_strokes() -> None:
    lines = [line.split(maxsplit=1)[1] for line in SCRIPTS.strip().splitlines()]
    assert len(set(lines)) == len(lines) > 200
