"""What pointing at a cell, a letter or a noun shows."""

import re

import numpy as np
import pytest
from playwright.sync_api import Position, expect

from model.layers import LAYERS
from tests.pages.explorer.walk.helpers import activations, near, pin, place, plot
from tests.support.visitor import ONE, Visitor, number, seen


def test_pointing_at_a_cell_outlines_its_inputs_and_outputs(visitor: Visitor) -> None:
    boxes = """() => [...document.querySelectorAll("section, .plot, .maps")]
        .map((e) => JSON.stringify(e.getBoundingClientRect()))"""
    reached = "() => [...document.querySelectorAll('.network canvas.reach')].filter((e) => !e.hidden).length"
    still: list[str] = []
    pin(visitor, "pool1", 3, 5, 5)
    for layer in LAYERS:
        index = tuple(side // 2 for side in layer.shape)
        plot(visitor, layer.name).hover(position=place(visitor, layer.name, index))
        expect(visitor.find("#where")).to_have_text(f"{layer.name}[{', '.join(map(str, index))}]")
        still = still or visitor.run(boxes)
        assert visitor.run(boxes) == still, layer.name
        assert visitor.run(reached) >= 9, f"{layer.name} lights the others"
    visitor.find("#digit").hover()
    expect(visitor.find("#where")).to_have_text("pool1[3, 5, 5]")


def test_the_frame_on_the_drawing_is_the_cells_receptive_field(visitor: Visitor) -> None:
    sides = []
    for layer in ("input", "conv1", "pool1", "conv2", "pool2"):
        shape = next(entry.shape for entry in LAYERS if entry.name == layer)
        plot(visitor, layer).hover(position=place(visitor, layer, tuple(side // 2 for side in shape)))
        expect(visitor.find("#where")).to_contain_text(layer)
        box = visitor.bounds(".pad-mark")
        sides.append(box["width"])
    assert [side / sides[0] for side in sides] == pytest.approx([1, 3, 4, 8, 10], rel=0.05)


def test_pointing_at_a_cell_shows_statistics_of_its_map_and_its_kernels(visitor: Visitor, live_server: str) -> None:
    found = activations(visitor, live_server)
    for layer, channels in (("relu1", 1), ("conv2", 32)):
        plot(visitor, layer).hover(position=place(visitor, layer, (5, 4, 4)))
        expect(visitor.find("#map-facts")).to_contain_text("map 5: min")
        shown = [number(text) for text in re.findall(r"(?:min|max|mean) (−?[\d.]+)", visitor.text("#map-facts"))]
        own = found[layer][5]
        assert shown == near([own.min(), own.max(), own.mean()])
        label = visitor.seen("#kernel").get_attribute("aria-label") or ""
        assert ("The 32 channels" in label) == (channels == 32)


def test_letters_and_nouns_highlight_what_they_name(visitor: Visitor) -> None:
    pin(visitor, "conv1", 3, 10, 10)
    kernel = visitor.find('#calculation .grid[data-part="K"]')
    expect(visitor.find("#formula math")).to_have_count(1)
    visitor.find('#formula mi[data-means="K"]').hover()
    expect(kernel).to_have_class(re.compile("lit"))
    visitor.find("#digit").hover()
    expect(kernel).not_to_have_class(re.compile("lit"))
    visitor.find('.letter[data-means="I"]').focus()
    expect(visitor.find('.layer[data-layer="input"]')).to_have_class(re.compile("lit"))
    visitor.press("#kept")
    plot(visitor, "flatten").focus()
    visitor.key("ArrowRight")
    plot(visitor, "conv1").hover(position=place(visitor, "conv1", (3, 3, 3)))
    noun = visitor.find('.noun[data-lights="input"]').first
    assert seen(noun).inner_text() in ("image", "input")
    pin(visitor, "flatten", 423)
    visitor.find('#calculation .noun[data-lights="pool2"]').hover()
    expect(visitor.find('.layer[data-layer="pool2"]')).to_have_class(re.compile("lit"))
    visitor.find("#digit").hover()
    expect(visitor.find('.layer[data-layer="pool2"]')).not_to_have_class(re.compile("lit"))


def test_maps_that_are_all_zero_are_struck_out_and_sorted_last(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(ONE)
    found = activations(visitor, live_server)
    dead = [int(i) for i in np.flatnonzero(found["relu2"].reshape(64, -1).max(axis=1) == 0)]
    assert dead, "this drawing leaves some maps empty"
    struck = visitor.module(
        "explorer/network/map-strength",
        "return m.deadMaps(a).relu2",
        {name: v.ravel().tolist() for name, v in found.items()},
    )
    assert struck == dead
    by_number = visitor.pixels('.layer[data-layer="relu2"] .maps')
    visitor.press("#sorted")
    strengths = found["relu2"].reshape(64, -1).max(axis=1)
    first = int(strengths.argmax())
    plot(visitor, "relu2").hover(position=Position(x=3, y=3))
    expect(visitor.find("#where")).to_have_text(re.compile(rf"relu2\[{first}, "))
    assert not np.array_equal(by_number, visitor.pixels('.layer[data-layer="relu2"] .maps'))
    plot(visitor, "pool2").hover(position=Position(x=3, y=3))
    expect(visitor.find("#where")).to_have_text(re.compile(rf"pool2\[{first}, "))
