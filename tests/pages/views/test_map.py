"""One map opened large, the table, the costs, and drawing with the keyboard; in a real browser, on a real service."""

import io
import json
import re

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from model.layers import LAYERS
from tests.visitor import ONE, PHONE, PROJECTOR, SEVEN, Opener, Visitor, bounds, number, pixels, seen

SHAPES = {layer.name: layer.shape for layer in LAYERS}

Numbers = NDArray[np.float32]


@pytest.fixture(scope="module")
def weights(live_server: str) -> dict[str, Numbers]:
    return safetensors.numpy.load(httpx2.get(f"{live_server}/model/weights").content)


def look(visitor: Visitor, view: str, layer: str | None = None, index: int | None = None) -> Locator:
    """Open a view at a layer, at one of its maps, or of its numbers if it is a list."""
    visitor.seen(f"#tab-{view}").evaluate("(tab) => tab.click()")  # on a phone it may lie under what stays in sight
    panel = visitor.find(f"#view-{view}")
    expect(panel).to_be_visible()
    if view != "costs":
        expect(panel.locator(".view-value code")).not_to_be_empty()
    if layer:
        panel.locator("select").select_option(layer)
        expect(panel.locator(".view-value code")).to_contain_text(f"{layer}[")
    if layer and index is not None:
        which = panel.locator(".which")
        if (shown := seen(which).inner_text()) != "the only map":
            here = int(shown.split()[1].replace(",", ""))
            presses = "(button, times) => { for (let i = 0; i < times; i++) button.click(); }"
            seen(panel.locator(".go").nth(int(here < index))).evaluate(presses, abs(index - here))
            expect(which).to_have_text(re.compile(rf"^\w+ {index} of"))
    return panel


def answered(visitor: Visitor) -> dict[str, Numbers]:
    """What the service says of the drawing on the pad: every layer's numbers."""
    body = visitor.settle().asked()[-1]["body"]
    headers = {"Content-Type": "application/json", "Accept": "application/vnd.safetensors"}
    return safetensors.numpy.load(httpx2.post(f"{visitor.url}/feature-maps", content=body, headers=headers).content)


def two(value: float) -> str:
    """As the page shortens a number."""
    if 0 < abs(value) < 0.005:
        digit, _, power = f"{value:.0e}".partition("e")
        return f"{digit}e{int(power)}".replace("-", "−")
    return "0" if value == 0 else f"{value:.2f}".replace("-", "−")


def plot(panel: Locator, layer: str) -> Locator:
    return panel.locator(".map-figure", has=panel.page.locator("figcaption b", has_text=re.compile(f"^{layer}$")))


def spot(panel: Locator, layer: str, row: int, col: int) -> tuple[float, float]:
    """The middle of a cell, in pixels of the window."""
    canvas = plot(panel, layer).locator(".map-plot canvas")
    rows, cols = SHAPES[layer][-2:]
    box = bounds(canvas)
    return box["x"] + (col + 0.5) * box["width"] / cols, box["y"] + (row + 0.5) * box["height"] / rows


def ring(panel: Locator, layer: str) -> tuple[list[float], bool]:
    """Where the ring is, in cells [left, top, wide, high], and whether it is dashed."""
    figure = plot(panel, layer)
    mark, canvas = bounds(figure.locator(".mark-cell")), bounds(figure.locator(".map-plot canvas"))
    rows, cols = SHAPES[layer][-2:]
    across, down = canvas["width"] / cols, canvas["height"] / rows
    place = [
        (mark["x"] - canvas["x"]) / across,
        (mark["y"] - canvas["y"]) / down,
        mark["width"] / across,
        mark["height"] / down,
    ]
    style = seen(figure.locator(".mark-cell")).evaluate("(e) => getComputedStyle(e).outlineStyle")
    return [round(at, 2) for at in place], style == "dashed"


# ---------------------------------------------------------------- before the first answer


def test_before_the_first_answer_nothing_that_is_pressed_is_an_error(visitors: Opener) -> None:
    visitor = visitors(None)
    visitor.page.route("**/feature-maps*", lambda route: None)  # never answered
    visitor.page.goto(visitor.url)
    expect(visitor.find("#samples button")).to_have_count(10)
    everything = """() => {
        const press = { bubbles: true, cancelable: true, view: window };
        for (const tab of document.querySelectorAll("[role=tab]")) {
            tab.click();
            const pressed = ".plot, main button:not(:disabled, [role=tab], #upload), select, [tabindex]";
            for (const e of document.querySelectorAll(pressed)) {
                for (const kind of ["pointermove", "click", "pointerleave"]) {
                    const at = { pointerType: "mouse", clientX: 700, clientY: 400 };
                    e.dispatchEvent(new PointerEvent(kind, { ...press, ...at }));
                }
                for (const key of ["ArrowRight", "Home", "Enter", "Escape"]) {
                    e.dispatchEvent(new KeyboardEvent("keydown", { ...press, key }));
                }
                e.dispatchEvent(new Event("change", { bubbles: true }));
            }
        }
    }"""
    visitor.run(everything)
    visitor.painted()
    assert visitor.text("#digit") in ("", "–", "…")


# ---------------------------------------------------------------- one map


@pytest.mark.parametrize("size", [(1366, 768), (1366, 641), (1024, 768), (1920, 1080)])
def test_a_map_opens_as_large_as_fits_with_whole_pixels_to_a_cell(visitors: Opener, size: tuple[int, int]) -> None:
    visitor = visitors(viewport={"width": size[0], "height": size[1]})
    for layer in ("conv1", "relu1", "conv2", "pool2", "dense1", "logits", "flatten", "input"):
        panel = look(visitor, "map", layer)
        canvas = plot(panel, layer).locator(".map-plot canvas")
        wide, high = seen(canvas).evaluate("(c) => [c.clientWidth / c.width, c.clientHeight / c.height]")
        assert (wide, high) == (int(wide), int(high)), layer
        assert high >= (2 if layer == "flatten" else 6), layer
        page = visitor.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert page == list(size), layer
        assert seen(panel).evaluate("(e) => e.scrollWidth - e.clientWidth") == 0, layer
        if size == (1366, 768):
            cut = seen(panel.locator(".map-main")).evaluate("(e) => e.scrollHeight - e.clientHeight")
            assert cut <= 0, f"nothing of {layer} is cut off"


def test_before_and_after_the_relu_stand_side_by_side_in_their_colours(visitor: Visitor) -> None:
    panel = look(visitor, "map", "relu1", 5)
    truth = answered(visitor)
    for layer in ("conv1", "relu1", "pool1"):
        low, middle, high = seen(plot(panel, layer).locator(".ends span")).all_inner_texts()
        if layer == "conv1":
            most = np.abs(truth[layer]).max()
            assert (low, middle, high) == (two(-most), "0", two(most))
        else:
            most = truth[layer].max()
            assert (low, middle, high) == ("0", two(most / 2), two(most))
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


def test_the_number_under_the_pointer_is_shown_and_goes_back_when_it_leaves(visitor: Visitor) -> None:
    panel = look(visitor, "map", "conv2", 9)
    truth = answered(visitor)
    kept = seen(panel.locator(".view-value")).inner_text()
    visitor.page.mouse.move(*spot(panel, "relu2", 3, 7))
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


def test_pressing_a_cell_pins_it(visitor: Visitor) -> None:
    panel = look(visitor, "map", "conv1", 3)
    visitor.page.mouse.click(*spot(panel, "conv1", 12, 20))
    visitor.page.mouse.move(5, 5)
    expect(visitor.find("#where")).to_have_text("conv1[3, 12, 20]")
    expect(visitor.find("#kept")).to_be_visible()
    assert ring(panel, "conv1") == ([20, 12, 1, 1], False)


def test_nothing_moves_away_under_the_pointer_and_a_press_opens_what_was_small(visitor: Visitor) -> None:
    panel = look(visitor, "map", "conv1", 8)
    small = bounds(plot(panel, "pool1"))
    visitor.page.mouse.move(*spot(panel, "pool1", 4, 5))
    expect(panel.locator(".view-value code")).to_have_text("pool1[8, 4, 5]")
    assert bounds(plot(panel, "pool1")) == small
    assert ring(panel, "conv1") == ([10, 8, 2, 2], True), "the four cells it was the largest of"
    visitor.page.mouse.click(*spot(panel, "pool1", 4, 5))
    expect(plot(panel, "conv1")).to_have_class(re.compile("small"))
    relu, pool = (bounds(plot(panel, layer).locator(".map-plot canvas")) for layer in ("relu1", "pool1"))
    assert pool["width"] == relu["width"]


def test_the_arrow_keys_walk_through_a_map_and_speak(visitor: Visitor) -> None:
    panel = look(visitor, "map", "relu2", 2)
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


def test_enter_pins_the_cell_walked_to(visitor: Visitor) -> None:
    panel = look(visitor, "map")
    plot(panel, "conv1").locator(".map-plot").focus()
    visitor.key("Home")
    expect(visitor.find("#kept")).to_be_hidden()
    visitor.key("Enter")
    expect(visitor.find("#kept")).to_be_visible()
    expect(visitor.find("#where")).to_have_text(re.compile(r"conv1\[\d+, 0, 0\]"))


def test_keys_that_come_faster_than_frames_all_count(visitor: Visitor) -> None:
    panel = look(visitor, "map")
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


def test_rows_and_columns_are_numbered_where_they_lie(visitor: Visitor) -> None:
    panel = look(visitor, "map", "conv1")
    canvas, cells = bounds(plot(panel, "conv1").locator(".map-plot canvas")), SHAPES["conv1"][-1]
    for side, start, size in (("across", canvas["x"], canvas["width"]), ("down", canvas["y"], canvas["height"])):
        labels = seen(plot(panel, "conv1").locator(f".count.{side} span")).evaluate_all(MIDDLES)
        assert labels
        for text, x, y in labels:
            middle = start + (int(text) + 0.5) * size / cells
            assert (x if side == "across" else y) == pytest.approx(middle, abs=1.5)


def test_cells_with_room_for_it_carry_their_number(visitor: Visitor) -> None:
    panel = look(visitor, "map", "pool2", 13)
    printed = seen(plot(panel, "pool2").locator(".printed span")).all_inner_texts()
    assert printed == [two(float(value)) for value in answered(visitor)["pool2"][13].ravel()]


def test_the_facts_are_those_of_numpy(visitor: Visitor) -> None:
    for layer, index in (("conv1", 7), ("relu1", 7), ("pool2", 13), ("relu3", 0), ("input", 0)):
        panel = look(visitor, "map", layer, index)
        truth = answered(visitor)[layer]
        values = truth[index] if truth.ndim == 3 else truth
        facts = seen(plot(panel, layer).locator(".facts-line")).inner_text()
        assert facts == f"min {two(values.min())} · max {two(values.max())} · mean {two(values.mean(dtype=np.float64))}"
        zeros = int((values == 0).sum())
        noun = "units" if truth.ndim == 1 else "cells"
        expect(plot(panel, layer).locator(".zeros")).to_have_text(
            f"{zeros or 'none'} of {values.size} {noun} {'is' if zeros == 1 else 'are'} 0"
        )


def test_dead_maps_say_so_and_are_struck_through(visitor: Visitor) -> None:
    truth = answered(visitor)["relu2"]
    dead = [int(at) for at in np.flatnonzero(truth.reshape(64, -1).max(axis=1) == 0)]
    assert dead, "the first sample leaves maps empty"
    panel = look(visitor, "map", "relu2")
    thumbnails = panel.locator(".film button")
    thumbnails.nth(dead[0]).click()
    expect(plot(panel, "relu2").locator(".zeros")).to_have_text("dead on this drawing: all 121 cells are 0")
    struck = seen(thumbnails).evaluate_all("(all) => all.flatMap((e, i) => (e.classList.contains('dead') ? [i] : []))")
    assert struck == dead
    expect(thumbnails.nth(dead[0])).to_have_accessible_name(f"map {dead[0]}, dead: all 0")
    panel = look(visitor, "map", "conv2")
    expect(thumbnails.nth(dead[0])).to_have_attribute("aria-label", re.compile("dead after ReLU$"))


def test_the_film_shows_every_map_by_number_or_by_strength(visitor: Visitor) -> None:
    truth = answered(visitor)
    for layer in ("conv1", "pool2"):
        panel = look(visitor, "map", layer)
        flat = truth[layer].reshape(len(truth[layer]), -1)
        strongest = np.take_along_axis(flat, np.abs(flat).argmax(axis=1)[:, None], axis=1)[:, 0]
        panel.locator('input[value="number"]').check()
        names = seen(panel.locator(".film button")).evaluate_all("(all) => all.map((e) => e.ariaLabel)")
        assert len(names) == len(flat)
        for at, name in enumerate(names):
            assert name.startswith(f"map {at}, "), name
            assert two(float(strongest[at])) in name or "all 0" in name
        panel.locator('input[value="strength"]').check()
        order = seen(panel.locator(".film button")).evaluate_all(
            "(all) => all.map((e) => parseInt(e.ariaLabel.slice(4)))"
        )
        assert sorted(order) == list(range(len(flat)))
        assert (np.diff(np.abs(strongest[order])) <= 0).all()
        panel.locator(".film button").first.click()
        expect(panel.locator(".which")).to_have_text(f"map {order[0]} of 0–{len(flat) - 1}")
        expect(panel.locator(".film [aria-current]")).to_have_count(1)


def test_the_film_is_one_stop_of_tab_and_its_arrow_keys_walk(visitor: Visitor) -> None:
    panel = look(visitor, "map", "conv2", 3)
    film = panel.locator(".film")
    expect(film.locator('[tabindex="0"]')).to_have_count(1)
    film.locator("[aria-current]").focus()
    for key, at in (("ArrowRight", 4), ("ArrowDown", 36), ("Home", 0), ("End", 63), ("ArrowLeft", 62)):
        visitor.key(key)
        expect(film.locator("button").nth(at)).to_be_focused()
    visitor.key("Enter")
    expect(panel.locator(".which")).to_have_text("map 62 of 0–63")


def test_the_buttons_go_from_map_to_map_and_stop_at_the_ends(visitor: Visitor) -> None:
    panel = look(visitor, "map", "conv1")
    back, on = panel.locator(".go").first, panel.locator(".go").last
    panel.locator(".film button").first.click()
    expect(back).to_have_attribute("aria-disabled", "true")
    on.click()
    expect(panel.locator(".which")).to_have_text("map 1 of 0–31")
    expect(back).to_have_accessible_name("Previous map")
    back.click()
    expect(panel.locator(".which")).to_have_text("map 0 of 0–31")
    look(visitor, "map", "dense1")
    expect(on).to_have_accessible_name("Next unit")


def test_maps_follow_the_pen(visitor: Visitor) -> None:
    panel = look(visitor.clear(), "map", "conv2", 5)
    canvases = [plot(panel, "conv2").locator(".map-plot canvas"), panel.locator(".film canvas").nth(5)]
    before = [pixels(canvas) for canvas in canvases]
    visitor.begin(*ONE[0])
    for point in ONE[1:]:
        visitor.move(*point, steps=5)
    expect(visitor.find("#digit")).to_have_text("1")
    assert not any(np.array_equal(pixels(canvas), old) for canvas, old in zip(canvases, before, strict=True))
    visitor.lift()


# ---------------------------------------------------------------- weights


def test_a_first_kernel_shows_its_nine_numbers_and_its_bias(visitor: Visitor, weights: dict[str, Numbers]) -> None:
    for layer in ("conv1", "pool1"):
        panel = look(visitor, "map", layer, 4)
        kernel = weights["features.0.weight"][4, 0].ravel()
        expect(panel.locator(".nine span")).to_have_text([two(float(weight)) for weight in kernel])
        bias = f"bias {float(weights['features.0.bias'][4]):.4f}".replace("-", "−")
        expect(panel.locator(".map-weights .caption")).to_contain_text(bias)
        panel.locator(".film button").first.click()


def test_a_second_kernel_shows_its_32_channels_on_one_scale(visitor: Visitor, weights: dict[str, Numbers]) -> None:
    panel = look(visitor, "map", "conv2", 6)
    kernels = weights["features.3.weight"][6].reshape(32, 9)
    sums = np.abs(kernels).sum(axis=1)
    says = panel.locator(".tile-says")
    expect(says).to_have_text(f"Heaviest: channel {sums.argmax()}, Σ|weights| = {two(sums.max())}")
    most = np.abs(kernels).max()
    expect(panel.locator(".map-weights .caption")).to_contain_text(f"One scale for all 32: {two(-most)} to {two(most)}")
    tiles = panel.locator(".tiles")
    tiles.focus()
    visitor.key("ArrowRight")
    expect(says).to_have_text(f"channel 1: Σ|weights| = {two(sums[1])}")
    visitor.key("ArrowDown")
    expect(says).to_have_text(f"channel 9: Σ|weights| = {two(sums[9])}")
    box = bounds(tiles)
    tiles.hover(position={"x": box["width"] - 3, "y": box["height"] - 3})
    expect(says).to_have_text(f"channel 31: Σ|weights| = {two(sums[31])}")
    visitor.key("ArrowLeft")
    visitor.key("Enter")
    expect(panel.locator(".view-value code")).to_contain_text("pool1[30, ")


def test_a_units_weights_say_what_they_are_multiplied_with(visitor: Visitor, weights: dict[str, Numbers]) -> None:
    truth = answered(visitor)
    for layer, index, key, source in (("dense1", 2, "classifier.1", "flatten"), ("logits", 7, "classifier.3", "relu3")):
        panel = look(visitor, "map", layer)
        rows, cols = (16, 8) if layer == "dense1" else (10, 1)
        canvas = plot(panel, layer).locator(".map-plot canvas")
        box = bounds(canvas)
        canvas.click(
            position={
                "x": (index % cols + 0.5) * box["width"] / cols,
                "y": (index // cols + 0.5) * box["height"] / rows,
            }
        )
        visitor.page.mouse.move(5, 5)
        panel.locator(".tiles").focus()
        visitor.key("ArrowDown")
        visitor.key("ArrowDown")
        visitor.key("ArrowRight")
        at = 2 * (5 if layer == "dense1" else 8) + 1
        text = seen(panel.locator(".tile-says")).inner_text()
        value, weight, product = (number(part) for part in re.findall(r"[−\d.]+(?:e[−+]?\d+)?(?= ·| =|$)", text))
        assert value == pytest.approx(float(truth[source][at]), abs=6e-5)
        assert weight == pytest.approx(float(weights[f"{key}.weight"][index, at]), abs=6e-5)
        assert product == pytest.approx(value * weight, abs=1e-4)
        bias = f"{float(weights[f'{key}.bias'][index]):.4f}".replace("-", "−")
        expect(panel.locator(".map-weights .caption")).to_contain_text(f"bias {bias}.")


# ---------------------------------------------------------------- the table


def test_the_table_holds_the_services_numbers_row_by_row(visitor: Visitor) -> None:
    def text(panel: Locator) -> list[list[str]]:
        rows: list[list[str]] = seen(panel.locator("tbody tr")).evaluate_all(
            "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        return rows

    for layer in ("input", "conv1", "pool2", "flatten", "dense1", "probabilities"):
        index = 3 if len(SHAPES[layer]) == 3 and layer != "input" else None
        panel = look(visitor, "table", layer, index)
        truth = answered(visitor)[layer]
        grid = {"flatten": (64, 25), "dense1": (16, 8), "probabilities": (10, 1)}.get(layer)
        values = truth.reshape(grid) if grid else truth[index or 0]

        for digits in (2, 4):
            panel.locator(f'input[name="decimals"][value="{digits}"]').check()
            rows = text(panel)
            assert len(rows) == len(values)
            step = values.shape[1] if grid else 1
            assert [row[0] for row in rows] == [str(step * at) for at in range(len(rows))]
            read = np.array([[number(cell) for cell in row[1:]] for row in rows])
            assert np.abs(read - values).max() <= 0.51 * 10**-digits
            assert {len(cell.partition(".")[2]) for row in rows for cell in row[1:]} == {digits}
        expect(panel.locator("thead th")).to_have_count(values.shape[1])
        if layer == "conv1":
            expect(panel.locator("caption")).to_have_text("conv1, map 3: 26 × 26 numbers, row by row")


def test_a_number_in_the_table_can_be_pressed_and_walked_to(visitor: Visitor) -> None:
    panel = look(visitor, "table", "relu2", 1)
    panel.locator("tbody tr").nth(4).locator("button").nth(6).click()
    expect(visitor.find("#where")).to_have_text("relu2[1, 4, 6]")
    current = panel.locator("[aria-current]")
    expect(current).to_have_count(1)
    assert seen(current).evaluate("(td) => [td.parentElement.rowIndex - 1, td.cellIndex - 1]") == [4, 6]
    expect(panel.locator('tbody [tabindex="0"]')).to_have_count(1)
    visitor.key("ArrowDown")
    visitor.key("ArrowRight")
    expect(panel.locator(".view-value code")).to_have_text("relu2[1, 5, 7]")
    assert seen(current).evaluate("(td) => td.firstChild === document.activeElement")
    expect(visitor.find("#spoken")).to_contain_text("map 1, row 5, column 7")


def test_a_table_that_goes_on_to_the_right_says_so_until_its_end(visitors: Opener) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    panel = look(visitor, "table", "conv1")
    frame, scroller = panel.locator(".frame"), panel.locator(".scroller")
    expect(frame).to_have_class(re.compile("more-right"))
    seen(scroller).evaluate("(e) => e.scrollTo(e.scrollWidth, 0)")
    expect(frame).not_to_have_class(re.compile("more-right"))
    panel.locator("tbody tr").first.locator("button").nth(20).click()
    for _ in range(3):
        visitor.key("ArrowLeft")
    seen(scroller).evaluate("(e) => e.scrollTo(0, 0)")
    visitor.key("ArrowRight")
    expect(panel.locator(".view-value code")).to_contain_text(", 0, 18]")
    current, edge = bounds(panel.locator("[aria-current]")), bounds(frame)
    assert current["x"] + current["width"] <= edge["x"] + edge["width"] - 36, "not under what says so"
    look(visitor, "table", "logits")
    expect(frame).not_to_have_class(re.compile("more-right"))
    expect(look(visitor, "costs").locator(".frame")).to_have_class(re.compile("more-right"))


def test_the_table_is_filled_anew_not_built_anew_and_only_while_it_is_seen(visitor: Visitor) -> None:
    panel = look(visitor, "table", "conv1", 2)
    watch = """(table) => {
        window.seen = { built: 0, filled: 0 };
        new MutationObserver((changes) => {
          for (const { type } of changes) window.seen[type === "characterData" ? "filled" : "built"]++;
        }).observe(table, { childList: true, characterData: true, subtree: true });
        table.querySelector("tbody td").first = true; }"""
    seen(panel.locator("table")).evaluate(watch)
    visitor.draw(SEVEN)
    expect(panel.locator("caption")).to_have_text("conv1, map 2: 26 × 26 numbers, row by row")
    changes = visitor.run("seen")
    assert changes["filled"] > 100
    assert changes["built"] <= 2 * 10, "no more than the caption"
    assert seen(panel.locator("tbody td").first).evaluate("(td) => td.first") is True
    truth = answered(visitor)["conv1"][2]
    read = seen(panel.locator("tbody button")).all_text_contents()
    assert np.abs(np.array([number(cell) for cell in read]).reshape(26, 26) - truth).max() <= 0.0051
    visitor.press("#tab-network")
    visitor.run("seen.filled = seen.built = 0")
    visitor.draw(ONE)
    assert visitor.run("seen") == {"built": 0, "filled": 0}


def test_the_numbers_can_be_copied_to_the_last_bit(visitors: Opener) -> None:
    visitor = visitors(permissions=["clipboard-read", "clipboard-write"])
    panel = look(visitor, "table", "conv2", 3)
    panel.locator(".copy").click()
    expect(panel.locator(".told")).to_have_text("Copied: 11 rows of 11.")
    copied = visitor.run("navigator.clipboard.readText()")
    values = np.loadtxt(io.StringIO(copied), delimiter=",", dtype=np.float32)
    assert np.array_equal(values, answered(visitor)["conv2"][3])


def test_where_copying_is_not_allowed_the_text_is_selected(visitor: Visitor) -> None:
    visitor.run("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    panel = look(visitor, "table", "logits")
    panel.locator(".copy").click()
    expect(panel.locator(".told")).to_contain_text("Selected")
    area = panel.locator("textarea")
    expect(area).to_be_focused()
    assert seen(area).evaluate("(e) => [e.selectionStart, e.selectionEnd === e.value.length]") == [0, True]
    values = np.loadtxt(io.StringIO(seen(area).input_value()), delimiter=",", dtype=np.float32)
    assert np.array_equal(values, answered(visitor)["logits"])


# ---------------------------------------------------------------- sizes and costs


def test_the_costs_are_those_of_the_model_and_are_worked_out(visitor: Visitor, live_server: str) -> None:
    model = httpx2.get(f"{live_server}/model").json()
    panel = look(visitor, "costs")
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(12)
    for row, layer in zip(rows.all(), model["layers"], strict=True):
        cells = [" ".join(cell.split()) for cell in seen(row.locator("th, td")).all_inner_texts()]
        assert cells[0] == layer["name"]
        assert cells[1] == " × ".join(map(str, layer["shape"]))
        assert cells[2] == (layer["formula"] or "")
        for text, what in ((cells[3], "parameters"), (cells[5], "multiplications")):
            sum_, _, result = text.rpartition(" = ") if "=" in text else ("", "", text)
            assert result == f"{layer[what]:,}"
            if layer[what]:
                worked = sum_.replace("·", "*").replace(",", "")
                assert re.fullmatch(r"[\d*()+ ]+", worked)
                assert eval(worked) == layer[what]
        for text, what in ((cells[4], "parameters"), (cells[6], "multiplications")):
            share = 100 * layer[what] / model[what]
            assert text == ("" if share == 0 else f"{share:.1f} %" if share >= 0.05 else "< 0.1 %")
    bars = seen(panel.locator(".part")).evaluate_all("(all) => all.map((bar) => bar.getBBox().width)")
    assert bars[2] == pytest.approx(100 * 18496 / 225034, abs=0.01)
    foot = seen(panel.locator("tfoot")).inner_text()
    assert "225,034" in foot
    assert "2,631,040" in foot
    said = " ".join(seen(panel).inner_text().split())
    assert "204,928 of the 225,034 parameters, 91 %, sit in dense1" in said
    assert "2,230,272 of the 2,631,040 multiplications, 85 %, are made in conv2" in said
    assert "28 · 28 · 128 = 100,352 weights; conv1 makes 32 maps of it with 320 parameters" in said


# ---------------------------------------------------------------- drawing with the keyboard: the grid itself


def test_a_painted_cell_has_soft_neighbours_and_leaves_stronger_ink_alone(js: Visitor) -> None:
    script = """const one = m.paint(m.EMPTY, 5, 7), two = m.paint(one, 5, 8), corner = m.paint(m.EMPTY, 0, 27);
    const ink = (p) => p.flatMap((row, y) => row.flatMap((v, x) => (v ? [[y, x, v]] : [])));
    return [ink(one), ink(two).filter(([, , v]) => v === 255), ink(corner), ink(m.EMPTY)]"""
    one, two_, corner, empty = js.module("pad/pixel-grid", script)
    assert one == [[4, 7, 128], [5, 6, 128], [5, 7, 255], [5, 8, 128], [6, 7, 128]]
    assert two_ == [[5, 7, 255], [5, 8, 255]]
    assert corner == [[0, 26, 128], [0, 27, 255], [1, 27, 128]]
    assert empty == []


def test_erasing_takes_the_softness_along_that_no_other_ink_holds(js: Visitor) -> None:
    script = """const one = m.paint(m.EMPTY, 5, 7), two = m.paint(one, 5, 8);
    const left = m.erase(two, 5, 8);
    const gone = JSON.stringify(m.erase(one, 5, 7)) === JSON.stringify(m.EMPTY);
    return [gone, left[5][7], left[5][8], left[4][8], left[4][7]]"""
    assert js.module("pad/pixel-grid", script) == [True, 255, 0, 0, 128]


def test_shrinking_takes_the_mean_of_each_block(js: Visitor) -> None:
    levels = np.random.default_rng(2).integers(0, 256, (56, 56))
    shrunk = js.module("pad/pixel-grid", "return m.shrink(Uint8Array.from(a), 2)", levels.ravel().tolist())
    assert np.abs(np.array(shrunk) - levels.reshape(28, 2, 28, 2).mean(axis=(1, 3))).max() <= 0.5


def test_keys_move_paint_and_toggle_and_others_mean_nothing(js: Visitor) -> None:
    script = """const at = { row: 0, col: 3 };
    const key = (key, shiftKey = false, ctrlKey = false) => m.press(m.EMPTY, at, { key, shiftKey, ctrlKey });
    const tell = (done) => {
      const { cursor: { row, col }, cursor, pixels } = done ?? { cursor: {} };
      return done && [cursor, pixels[row][col], pixels === m.EMPTY];
    };
    const tried = [key("ArrowRight"), key("ArrowUp"), key("ArrowDown", true), key(" "), key("a")];
    return [...tried, key("ArrowLeft", false, true)].map(tell)"""
    right, up, painted, toggled, letter, command = js.module("pad/pixel-grid", script)
    assert right == [{"row": 0, "col": 4}, 0, True]
    assert up == [{"row": 0, "col": 3}, 0, True]
    assert painted == [{"row": 1, "col": 3}, 255, False]
    assert toggled == [{"row": 0, "col": 3}, 255, False]
    assert letter is command is None


def test_a_picture_of_cells_is_what_it_says(js: Visitor) -> None:
    script = """const { describe, isBlank, requestBody } = await import("/static/js/core/drawing.js");
    const { EMPTY, paint } = await import("/static/js/pad/pixel-grid.js");
    const drawing = { strokes: [], picture: m.fromPixels(paint(EMPTY, 3, 4)) };
    const data = drawing.picture.bitmap.getContext("2d").getImageData(4, 3, 2, 1).data;
    const nothing = { strokes: [], picture: m.fromPixels(EMPTY) };
    const { pixels } = JSON.parse(requestBody(drawing, { prepare: "mnist", pen: 26 }).body);
    return [drawing.picture.kind, [...data], describe(drawing), describe(nothing), isBlank(nothing), pixels[3][4]]"""
    assert js.module("service/images", script) == [
        "pixels",
        [255, 255, 255, 255, 128, 128, 128, 255],
        "drawn cell by cell",
        "blank",
        True,
        255,
    ]


# ---------------------------------------------------------------- drawing with the keyboard: on the page


def keys(visitor: Visitor, *names: str) -> None:
    """Keys by name, "Shift+ArrowDown×9" nine times."""
    for name in names:
        key, _, times = name.partition("×")
        for _ in range(int(times or 1)):
            visitor.page.keyboard.press(key)


def drawn(visitor: Visitor) -> NDArray[np.int64]:
    """The 28×28 grey levels that went out last."""
    return np.array(json.loads(visitor.settle().asked()[-1]["body"])["pixels"])


@pytest.fixture
def pad(visitor: Visitor) -> Visitor:
    """A blank pad with the keyboard's focus; the cursor is in the middle, at row 14, column 14."""
    visitor.clear()
    visitor.find("#pad-canvas").focus()
    return visitor


def test_a_digit_can_be_drawn_with_the_keyboard_and_is_read(pad: Visitor) -> None:
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


def test_one_run_is_one_step_of_undo(pad: Visitor) -> None:
    pad.stop_clock()
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


def test_painting_goes_on_from_a_sample_and_from_strokes(visitor: Visitor) -> None:
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


def test_the_cursor_comes_with_the_keyboard_and_escape_takes_it_away_and_nothing_else(visitor: Visitor) -> None:
    look(visitor, "map", "conv1")
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


def test_where_the_cursor_is_is_said(pad: Visitor) -> None:
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
        "left the grid",
    ]


def test_the_pad_says_how_to_draw_and_shows_its_focus(pad: Visitor) -> None:
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


def test_delete_clears_from_the_grid_too(pad: Visitor) -> None:
    keys(pad, "Shift+ArrowDown×4", "Delete")
    expect(pad.find("#pad-canvas")).to_have_attribute("aria-label", re.compile("blank"))
    keys(pad, "Space")
    assert (drawn(pad) == 255).sum() == 1, "nothing of what was cleared comes back"


def test_neither_cursor_nor_mark_is_part_of_the_picture(pad: Visitor) -> None:
    keys(pad, "Shift+ArrowDown×4")
    pad.settle()
    cells = pad.pixels("#pad-canvas")[..., :3]
    assert (cells == cells[..., :1]).all(), "shades of grey alone"
    grey = pad.pixels('[data-stage="grey"] canvas')[..., :3]
    assert (grey == grey[..., :1]).all()


def test_points_of_strokes_are_quarters_of_a_unit(visitor: Visitor) -> None:
    visitor.clear().draw([(33.3, 41.7), (121.9, 88.2), (200.1, 240.4)])
    points = np.array(json.loads(visitor.asked()[-1]["body"])["strokes"][0])
    assert np.array_equal(points * 4, np.rint(points * 4))


def test_the_mark_lies_on_the_pad_where_it_is_told(js: Visitor) -> None:
    script = """const box = document.body.appendChild(document.createElement("div"));
    box.style.cssText = "position: relative; width: 140px; height: 140px";
    const pad = m.createPad(box, box.appendChild(document.createElement("canvas")), {});
    const mark = box.querySelector(".pad-mark");
    const { left, top, width, height } = (pad.mark([70, 28, 140, 112]), mark.style);
    const seen = mark.hidden;
    pad.mark(null);
    return [left, top, width, height, seen, mark.hidden]"""
    assert js.module("pad/pad", script) == ["25%", "10%", "25%", "30%", False, True]


# ---------------------------------------------------------------- for everyone


@pytest.mark.parametrize(("theme", "screen"), [("light", PROJECTOR), ("dark", PHONE)], ids=["projector", "phone"])
def test_axe_finds_nothing_in_any_view(visitors: Opener, theme: str, screen: dict[str, int]) -> None:
    visitor = visitors(color_scheme=theme, viewport=screen)
    for view, layers in (
        ("map", ["conv1", "pool2", "dense1", "flatten", "input"]),
        ("table", ["conv2"]),
        ("costs", [None]),
    ):
        for layer in layers:
            look(visitor, view, layer)
            assert visitor.violations(f"#view-{view}") == []
    visitor.find("#pad-canvas").focus()
    visitor.key("ArrowUp")
    assert visitor.violations("#pad") == []


@pytest.mark.parametrize("screen", [PROJECTOR, PHONE], ids=["projector", "phone"])
def test_no_text_of_a_view_is_smaller_than_eleven_pixels_or_wider_than_the_page(
    visitors: Opener, screen: dict[str, int]
) -> None:
    visitor = visitors(viewport=screen)
    for view, layer in (("map", "conv2"), ("map", "logits"), ("table", "conv1"), ("costs", None)):
        panel = look(visitor, view, layer)
        small = seen(panel).evaluate(
            """(panel) => [...panel.querySelectorAll("*")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
            .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 11).map((e) => e.outerHTML)"""
        )
        assert small == []
        assert visitor.run("document.documentElement.scrollWidth") == screen["width"]


def test_on_a_phone_a_tap_on_a_large_map_shows_its_number_and_a_second_pins_it(visitors: Opener) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    panel = look(visitor, "map")  # at the strongest cell of conv1
    canvas = plot(panel, "conv1").locator(".map-plot canvas")
    seen(canvas).evaluate("(e) => scrollBy(0, e.getBoundingClientRect().top - 300)")
    box = bounds(canvas)
    assert 300 <= box["width"] <= 390
    visitor.page.touchscreen.tap(*spot(panel, "conv1", 4, 6))
    expect(visitor.find("#where")).to_have_text(re.compile(r"conv1\[\d+, 4, 6\]"))
    expect(visitor.find("#kept")).to_be_hidden()
    visitor.page.touchscreen.tap(*spot(panel, "conv1", 4, 6))
    expect(visitor.find("#where")).to_have_text(re.compile(r"conv1\[\d+, 4, 6\]"))
    expect(visitor.find("#kept")).to_be_visible()
