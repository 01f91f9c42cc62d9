"""Drawing on the pad with the keyboard."""

import json
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.pages.views.panels import open_view
from tests.support.visitor import ONE, Opener, Visitor, bounds, seen


def keys(visitor: Visitor, *names: str) -> None:
    """Keys by name, "Shift+ArrowDown×9" nine times."""
    for name in names:
        key, _, times = name.partition("×")
        for _ in range(int(times or 1)):
            visitor.page.keyboard.press(key)


def drawn(visitor: Visitor) -> NDArray[np.int64]:
    """The 28×28 grey levels in the last request."""
    return np.array(json.loads(visitor.settle().feature_map_requests()[-1]["body"])["pixels"])


# Moves the cursor to the middle, wherever the last test has left it on the shared page.
CENTRE = """() => {
  const moves = { ArrowUp: 27, ArrowLeft: 27, ArrowDown: 14, ArrowRight: 14 };
  const canvas = document.querySelector("#pad-canvas");
  for (const [key, times] of Object.entries(moves)) {
    for (let i = 0; i < times; i++) canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  }
  canvas.dispatchEvent(new Event("blur")); // the cursor disappears
}"""


@pytest.fixture
def visitor(visitor: Visitor) -> Visitor:
    """The shared page; the keyboard's cursor is hidden, in the middle, at row 14, column 14."""
    visitor.run(CENTRE)
    return visitor


@pytest.fixture
def pad(visitor: Visitor) -> Visitor:
    """A blank pad with the keyboard's focus."""
    return blank(visitor)


def blank(visitor: Visitor) -> Visitor:
    visitor.clear()
    visitor.find("#pad-canvas").focus()
    return visitor


def test_a_digit_can_be_drawn_with_the_keyboard_and_is_predicted(pad: Visitor) -> None:
    keys(pad, "ArrowUp×8", "ArrowLeft×5", "Shift+ArrowRight×9", "Shift+ArrowDown×15")
    pixels = drawn(pad)
    assert (pixels == 255).sum() == 25
    assert set(np.unique(pixels)) == {0, 128, 255}
    assert pad.digit == "7"
    expect(pad.find("#pad-canvas")).to_have_attribute("aria-label", re.compile("drawn cell by cell"))
    painted = pad.pixels("#pad-canvas")
    unit = painted.shape[0] // 28
    assert painted[6 * unit + unit // 2, 12 * unit + unit // 2, 0] == 255


def test_space_toggles_one_cell(pad: Visitor) -> None:
    keys(pad, "Space")
    assert drawn(pad)[14, 14] == 255
    keys(pad, "Space")
    assert drawn(pad).sum() == 0
    expect(pad.find("#clear")).to_be_disabled()


def test_cells_painted_in_one_run_are_one_undo_step(visitors: Opener) -> None:
    pad = blank(visitors()).stop_clock()
    keys(pad, "Shift+ArrowDown×5", "ArrowRight×3", "Shift+ArrowUp×5")
    assert (drawn(pad) == 255).sum() == 12
    keys(pad, "Control+z")
    assert (drawn(pad) == 255).sum() == 6
    keys(pad, "Control+z")
    expect(pad.find("#pad-canvas")).to_have_attribute("aria-label", re.compile("blank"))
    keys(pad, "Control+Shift+Z", "Control+Shift+Z")
    assert (drawn(pad) == 255).sum() == 12
    pad.pass_time(1200)  # longer than the second after which another key is another step
    keys(pad, "Space")
    keys(pad, "Control+z")
    assert (drawn(pad) == 255).sum() == 12


def test_painting_continues_from_a_sample_and_from_strokes(visitor: Visitor) -> None:
    visitor.sample(4)
    sample = drawn(visitor)
    visitor.find("#pad-canvas").focus()
    keys(visitor, "ArrowUp×13", "Space")
    pixels = drawn(visitor)
    assert pixels[1, 14] == 255
    changed = pixels != sample
    assert changed.sum() <= 5
    visitor.clear().draw([(145, 55), (145, 225)])
    visitor.find("#pad-canvas").focus()
    keys(visitor, "ArrowLeft×9", "Space")
    pixels = drawn(visitor)
    assert pixels[1, 5] == 255, "the cursor stays where it was"
    assert (pixels[7:21, 14] == 255).all(), "the stroke, 26 units wide, as it looks on the grid"
    assert pixels[14, 12] < pixels[14, 13]
    assert (pixels[14, :12] == 0).all()


def test_the_cursor_appears_with_the_keyboard_and_escape_only_removes_it(visitor: Visitor) -> None:
    open_view(visitor, "map", "conv1")
    pinned = visitor.text("#where")
    cursor = visitor.find(".pad-cursor")
    expect(cursor).to_be_hidden()
    visitor.find("#pad-canvas").focus()
    visitor.key("ArrowRight")
    expect(cursor).to_be_visible()
    box, pad = bounds(cursor), visitor.bounds("#pad")
    assert (box["x"] - pad["x"]) / pad["width"] == pytest.approx(15 / 28, abs=0.01)
    visitor.key("Escape")
    expect(cursor).to_be_hidden()
    expect(visitor.find("#pad-canvas")).to_be_focused()
    assert visitor.text("#where") == pinned, "no step back in the walk"
    expect(visitor.find("#kept")).to_be_visible()
    visitor.key("Escape")
    expect(visitor.find("#kept")).to_be_hidden()
    keys(visitor, "ArrowRight")
    expect(cursor).to_be_visible()
    visitor.draw(ONE)
    expect(cursor).to_be_hidden()


def test_the_cursors_place_is_announced(pad: Visitor) -> None:
    pad.run(
        """() => { window.said = [];
        new MutationObserver(() => said.push(document.querySelector("#spoken").textContent))
          .observe(document.querySelector("#spoken"), { childList: true, characterData: true, subtree: true }); }"""
    )
    keys(pad, "ArrowUp", "Space", "ArrowLeft", "Escape")
    pad.settle()
    assert [text for text in pad.run("said") if text] == [
        "row 13, column 14, empty",
        "row 13, column 14, ink",
        "row 13, column 13, grey 128",
        "You have left the grid.",
    ]


def test_the_pad_describes_how_to_draw_and_shows_its_focus(pad: Visitor) -> None:
    canvas = pad.find("#pad-canvas")
    expect(canvas).to_have_role("application")
    expect(canvas).to_have_attribute("aria-roledescription", "drawing grid")
    expect(canvas).to_have_accessible_description(re.compile(r"[Aa]rrow keys.*Space.*Shift.*Esc"))
    keys(pad, "ArrowUp")
    style, width = seen(canvas).evaluate(
        "(e) => [getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)]"
    )
    assert style == "solid"
    assert width >= 2


def test_delete_clears_the_pad_from_the_grid_too(pad: Visitor) -> None:
    keys(pad, "Shift+ArrowDown×4", "Delete")
    expect(pad.find("#pad-canvas")).to_have_attribute("aria-label", re.compile("blank"))
    keys(pad, "Space")
    assert (drawn(pad) == 255).sum() == 1, "nothing of what was cleared comes back"


def test_neither_cursor_nor_mark_is_part_of_the_image(pad: Visitor) -> None:
    keys(pad, "Shift+ArrowDown×4")
    pad.settle()
    cells = pad.pixels("#pad-canvas")[..., :3]
    assert (cells == cells[..., :1]).all(), "shades of grey alone"
    grey = pad.pixels('[data-stage="grey"] canvas')[..., :3]
    assert (grey == grey[..., :1]).all()
