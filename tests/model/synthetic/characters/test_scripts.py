"""The tables of characters of the world's scripts."""

from model.synthetic.characters import lookalikes
from model.synthetic.characters.scripts import SCRIPTS


def test_no_two_characters_have_the_same_strokes() -> None:
    tables = (SCRIPTS, lookalikes.SEMITIC, lookalikes.EAST_ASIAN, lookalikes.OTHERS)
    lines = [line.split(maxsplit=1)[1] for table in tables for line in table.strip().splitlines()]
    assert len(set(lines)) == len(lines) > 300
