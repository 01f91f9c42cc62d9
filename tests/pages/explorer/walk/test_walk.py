"""The walk from cell to cell: operands, back, the strongest path, the sliding window."""

import re

from playwright.sync_api import expect

from model.layers import LAYER_NAMES
from tests.pages.explorer.walk.helpers import activations, pin, plot, steps
from tests.support.visitor import Opener, Visitor


def test_operands_extend_the_path_and_escape_and_crumbs_go_back(visitor: Visitor) -> None:
    pin(visitor, "probabilities", 7)
    for _ in range(11):
        visitor.press(visitor.find("#calculation button.num:not([data-part=next])").first)
    path = steps(visitor)
    assert [re.sub(r"\[.*", "", step) for step in path] == list(reversed(LAYER_NAMES))
    expect(visitor.find("#calculation button.num")).to_have_count(0)  # a pixel of the drawing has no operands
    visitor.key("Escape")
    assert steps(visitor) == path[:-1]
    visitor.press("#back")
    assert steps(visitor) == path[:-2]
    visitor.press(visitor.find("#crumbs button").nth(2))
    assert steps(visitor) == path[:2]
    visitor.press(".network-head h2")  # empty space
    assert steps(visitor) == path[:1]
    visitor.press("#kept")
    assert steps(visitor) == []
    visitor.press(visitor.find("#crumbs button").first)
    assert steps(visitor) == ["probabilities[7]"]


def test_the_focus_follows_the_walk(visitor: Visitor) -> None:
    plot(visitor, "probabilities").focus()
    visitor.key("Home")
    for _ in range(7):
        visitor.key("ArrowDown")
    visitor.key("Enter")
    expect(visitor.find("#where")).to_have_text("probabilities[7]")
    for step in ("logits", "relu3"):
        button = visitor.find(
            "#calculation button.num.winner, #calculation .winner button.num, .contributions button"
        ).first
        button.focus()
        visitor.key("Enter")
        expect(visitor.find("#where")).to_contain_text(step)
        assert visitor.run("document.activeElement.id") == "calculation"
        expect(visitor.find("#spoken")).to_contain_text(f"{step}[")
        visitor.key("Tab")
        assert visitor.run("document.activeElement.closest('#calculation') !== null")


def test_the_focus_does_not_disappear_with_a_calculation(visitor: Visitor) -> None:
    for control, key, focused in (
        ("#kept", "Enter", "#step"),
        ("#back", "Enter", "#back"),
        ("#calculation button", "Escape", "#step"),
    ):
        pin(visitor, "relu3", 43)
        visitor.find(control).first.focus()
        visitor.key(key)
        assert steps(visitor) == []
        expect(visitor.find(focused)).to_be_focused()
    pin(visitor, "relu3", 43)
    visitor.press(visitor.find("#calculation button.num").first)
    visitor.find("#calculation button").first.focus()
    visitor.key("Escape")
    assert len(steps(visitor)) == 1
    expect(visitor.find("#calculation")).to_be_focused()


def test_in_the_simple_view_the_focus_returns_to_the_page(visitor: Visitor) -> None:
    visitor.press("#page-view")
    visitor.press(visitor.find("#eight-maps button").first)
    visitor.find("#calculation button").first.focus()
    visitor.key("Escape")
    expect(visitor.find("#why")).to_be_focused()


def test_enter_pins_the_cell_that_the_arrow_keys_reached(visitor: Visitor) -> None:
    """They move the pin, so Enter does not unpin the cell; Esc does."""
    pin(visitor, "probabilities", 3)
    plot(visitor, "probabilities").focus()
    for key in ("ArrowDown", "ArrowDown", "Enter", "Enter", "Space"):
        visitor.key(key)
        expect(visitor.find("#kept")).to_be_visible()
    assert steps(visitor) == ["probabilities[5]"]
    visitor.key("Escape")
    assert steps(visitor) == []
    for view in ("map", "table"):
        visitor.press(f"#tab-{view}")
        panel = visitor.find(f"#view-{view}")
        panel.locator("select").select_option("conv1")
        panel.locator(".map-plot, td[aria-current] button").first.focus()
        for key in ("ArrowRight", "Enter", "ArrowDown", "Enter"):
            visitor.key(key)
        assert len(steps(visitor)) == 1, view
        visitor.key("Escape")


def test_with_reduced_motion_the_strongest_path_takes_one_press_per_step(visitor: Visitor, live_server: str) -> None:
    visitor.press("#why")
    for _ in range(11):
        visitor.press("#step")
    path = steps(visitor)
    assert [re.sub(r"\[.*", "", step) for step in path] == list(reversed(LAYER_NAMES))
    assert path[0] == "probabilities[7]"
    row, col = (int(n) for n in re.findall(r"\d+", path[-1])[1:])
    assert activations(visitor, live_server)["input"][0, row, col] > 0, "it ends on ink"


def test_with_motion_the_path_is_animated_and_any_press_stops_it(visitors: Opener) -> None:
    visitor = visitors(reduced_motion="no-preference")
    visitor.stop_clock()
    visitor.press("#follow")
    visitor.pass_time(10_100)
    assert len(steps(visitor)) == 3, "each step stays for five seconds"
    expect(visitor.find("#follow")).to_have_attribute("aria-pressed", "true")
    visitor.press("#follow")
    visitor.pass_time(20_000)
    assert len(steps(visitor)) == 3, "it pauses"
    visitor.press("#follow")
    visitor.pass_time(46_000)
    assert len(steps(visitor)) == 12
    expect(visitor.find("#view-path")).to_be_visible()
    expect(visitor.find("#follow")).to_have_attribute("aria-pressed", "false")
    visitor.press("#why")
    visitor.pass_time(5100)
    visitor.key("Escape")
    visitor.pass_time(100)
    left = steps(visitor)
    visitor.pass_time(10_000)
    assert steps(visitor) == left


def test_the_window_slides_with_keys_with_a_press_and_in_an_animation(visitors: Opener) -> None:
    visitor = visitors(reduced_motion="no-preference")
    pin(visitor, "conv1", 3, 10, 10)
    lens, where = visitor.find("#lens-plot"), visitor.find("#where")
    lens.focus()
    visitor.key("ArrowRight")
    expect(where).to_have_text("conv1[3, 10, 11]")
    visitor.key("ArrowDown")
    expect(where).to_have_text("conv1[3, 11, 11]")
    assert len(steps(visitor)) == 1, "the window slides; that is no step of the walk"
    plot(visitor, "conv1").focus()
    visitor.key("ArrowLeft")
    expect(where).to_have_text("conv1[3, 11, 10]")
    box = visitor.bounds("#lens")
    visitor.page.mouse.click(box["x"] + 5.5 * box["width"] / 28, box["y"] + 6.5 * box["height"] / 28)
    expect(where).to_have_text("conv1[3, 5, 4]")
    visitor.stop_clock()
    visitor.press("#play")
    visitor.pass_time(340)
    expect(where).to_have_text("conv1[3, 5, 7]")
    visitor.press("#play")
    visitor.pass_time(1000)
    expect(where).to_have_text("conv1[3, 5, 7]")
    assert len(steps(visitor)) == 1
