"""The maps of all layers, and the cell under the pointer."""

import re

import httpx2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.pages.page_helpers import cell
from tests.support.visitor import SEVEN, Visitor, number


def test_the_number_under_the_pointer_is_the_services_in_every_layer(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(SEVEN)
    body = visitor.feature_map_requests()[-1]["body"]
    answer = httpx2.post(f"{live_server}/feature-maps", content=body, headers={"Content-Type": "application/json"})
    random = np.random.default_rng(7)
    for layer in answer.json()["layers"]:
        values = np.array(layer["values"])
        strongest = np.unravel_index(int(np.abs(values).argmax()), values.shape)
        picked = tuple(int(random.integers(side)) for side in values.shape)
        for index in dict.fromkeys([tuple(map(int, strongest)), picked]):
            shown = number(cell(visitor, layer["name"], index))
            assert shown == pytest.approx(float(values[index]), rel=1e-4, abs=6e-5), (layer["name"], index)


def test_every_map_is_painted_with_the_colours_of_its_numbers(visitor: Visitor, live_server: str) -> None:
    """The reference is the service's numbers in Matplotlib's cividis."""
    from matplotlib import colormaps

    visitor.draw(SEVEN)
    body = visitor.feature_map_requests()[-1]["body"]
    answer = httpx2.post(f"{live_server}/feature-maps", content=body, headers={"Content-Type": "application/json"})
    cividis = np.rint(np.array(colormaps["cividis"].colors) * 255).astype(int)  # type: ignore[attr-defined]
    tiles = {32: 4, 64: 8, 1: 1}
    for layer in answer.json()["layers"]:
        name, values = layer["name"], np.array(layer["values"])
        if name == "probabilities":
            continue
        painted = visitor.pixels(f'[data-layer="{name}"] .maps')
        height, width, _ = painted.shape
        if values.ndim == 1:
            maps, places = values.reshape(1, height, width), [(0, 0)]
        else:
            across, side = tiles[len(values)], values.shape[1] + 1
            maps, places = values, [(side * (i % across), side * (i // across)) for i in range(len(values))]
        largest = np.abs(values).max()
        for numbers, (left, top) in zip(maps, places, strict=True):
            tile = painted[top : top + numbers.shape[0], left : left + numbers.shape[1]]
            assert (tile[..., 3] == 255).all()
            colours = tile[..., :3].astype(int)
            if layer["kind"] in ("relu", "max_pool", "flatten"):
                at = np.rint(numbers / largest * 255).astype(int)
                assert np.abs(colours - cividis[at]).max() <= 3, name
            else:
                strong = np.abs(numbers) > 0.1 * largest
                red_over_blue = colours[..., 0] - colours[..., 2]
                assert (np.sign(red_over_blue[strong]) == np.sign(numbers[strong])).all(), name


def test_the_cell_panel_shows_the_formula_with_its_numbers(visitor: Visitor, live_server: str) -> None:
    for layer in httpx2.get(f"{live_server}/model").json()["layers"]:
        shape = layer["shape"]
        cell(visitor, layer["name"], tuple(0 for _ in shape), look=True)
        rule = visitor.text("#rule")
        if layer["formula"]:
            assert layer["formula"] in rule
        if layer["parameters"]:
            assert f"{layer['parameters']:,}" in rule


def test_pooling_and_relu_are_shown_with_their_numbers(visitor: Visitor) -> None:
    cell(visitor, "pool1", (8, 5, 6), look=True)
    numbers = re.findall(r"−?\d+\.\d+", visitor.text("#here"))
    assert max(map(number, numbers[:4])) == number(numbers[4]) == number(visitor.text("#value"))
    cell(visitor, "relu1", (3, 10, 10), look=True)
    numbers = re.findall(r"−?\d+\.\d+", visitor.text("#here"))
    assert max(0, number(numbers[0])) == number(numbers[1]) == number(visitor.text("#value"))


def test_hovering_shows_a_cell_and_leaving_returns_to_the_pinned_one(visitor: Visitor) -> None:
    cell(visitor, "conv2", (9, 4, 4))
    visitor.find('[data-layer="relu1"] .maps').hover(position={"x": 5, "y": 5})
    expect(visitor.find("#where")).to_have_text("relu1[0, 5, 5]")
    visitor.find("#digit").hover()
    expect(visitor.find("#where")).to_have_text("conv2[9, 4, 4]")


def test_a_cell_stays_pinned_until_it_is_pressed_again_or_escape_unpins_it(visitor: Visitor) -> None:
    kept = visitor.find("#kept")
    expect(kept).to_be_hidden()
    for letting_go in ("press", "Escape", "button"):
        cell(visitor, "conv2", (9, 4, 4))
        expect(kept).to_be_visible()
        if letting_go == "press":
            box = visitor.bounds('[data-layer="conv2"] .mark-cell')
            visitor.page.mouse.click(box["x"] + 1, box["y"] + 1)
            visitor.find("#digit").hover()
        elif letting_go == "Escape":
            visitor.key("Escape")
        else:
            kept.click()
        expect(kept).to_be_hidden()
        expect(visitor.find("#where")).to_contain_text("conv1")


def test_until_a_cell_is_pinned_the_strongest_one_is_explained(visitor: Visitor, live_server: str) -> None:
    for digit in (1, 4, 8):
        visitor.sample(digit)
        body = visitor.feature_map_requests()[-1]["body"]
        json_type = {"Content-Type": "application/json"}
        answer = httpx2.post(f"{live_server}/feature-maps?layers=conv1", content=body, headers=json_type)
        expect(visitor.find("#calculation .grid td")).to_have_count(27)
        assert number(visitor.text("#value")) == pytest.approx(np.max(answer.json()["layers"][0]["values"]), abs=6e-5)
