"""The lesson's section on output sizes, compared with places counted one by one."""

import re
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.pages.conftest import Place
from tests.support.lesson_page import numbers, run_program, set_number
from tests.support.visitor import FOLLOW, PHONE, SCREEN, START, Visitor, seen

CONV1_KEY = "features.0.weight"


def places(width: int, window: int, padding: int, stride: int) -> list[int]:
    """Where the window can start, counted from the padding's first cell."""
    cells = ["0"] * padding + ["x"] * width + ["0"] * padding
    return [start for start in range(0, len(cells), stride) if len(cells[start : start + window]) == window]


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    visitor = lesson_at("size")
    expect(visitor.find("#size .size-fit")).to_contain_text("This is the loaded network")
    return visitor


def put(visitor: Visitor, width: int, window: int, padding: int, stride: int) -> None:
    """Follow a link to these numbers, which takes less time than typing them."""
    visitor.run(FOLLOW, f"at=size&size.W={width}&size.F={window}&size.P={padding}&size.S={stride}&{START}")


def bars(visitor: Visitor) -> Locator:
    return visitor.find("#size .size-bar")


CASES = [
    ((28, 3, 0, 1), "25 / 1 = 25 is a whole number"),
    ((6, 3, 1, 1), "as large as the input"),
    ((11, 2, 0, 2), "9 / 2 is not a whole number: 4, remainder 1"),
    ((10, 3, 0, 4), "the filter never covers the last 3 rows and columns of the input"),
    ((5, 2, 1, 2), "the last row and column are padding, so nothing of the input is lost"),
    ((9, 2, 0, 3), "the stride is larger than the filter"),
    ((4, 2, 2, 1), "nothing but padding"),
    ((32, 1, 6, 1), "44"),
    ((1, 1, 0, 1), "0 steps plus the first place make 1"),
    ((3, 9, 2, 1), "does not fit: it is 9 cells wide, but there are only 7 cells, padding included"),
    ((5, 8, 0, 1), "so the formula gives −2, which is not a size"),
    ((5, 8, 0, 2), "so the formula gives −1, which is not a size"),
]


def test_the_formula_counts_the_places_of_the_window(lesson: Visitor) -> None:
    says = lesson.find("#size .size-says")
    labels = ["Input width", "Filter size", "Padding", "Stride"]
    for numbers_in, sentence in CASES:
        if numbers_in == (11, 2, 0, 2):
            for label, value in zip(labels, numbers_in, strict=True):
                set_number(lesson, "size", label, value)
        else:
            put(lesson, *numbers_in)
        expect(says).to_contain_text(re.compile(re.escape(sentence), re.IGNORECASE))
        width, window, padding, stride = numbers_in
        starts = places(*numbers_in)
        worked = lesson.text("#size p.size-worked").replace("\n", "")
        result = (width - window + 2 * padding) // stride + 1
        assert worked.endswith(f"={result}".replace("-", "−")), numbers_in
        assert max(result, 0) == len(starts), "a result below 1 is not a size: the filter does not fit"
        assert f"{width}−{window}+2·{padding}" in worked
        expect(bars(lesson)).to_have_count(len(starts))
        lefts = seen(bars(lesson)).evaluate_all("(bars) => bars.map((bar) => Math.round(bar.getAttribute('x')))")
        assert lefts == starts
        covered = {cell for start in starts for cell in range(start, start + window)}
        behind = [cell for cell in range(width + 2 * padding) if starts and cell > max(covered)]
        expect(lesson.find("#size .size-side .size-left")).to_have_count(len(behind))
        assert seen(says).evaluate("(node) => node.classList.contains('warn')") == bool(behind or not starts)


CORRECTED = [
    ("Stride, as a number", "0", "Stride must be a whole number from 1 to 8: 0 was changed to 1."),
    ("Filter size, as a number", "2.5", "Filter size must be a whole number from 1 to 16: 2.5 was changed to 3."),
    ("conv1, stride S", "0", "conv1, stride S must be a whole number from 1 to 8: 0 was changed to 1."),
]


def test_a_message_tells_when_a_typed_number_was_changed(lesson: Visitor) -> None:
    for box, typed, note in CORRECTED:
        field = lesson.find(f'#size input[aria-label="{box}"]')
        field.fill(typed)
        field.press("Tab")
        expect(field).to_have_accessible_description(note)
        expect(field).to_have_value(note.rstrip(".").rpartition(" ")[2])
        field.fill("2")
        field.press("Tab")
        expect(field).to_have_accessible_description("")


def test_a_slider_and_its_box_are_one_number_and_the_window_moves_by_keys(lesson: Visitor) -> None:
    slider = lesson.find('#size input[type="range"][aria-label="Stride"]')
    slider.focus()
    slider.press("ArrowRight")
    expect(lesson.find('#size input[aria-label="Stride, as a number"]')).to_have_value("2")
    expect(bars(lesson)).to_have_count(len(places(28, 3, 0, 2)))
    box = lesson.find('#size input[aria-label="Stride, as a number"]')
    for typed, taken in [("99", "8"), ("", "8"), ("-4", "1"), ("2.6", "3")]:
        box.fill(typed)
        box.press("Tab")
        expect(box).to_have_value(taken)
    field = lesson.find("#size .size-field")
    field.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp"):
        lesson.page.keyboard.press(key)
    expect(field).to_have_attribute(
        "aria-label", re.compile("row 0, column 2 of the output and covers rows 0 to 2 and columns 6 to 8")
    )
    lesson.find("#size .size-examples button").filter(has_text="pool2").click()
    expect(bars(lesson)).to_have_count(5)
    lesson.page.mouse.move(5, 5)  # the page scrolls to the noun, and the pointer must not end up on another one
    lesson.find('#size .noun[data-means="P"]').focus()
    expect(lesson.find('#size .control-name[data-part="P"]')).to_have_class(re.compile("lit"))


def cells(visitor: Visitor, layer: str) -> list[str]:
    """Side, shape, parameters and multiplications in a row of the table."""
    row = visitor.find("#size .size-table tr").filter(has=visitor.find(f'th:text-is("{layer}")'))
    return seen(row).locator("td").all_inner_texts()[4:]


def change(visitor: Visitor, name: str, value: int) -> None:
    box = visitor.find(f'#size input[aria-label="{name}"]')
    box.fill(str(value))
    box.press("Enter")


def costs(layers: list[dict[str, Any]]) -> dict[str, tuple[list[int], int, int]]:
    """Shape, parameters and multiplications of each layer, with weights and places counted one by one."""
    found: dict[str, tuple[list[int], int, int]] = {}
    shape = layers[0]["shape"]
    for layer in layers:
        parameters = multiplications = 0
        if layer["window"] is not None:
            out = len(places(shape[1], layer["window"], layer["padding"], layer["stride"]))
            if layer["kind"] == "convolution":
                for _ in range(layer["shape"][0]):
                    weights = sum(1 for _ in range(shape[0] * layer["window"] * layer["window"]))
                    parameters += weights + 1
                    multiplications += weights * out * out
                shape = [layer["shape"][0], out, out]
            else:
                shape = [shape[0], out, out]
        elif layer["kind"] == "flatten":
            shape = [shape[0] * shape[1] * shape[2]]
        elif layer["kind"] == "linear":
            units = layer["shape"][0]
            parameters, multiplications = units * shape[0] + units, units * shape[0]
            shape = [units]
        found[layer["name"]] = (shape, parameters, multiplications)
    return found


def check(visitor: Visitor, layers: list[dict[str, Any]]) -> None:
    wanted = costs(layers)
    for name in ["input", "conv1", "pool1", "conv2", "pool2", "flatten", "dense1", "logits"]:
        shape, parameters, multiplications = wanted[name]
        assert cells(visitor, name)[1:] == [
            " × ".join(f"{n:,}" for n in shape),
            f"{parameters:,}",
            f"{multiplications:,}",
        ]
        size = " × ".join(f"{n:,}" for n in shape[1:]) if len(shape) == 3 else f"{shape[0]:,}"
        expect(visitor.find("#size .size-strip li").filter(has_text=name).locator("b")).to_have_text(size)
    totals = [sum(cost[1] for cost in wanted.values()), sum(cost[2] for cost in wanted.values())]
    for cell, total in zip(visitor.find("#size .size-total td").all(), totals, strict=True):
        expect(cell).to_contain_text(f"{total:,}")


def test_a_change_updates_the_whole_network(lesson: Visitor, live_server: str, tmp_path: Path) -> None:
    layers: list[dict[str, Any]] = httpx2.get(f"{live_server}/model").raise_for_status().json()["layers"]
    by_name = {layer["name"]: layer for layer in layers}
    fit = lesson.find("#size .size-fit")
    check(lesson, layers)
    assert cells(lesson, "pool2")[0] == "⌊(11 − 2 + 2·0)/2⌋ + 1 = 5"
    expect(lesson.find("#size .size-picture canvas:visible")).to_have_count(8)
    drawn = lesson.run("JSON.parse(probe.requests.at(-1).body)")
    url = f"{live_server}/feature-maps?layers=pool1,pool2"
    answered = httpx2.post(url, json=drawn).raise_for_status().json()["layers"]
    pooled = [np.array(layer["values"], np.float64) for layer in answered]
    most = [np.maximum(maps - maps[:, :1, :1], 0).sum((1, 2)).argmax() for maps in pooled]
    caption = (
        f"map {most[0]} of conv1 and pool1, map {most[1]} of conv2 and pool2, the maps that respond most to your ink"
    )
    expect(lesson.find("#size .caption").filter(has_text="The images show your digit")).to_contain_text(caption)
    expect(fit).to_contain_text("pool2 skips the last row and column")

    change(lesson, "conv1, padding P", 1)
    by_name["conv1"]["padding"] = 1
    check(lesson, layers)
    expect(lesson.find("#size .size-picture canvas:visible")).to_have_count(1)
    expect(fit).to_contain_text(
        "dense1 was trained with 128 units of 1,600 weights each; it now needs 128 units of 2,304 weights each"
        " (classifier.1.weight: 128 × 1600, not 128 × 2304)"
    )
    assert CONV1_KEY not in seen(fit).inner_text()

    for name, key, value in [
        ("conv1, window F", "window", 7),
        ("conv1, maps", "maps", 8),
        ("conv2, stride S", "stride", 2),
    ]:
        change(lesson, name, value)
        layer = by_name[name.partition(",")[0]]
        if key == "maps":
            layer["shape"] = [value, 0, 0]
        else:
            layer[key] = value
    change(lesson, "dense1, units", 20)
    by_name["dense1"]["shape"] = [20]
    check(lesson, layers)
    expect(fit).to_contain_text(
        "conv1 was trained with 32 filters of 3 × 3 over 1 map; it now needs 8 filters of 7 × 7 over 1 map"
        f" ({CONV1_KEY}: 32 × 1 × 3 × 3, not 8 × 1 × 7 × 7)"
    )
    wanted = costs(layers)
    assert lesson.violations("#size") == []

    python = run_program(lesson, "size", "python", tmp_path)
    assert python.split() == [
        "26",
        *(text for name in ("conv1", "pool1", "conv2", "pool2") for text in (name, str(wanted[name][0][1]))),
    ]
    printed = run_program(lesson, "size", "torch", tmp_path).splitlines()
    in_order = [wanted[layer["name"]] for layer in layers[1:-1]]
    for line, (shape, parameters, _) in zip(printed[:-1], in_order, strict=True):
        assert numbers(line.partition(" ")[2]) == [*shape, parameters]
    assert printed[-1] == f"parameters {sum(parameters for _, parameters, _ in in_order)}"

    change(lesson, "conv1, window F", 27)
    expect(fit).to_contain_text("conv2 does not fit: its window is 3 cells wide, but its input is only 2 cells wide")
    expect(fit).to_contain_text(
        "logits was trained with 10 units of 128 weights each; now it gets no input (classifier.3.weight: 10 × 128)"
    )
    assert cells(lesson, "conv2") == ["does not fit", "—", "—", "—"]
    assert cells(lesson, "logits")[1:] == ["—", "—", "—"]
    expect(lesson.find("#program-size code")).to_contain_text("# conv2 does not fit")

    reset = lesson.find("#size button").filter(has_text="Reset to the loaded network")
    expect(reset).to_have_css("opacity", "1")
    reset.click()
    expect(reset).to_be_disabled()
    expect(reset).to_have_css("opacity", "0.55")  # it looks disabled, too
    change(lesson, "conv2, padding P", 0)
    expect(fit).to_contain_text("This is the loaded network")
    change(lesson, "pool2, window F", 3)
    expect(fit).to_contain_text("still fit")


def test_a_link_opens_each_step(lesson_at: Place) -> None:
    visitor = lesson_at("size.misfit", "dark", PHONE)
    expect(visitor.find("#size .size-fit")).to_contain_text(
        "conv1 was trained with 32 filters of 3 × 3 over 1 map; it now needs 32 filters of 5 × 5 over 1 map"
    )
    expect(visitor.find("#size-network")).to_be_in_viewport()
    assert visitor.run("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visitor.violations("#size", rules=SCREEN) == []
    for step, heading, text in [
        ("remainder", "#size-formula", "remainder 1"),
        ("padding", "#size-formula", "as large as the input"),
        ("formula", "#size-formula", "25 / 1 = 25"),
        ("network", "#size-network", "25 / 1 = 25"),
    ]:
        visitor.run("(step) => { location.hash = `at=size.${step}` }", step)
        expect(visitor.find(heading)).to_be_in_viewport()
        expect(visitor.find("#size .size-says")).to_contain_text(text)
    expect(visitor.find("#size .size-fit")).to_contain_text("This is the loaded network")
    expect(visitor.find("#size .onwards a:not([data-experiment])")).to_have_attribute("href", re.compile("v=costs"))
