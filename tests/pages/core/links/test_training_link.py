"""The link of the training page."""

from typing import Any

import pytest

from tests.support.visitor import Visitor

DEFAULTS: dict[str, Any] = {
    "run": None, "epoch": None, "compared": [], "view": "filters", "preset": None, "map": 0, "zoomed": False,
    "drawing": None, "problem": "",
}  # fmt: skip
FULL = {
    "run": "fast-3f9a", "epoch": 2, "compared": ["lesson", "lesson-0001"], "view": "mistakes", "preset": "overfitting",
    "map": 7, "zoomed": True, "drawing": {"sample": [7, 0]}, "problem": "",
}  # fmt: skip


def test_a_link_restores_the_page(js: Visitor) -> None:
    for state in (FULL, FULL | {"epoch": None, "compared": []}, FULL | {"drawing": {"strokes": [], "pen": 26}}):
        link = js.module("core/links/training-permalink", "return m.encode(a)", state)
        assert js.module("core/links/training-permalink", "return m.decode(a)", link) == state
    link = js.module("core/links/training-permalink", "return m.encode(a)", FULL)
    assert (
        link
        == "run=fast-3f9a&epoch=2&with=lesson~lesson-0001&v=mistakes&preset=overfitting&map=7&zoom=1&d=digit.7.0.mnist"
    )


@pytest.mark.parametrize(
    "link", ["", "#", "run=../../etc", "run=%3Cscript%3E", "v=other&map=99&zoom=2", "map=-1", "with=~~&preset=~"]
)
def test_anything_else_is_ignored(js: Visitor, link: str) -> None:
    assert js.module("core/links/training-permalink", "return m.decode(a)", link) == DEFAULTS


def test_a_damaged_drawing_is_reported(js: Visitor) -> None:
    found = js.module("core/links/training-permalink", "return m.decode('run=lesson&epoch=3&d=ink.26.zzz')")
    assert (found["run"], found["epoch"], found["drawing"]) == ("lesson", 3, None)
    assert found["problem"].startswith("This link is damaged")


def test_at_most_four_runs_are_compared(js: Visitor) -> None:
    found = js.module("core/links/training-permalink", "return m.decode('run=a1&with=a1~b1~c1~c1~d1~e1')")
    assert found["compared"] == ["b1", "c1", "d1"]
