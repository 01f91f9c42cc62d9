"""The preprocessing modes and their predictions side by side."""

import json
import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests.support.visitor import SEVEN, Visitor

WAYS = ["mnist", "resize", "uncentred", "own_pen", "none"]


def _compared(visitor: Visitor) -> None:
    """Wait for the predictions in all modes."""
    expect(visitor.page.locator("#prepare .reads", has_text="…")).to_have_count(0)


def _reads(visitor: Visitor) -> dict[str, str]:
    """The predictions on the five buttons, by mode."""
    script = "(labels) => labels.map((l) => [l.querySelector('input').value, l.querySelector('.reads').textContent])"
    return dict(visitor.seen("#prepare label").evaluate_all(script))


def test_the_predictions_of_all_modes_are_side_by_side(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw([(20 + x / 5, 20 + y / 5) for x, y in SEVEN])
    _compared(visitor)
    drawing = json.loads(visitor.feature_map_requests()[-1]["body"])
    for way, reads in _reads(visitor).items():
        body = drawing
        if way == "none":
            strokes = [[[x / 10, y / 10] for x, y in stroke] for stroke in drawing["strokes"]]
            body = {"strokes": strokes, "pen": 2.6, "canvas": [28, 28]}
        answer = httpx2.post(f"{live_server}/predict?prepare={way}", json=body).json()
        percent = r">\s99" if answer["confidence"] >= 0.995 else str(round(100 * answer["confidence"]))
        assert re.fullmatch(rf"{answer['digit']}\?? · {percent}\s%|not a digit", reads), way
    differing = visitor.seen("#prepare .differs input").evaluate_all("(inputs) => inputs.map((input) => input.value)")
    assert "resize" in differing
    visitor.choose("prepare", "resize").settle()
    assert _reads(visitor)["mnist"].startswith("7 · "), "the same drawing: what is known stays"


def test_the_other_modes_are_requested_after_a_stroke_once_each_and_one_at_a_time(visitor: Visitor) -> None:
    _compared(visitor)
    visitor.run(
        """() => { const { fetch } = window;
        Object.assign(probe, { ways: [], asking: 0, crowd: 0 });
        window.fetch = async (url, options) => {
          if (!String(url).startsWith("/predict")) return fetch(url, options);
          probe.ways.push(new URL(url, location).searchParams.get("prepare"));
          probe.crowd = Math.max(probe.crowd, ++probe.asking);
          try { return await fetch(url, options); } finally { probe.asking--; }
        }; }"""
    )
    visitor.clear()
    visitor.begin(*SEVEN[0])
    for point in SEVEN[1:]:
        visitor.move(*point, steps=6)
    visitor.settle()
    assert visitor.run("probe.ways") == [], "not on a blank pad, nor while the pen moves"
    expect(visitor.find("#prepare")).to_have_class(re.compile("old"))
    visitor.lift()
    _compared(visitor)
    expect(visitor.find("#prepare")).not_to_have_class(re.compile("old"))
    visitor.choose("prepare", "uncentred").settle()
    visitor.choose("scale", "map").painted()
    assert visitor.run("probe.ways") == WAYS[1:]
    assert visitor.run("probe.crowd") == 1


def test_modes_that_an_image_does_not_allow_say_why(visitor: Visitor, image: Path) -> None:
    _compared(visitor)
    assert _reads(visitor)["own_pen"] == "no pen"
    visitor.find("#file").set_input_files(image)
    expect(visitor.find("#digit")).to_have_text("4")
    _compared(visitor)
    assert (_reads(visitor)["own_pen"], _reads(visitor)["none"]) == ("no pen", "not 28 × 28")
    assert _reads(visitor)["mnist"].startswith("4")
    visitor.clear()
    assert set(_reads(visitor).values()) == {"–"}


def test_a_small_digit_in_a_corner_looks_different_in_other_modes(visitor: Visitor) -> None:
    visitor.clear().draw([(20 + x / 5, 20 + y / 5) for x, y in SEVEN])
    visitor.find("#pen").fill("12")
    assert visitor.settle().digit == "7"
    prepared = visitor.text("#bars")
    visitor.choose("prepare", "none").settle()
    body = json.loads(visitor.feature_map_requests()[-1]["body"])
    assert "prepare=none" in visitor.feature_map_requests()[-1]["url"]
    assert max(max(point) for stroke in body["strokes"] for point in stroke) < 28
    assert visitor.text("#bars") != prepared
    assert "Not moved" in visitor.text('[data-stage="shifted"]')
    assert "28 × 28 grid" in visitor.text("#prepare-text")
    none = visitor.text("#bars")
    visitor.choose("prepare", "resize").settle()
    assert "The whole pad is scaled to 28 × 28" in visitor.text('[data-stage="fitted"]')
    assert visitor.text("#bars") == pytest.approx(none) or visitor.text("#bars") != prepared
    visitor.choose("prepare", "mnist").settle()
    assert visitor.text("#bars") == prepared


def test_a_mode_that_an_image_does_not_allow_is_refused_and_switched_back(visitor: Visitor, image: Path) -> None:
    visitor.expect_in_console(r"status of 422")
    visitor.find("#file").set_input_files(image)
    expect(visitor.find("#digit")).to_have_text("4")
    visitor.settle().choose("prepare", "none")
    expect(visitor.find("#message")).to_contain_text("28×28")
    expect(visitor.find('input[value="mnist"]')).to_be_checked()
    assert visitor.settle().digit == "4"
