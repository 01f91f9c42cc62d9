"""One map opened large: its numbers, its ring, the keys and touch."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.pages.views.panels import SHAPES, activations_of, cell_centre, open_view, plot, ring, short
from tests.support.visitor import ONE, PHONE, Opener, Visitor, bounds, number, pixels, seen


@pytest.mark.parametrize("size", [(1366, 768), (1366, 641), (1024, 768), (1920, 1080)])
def test_a_map_opens_as_large_as_fits_with_whole_pixels_to_a_cell(visitor: Visitor, size: tuple[int, int]) -> None:
    visitor.change_screen("light", {"width": size[0], "height": size[1]})
    for layer in ("conv1", "relu1", "conv2", "pool2", "dense1", "logits", "flatten", "input"):
        panel = open_view(visitor, "map", layer)
        canvas = plot(panel, layer).locator(".map-plot canvas")
        wide, high, page, beyond, cut = seen(canvas).evaluate(
            """(canvas) => {
              const [root, panel] = [document.documentElement, canvas.closest("[role=tabpanel]")];
              const main = panel.querySelector(".map-main");
              return [canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height,
                [root.scrollWidth, root.scrollHeight], panel.scrollWidth - panel.clientWidth,
                main.scrollHeight - main.clientHeight];
            }"""
        )
        assert (wide, high) == (int(wide), int(high)), layer
        assert high >= (2 if layer == "flatten" else 6), layer
        assert page == list(size), layer
        assert beyond == 0, layer
        if size == (1366, 768):
            assert cut <= 0, f"nothing of {layer} is cut off"


def test_before_and_after_the_relu_stand_side_by_side_in_their_colours(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "relu1", 5)
    truth = activations_of(visitor)
    for layer in ("conv1", "relu1", "pool1"):
        low, middle, high = seen(plot(panel, layer).locator(".ends span")).all_inner_texts()
        if layer == "conv1":
            most = np.abs(truth[layer]).max()
            assert (low, middle, high) == (short(-most), "0", short(most))
        else:
            most = truth[layer].max()
            assert (low, middle, high) == ("0", short(most / 2), short(most))
    colours = visitor.module(
        "core/colour", "return { zero: m.css(m.DIVERGING.light[127]), none: m.css(m.SEQUENTIAL[0]) }"
    )
    after = pixels(plot(panel, "relu1").locator(".map-plot canvas"))[..., :3]
    dead = truth["relu1"][5] == 0
    assert {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in after[dead]} == {colours["none"]}
    boxes = [bounds(plot(panel, layer).locator(".map-plot canvas")) for layer in ("conv1", "relu1", "pool1")]
    before, behind, small = [box for box in boxes if box]
    assert before["x"] + before["width"] < behind["x"]
    assert before["width"] == behind["width"] > small["width"]


def test_the_number_under_the_pointer_is_shown_until_it_leaves(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "conv2", 9)
    truth = activations_of(visitor)
    kept = seen(panel.locator(".view-value")).inner_text()
    visitor.page.mouse.move(*cell_centre(panel, "relu2", 3, 7))
    expect(panel.locator(".view-value code")).to_have_text("relu2[9, 3, 7]")
    shown_value = number(seen(panel.locator(".view-value b")).inner_text())
    assert shown_value == pytest.approx(float(truth["relu2"][9, 3, 7]), abs=6e-5)
    before = number(seen(plot(panel, "conv2").locator(".cell-value")).inner_text())
    assert before == pytest.approx(float(truth["conv2"][9, 3, 7]), abs=6e-5), "and what it was before"
    assert ring(panel, "relu2") == ([7, 3, 1, 1], False)
    assert ring(panel, "conv2") == ([7, 3, 1, 1], True)
    assert ring(panel, "pool2") == ([3, 1, 1, 1], True)
    visitor.page.mouse.move(5, 5)
    expect(panel.locator(".view-value")).to_have_text(kept)


def test_clicking_a_cell_pins_it(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "conv1", 3)
    visitor.page.mouse.click(*cell_centre(panel, "conv1", 12, 20))
    visitor.page.mouse.move(5, 5)
    expect(visitor.find("#where")).to_have_text("conv1[3, 12, 20]")
    expect(visitor.find("#kept")).to_be_visible()
    assert ring(panel, "conv1") == ([20, 12, 1, 1], False)


def test_nothing_moves_under_the_pointer_and_a_click_enlarges_a_small_map(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "conv1", 8)
    small = bounds(plot(panel, "pool1"))
    visitor.page.mouse.move(*cell_centre(panel, "pool1", 4, 5))
    expect(panel.locator(".view-value code")).to_have_text("pool1[8, 4, 5]")
    assert bounds(plot(panel, "pool1")) == small
    assert ring(panel, "conv1") == ([10, 8, 2, 2], True), "the four cells it was the largest of"
    visitor.page.mouse.click(*cell_centre(panel, "pool1", 4, 5))
    expect(plot(panel, "conv1")).to_have_class(re.compile("small"))
    relu, pool = (bounds(plot(panel, layer).locator(".map-plot canvas")) for layer in ("relu1", "pool1"))
    assert pool["width"] == relu["width"]


def test_the_arrow_keys_move_through_a_map_and_announce_the_cell(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "relu2", 2)
    plot(panel, "relu2").locator(".map-plot").focus()
    for keys, index in (
        ("Home", "2, 0, 0"),
        ("ArrowLeft", "2, 0, 0"),
        ("ArrowRight", "2, 0, 1"),
        ("ArrowDown", "2, 1, 1"),
        ("Shift+ArrowRight", "3, 1, 1"),
        ("End", "3, 10, 10"),
        ("ArrowUp", "3, 9, 10"),
    ):
        visitor.key(keys)
        expect(panel.locator(".view-value code")).to_have_text(f"relu2[{index}]")
        expect(visitor.find("#spoken")).to_contain_text("map {}, row {}, column {}".format(*index.split(", ")))
    assert seen(plot(panel, "relu2").locator(".map-plot")).evaluate("(e) => e === document.activeElement")


def test_enter_pins_the_current_cell(visitor: Visitor) -> None:
    panel = open_view(visitor, "map")
    plot(panel, "conv1").locator(".map-plot").focus()
    visitor.key("Home")
    expect(visitor.find("#kept")).to_be_hidden()
    visitor.key("Enter")
    expect(visitor.find("#kept")).to_be_visible()
    expect(visitor.find("#where")).to_have_text(re.compile(r"conv1\[\d+, 0, 0\]"))


def test_keys_that_come_faster_than_frames_all_count(visitor: Visitor) -> None:
    panel = open_view(visitor, "map")
    start = int(visitor.text("#where").partition("[")[2].partition(",")[0])
    press = """(plot, keys) => {
        for (const [key, shiftKey] of keys) {
            plot.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
        }
    }"""
    keys = [("Home", False), ("ArrowDown", False), *3 * [("ArrowRight", True)], ("ArrowRight", False), ("Enter", False)]
    seen(plot(panel, "conv1").locator(".map-plot")).evaluate(press, keys)
    expect(visitor.find("#kept")).to_be_visible()
    expect(visitor.find("#where")).to_have_text(f"conv1[{start + 3}, 1, 1]")


MIDDLES = """(labels) => labels.map((label) => {
    const { left, right, top, bottom } = label.getBoundingClientRect();
    return [label.textContent, (left + right) / 2, (top + bottom) / 2];
})"""


def test_row_and_column_numbers_are_beside_their_rows_and_columns(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "conv1")
    canvas, cells = bounds(plot(panel, "conv1").locator(".map-plot canvas")), SHAPES["conv1"][-1]
    for side, start, size in (("across", canvas["x"], canvas["width"]), ("down", canvas["y"], canvas["height"])):
        labels = seen(plot(panel, "conv1").locator(f".count.{side} span")).evaluate_all(MIDDLES)
        assert labels
        for text, x, y in labels:
            middle = start + (int(text) + 0.5) * size / cells
            assert (x if side == "across" else y) == pytest.approx(middle, abs=1.5)


def test_large_cells_show_their_number(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "pool2", 13)
    printed = seen(plot(panel, "pool2").locator(".printed span")).all_inner_texts()
    assert printed == [short(float(value)) for value in activations_of(visitor)["pool2"][13].ravel()]


def test_the_summary_equals_numpys(visitor: Visitor) -> None:
    for layer, index in (("conv1", 7), ("relu1", 7), ("pool2", 13), ("relu3", 0), ("input", 0)):
        panel = open_view(visitor, "map", layer, index)
        truth = activations_of(visitor)[layer]
        values = truth[index] if truth.ndim == 3 else truth
        facts = seen(plot(panel, layer).locator(".facts-line")).inner_text()
        assert (
            facts
            == f"min {short(values.min())} · max {short(values.max())} · mean {short(values.mean(dtype=np.float64))}"
        )
        zeros = int((values == 0).sum())
        noun = "units" if truth.ndim == 1 else "cells"
        expect(plot(panel, layer).locator(".zeros")).to_have_text(
            f"{zeros or 'none'} of the {values.size} {noun} {'is' if zeros <= 1 else 'are'} 0"
        )


def test_maps_follow_the_pen(visitor: Visitor) -> None:
    panel = open_view(visitor.clear(), "map", "conv2", 5)
    canvases = [plot(panel, "conv2").locator(".map-plot canvas"), panel.locator(".film canvas").nth(5)]
    before = [pixels(canvas) for canvas in canvases]
    visitor.begin(*ONE[0])
    for point in ONE[1:]:
        visitor.move(*point, steps=5)
    expect(visitor.find("#digit")).to_have_text("1")
    assert not any(np.array_equal(pixels(canvas), old) for canvas, old in zip(canvases, before, strict=True))
    visitor.lift()


def test_on_a_phone_a_tap_on_a_large_map_shows_its_number_and_a_second_pins_it(visitors: Opener) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    panel = open_view(visitor, "map")  # at the strongest cell of conv1
    canvas = plot(panel, "conv1").locator(".map-plot canvas")
    seen(canvas).evaluate("(e) => scrollBy(0, e.getBoundingClientRect().top - 300)")
    box = bounds(canvas)
    assert 300 <= box["width"] <= 390
    visitor.page.touchscreen.tap(*cell_centre(panel, "conv1", 4, 6))
    expect(visitor.find("#where")).to_have_text(re.compile(r"conv1\[\d+, 4, 6\]"))
    expect(visitor.find("#kept")).to_be_hidden()
    visitor.page.touchscreen.tap(*cell_centre(panel, "conv1", 4, 6))
    expect(visitor.find("#where")).to_have_text(re.compile(r"conv1\[\d+, 4, 6\]"))
    expect(visitor.find("#kept")).to_be_visible()
