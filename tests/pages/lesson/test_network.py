"""The lesson's diagram of the network; sizes and costs are counted here again."""

import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.pages.conftest import Place
from tests.support.lesson_page import run_program
from tests.support.visitor import PHONE, PROJECTOR, SCREEN, SEVEN, Theme, Visitor, number

Counted = tuple[str, list[int], int, int]


def count() -> list[Counted]:
    """Name, shape, parameters and multiplications of each layer, with sides counted place by place."""
    layers: list[Counted] = [("input", [1, 28, 28], 0, 0)]
    for which, maps in ((1, 32), (2, 64)):
        depth, side, _ = layers[-1][1]
        out = len(range(side - 3 + 1))
        layers.append((f"conv{which}", [maps, out, out], maps * (9 * depth + 1), maps * out * out * 9 * depth))
        layers.append((f"relu{which}", [maps, out, out], 0, 0))
        half = len(range(0, out - 2 + 1, 2))
        layers.append((f"pool{which}", [maps, half, half], 0, 0))
    joined = int(np.prod(layers[-1][1]))
    layers.append(("flatten", [joined], 0, 0))
    layers += [("dense1", [128], 128 * (joined + 1), 128 * joined), ("relu3", [128], 0, 0)]
    return [*layers, ("logits", [10], 10 * 129, 10 * 128), ("probabilities", [10], 0, 0)]


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    visitor = lesson_at("network")
    expect(visitor.find(".net-block")).to_have_count(12)
    return visitor


def fact(visitor: Visitor, name: str) -> Locator:
    return visitor.find(f'.net-facts dl > div:has(dt:text-is("{name}")) dd')


def test_every_block_shows_the_size_and_the_cost_counted_here(lesson: Visitor) -> None:
    layers = count()
    assert lesson.seen(".net-block b").all_inner_texts() == [name for name, *_ in layers]
    assert lesson.seen(".net-shape").all_inner_texts() == ["×".join(map(str, shape)) for _, shape, *_ in layers]
    all_parameters = sum(layer[2] for layer in layers)
    all_products = sum(layer[3] for layer in layers)
    for name, _, parameters, products in layers:
        lesson.press(f'.net-block[data-layer="{name}"]')
        expect(lesson.find(".net-name b")).to_have_text(name)
        for what, own, everything in (
            ("parameters", parameters, all_parameters),
            ("multiplications", products, all_products),
        ):
            share = f"{100 * own / everything:.1f}" if own / everything >= 0.0005 else "<\u00a00.1"
            ends = f"= {own:,} {share}\u00a0% of all" if own else "0"
            expect(fact(lesson, what)).to_have_text(re.compile(f"{re.escape(ends)}$"))
    first_dense = next(layer for layer in layers if layer[0] == "dense1")
    busiest = max(layers, key=lambda layer: layer[3])
    sentence = lesson.text("#network-heaviest")
    assert sentence.startswith(f"{first_dense[2]:,} of the {all_parameters:,} parameters (91.1 %) are in dense1")
    assert f"{busiest[3]:,} of the {all_products:,} multiplications" in sentence
    assert f"are in {busiest[0]}:" in sentence
    labels = lesson.seen(".net-bar").evaluate_all("(bars) => bars.map((bar) => bar.getAttribute('aria-label'))")
    assert "dense1 91.1 %" in labels[0]
    assert f"{busiest[0]} {100 * busiest[3] / all_products:.1f} %" in labels[1]


def test_the_maps_are_those_of_the_students_digit(lesson: Visitor, live_server: str) -> None:
    lesson.press("#clear").settle().draw(SEVEN)
    answer = httpx2.post(
        f"{live_server}/feature-maps",
        content=lesson.feature_map_requests()[-1]["body"],
        headers={"Content-Type": "application/json"},
    ).json()
    for layer in answer["layers"]:
        values = np.array(layer["values"], np.float32)
        lesson.press(f'.net-block[data-layer="{layer["name"]}"]').painted()
        zeros = f"; {(values == 0).sum():,} of the numbers are 0" if (values == 0).any() else ""
        shown = lesson.text(".net-facts dl > div:last-child dd")
        assert shown.endswith(zeros)
        least, most = (number(text) for text in shown.removesuffix(zeros).split(" to "))
        assert (least, most) == pytest.approx((values.min(), values.max()), rel=0.006, abs=0.006)
        if layer["name"] == "pool2":
            picture = lesson.pixels(".net-sheet")[..., :3]
            assert picture.shape[:2] == (4 * 6 - 1, 16 * 6 - 1)
            tile, row, col = np.unravel_index(values.argmax(), values.shape)
            brightest = picture[6 * (tile // 16) + row, 6 * (tile % 16) + col]
            assert tuple(brightest) == (0xFE, 0xE8, 0x38)  # cividis' last colour
            tile, row, col = np.argwhere(values == 0)[0]
            assert tuple(picture[6 * (tile // 16) + row, 6 * (tile % 16) + col]) == (0, 0x22, 0x4E)
        if layer["name"] == "logits":
            cells = lesson.texts(".net-ten span")
            assert [number(text) for text in cells] == pytest.approx(values, abs=6e-5)
    lesson.clear()
    expect(lesson.find("#network .says")).to_contain_text("Nothing is drawn")
    assert "NaN" not in lesson.text("#network")


def test_words_highlight_their_blocks_and_blocks_their_words(lesson: Visitor) -> None:
    lesson.find('#network .noun[data-means="convolution"]').hover()
    lit = lesson.find(".net-block.lit b")
    expect(lit).to_have_text(["conv1", "conv2"])
    lesson.find('.net-block[data-layer="pool2"]').hover()
    expect(lesson.find("#network .noun.lit")).to_have_text(["pooling"])
    expect(lit).to_have_text(["pool2"])
    expect(lesson.find(".net-name b")).to_have_text("pool2")
    lesson.page.mouse.move(700, 3)  # the pointer leaves it: back to the block that was clicked
    expect(lesson.find(".net-name b")).to_have_text("conv1")
    lesson.find('#network .noun[data-means="linear"]').press("Enter")
    expect(lesson.find(".net-name b")).to_have_text("dense1")
    lesson.page.keyboard.press("Tab")
    lesson.find('.net-block[data-layer="relu1"]').focus()
    expect(lesson.find(".net-name b")).to_have_text("relu1")
    lesson.page.keyboard.press("Tab")
    expect(lesson.find('.net-block[data-layer="pool1"]')).to_have_attribute("aria-pressed", "true")
    expect(lesson.find("#network .net-facts a")).to_have_attribute("href", "#at=pooling")


def test_a_link_opens_each_step(lesson: Visitor) -> None:
    steps = lesson.module("lesson/network/section", "return m.STEPS")
    assert list(steps) == ["diagram", *(name for name, *_ in count()), "costs"]
    for name in ("dense1", "input"):
        lesson.run("(step) => void (location.hash = `at=network.${step}`)", name)
        expect(lesson.find(".net-name b")).to_have_text(name)
        expect(lesson.find("#network .onwards a:not([data-experiment])")).to_have_attribute(
            "href", re.compile(rf"&at={name}\.\d+")
        )
    lesson.run("void (location.hash = 'at=network.costs')")
    expect(lesson.find(".net-costs")).to_be_in_viewport()


def test_the_programs_print_the_sizes_and_costs_on_the_page(lesson: Visitor, tmp_path: Path) -> None:
    layers = count()
    totals = f"{sum(layer[2] for layer in layers)} {sum(layer[3] for layer in layers)}"
    numbers = [line.partition(" ")[2] for line in run_program(lesson, "network", "torch", tmp_path).splitlines()]
    steps = [(tuple(shape), parameters, products) for _, shape, parameters, products in layers[1:-1]]
    assert numbers[:-1] == [f"{shape} {parameters} {products}" for shape, parameters, products in steps]
    assert totals.endswith(numbers[-1])
    lines = run_program(lesson, "network", "curl", tmp_path).splitlines()
    assert lines == [*(f"{n} {s} {p} {m}" for n, s, p, m in layers), totals]


def test_axe_finds_nothing_and_the_section_fits_a_phone(lesson_at: Place) -> None:
    visitor = lesson_at("network.conv1")
    screens: list[tuple[Theme, dict[str, int], str, Sequence[str]]] = [
        ("light", PROJECTOR, "conv1", ()),
        ("dark", PHONE, "logits", SCREEN),
    ]
    for theme, screen, layer, rules in screens:
        visitor.change_screen(theme, screen)
        visitor.run("(to) => { location.hash = to }", f"at=network.{layer}")
        expect(visitor.find(".net-block.shown b")).to_have_text(layer)
        expect(visitor.find(".net-name b")).to_have_text(layer)
        assert visitor.violations("#network", rules=rules) == [], theme
        assert visitor.run("document.documentElement.scrollWidth - innerWidth") <= 0, theme
