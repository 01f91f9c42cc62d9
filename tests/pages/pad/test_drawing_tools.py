"""Undo, redo, clear and the pen's width."""

import json
import re

from playwright.sync_api import expect

from tests.support.visitor import ONE, Visitor


def test_undo_and_redo_go_through_strokes_and_clearing(visitor: Visitor) -> None:
    visitor.clear().draw(ONE).draw([(60, 60), (100, 60)])

    def strokes() -> int:
        body = json.loads(visitor.settle().feature_map_requests()[-1]["body"])
        return len(body.get("strokes", []))

    assert strokes() == 2
    visitor.press("#undo")
    assert strokes() == 1
    visitor.press("#redo")
    assert strokes() == 2
    visitor.press("#clear")
    assert strokes() == 0
    visitor.press("#undo")
    assert strokes() == 2


def test_the_keyboard_undoes_redoes_and_clears(visitor: Visitor) -> None:
    visitor.clear().draw(ONE)
    label = visitor.find("#pad-canvas")
    for keys, what in (
        ("Control+z", "blank"),
        ("Control+Shift+Z", "one stroke"),
        ("Control+z", "blank"),
        ("Control+y", "one stroke"),
        ("Delete", "blank"),
    ):
        visitor.key(keys)
        expect(label).to_have_attribute("aria-label", re.compile(what))
    visitor.settle()
    assert visitor.text("#digit") == "draw a digit"
    assert "Ctrl Z undo" in visitor.text(".keys").replace("\n", " ")


def test_a_blank_pad_asks_for_a_drawing(visitor: Visitor) -> None:
    visitor.clear()
    assert visitor.digit == "draw a digit"
    expect(visitor.find("#pad-hint")).to_be_visible()
    expect(visitor.find("#bars li.first")).to_have_count(0)
    expect(visitor.find("#clear")).to_be_disabled()


def test_the_pen_width_applies_to_the_whole_drawing(visitor: Visitor) -> None:
    visitor.clear().draw(ONE)
    visitor.find("#pen").fill("40")
    visitor.settle()
    assert json.loads(visitor.feature_map_requests()[-1]["body"])["pen"] == 40
    visitor.press("#undo").settle()
    assert json.loads(visitor.feature_map_requests()[-1]["body"])["pen"] == 26
    expect(visitor.find("#pen")).to_have_value("26")
