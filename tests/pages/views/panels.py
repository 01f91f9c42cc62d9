"""Helpers for the tests of the views: open a view, find its parts, and get the service's numbers."""

import re

import httpx2
import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from model.layers import LAYERS
from tests.support.visitor import Visitor, bounds, seen

SHAPES = {layer.name: layer.shape for layer in LAYERS}

Numbers = NDArray[np.float32]


def open_view(visitor: Visitor, view: str, layer: str | None = None, index: int | None = None) -> Locator:
    """Open a view at a layer, and at one of its maps (or of its numbers, if it is a list)."""
    visitor.seen(f"#tab-{view}").evaluate("(tab) => tab.click()")  # on a phone, a sticky element may cover it
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


def activations_of(visitor: Visitor) -> dict[str, Numbers]:
    """The service's activations of all layers for the drawing on the pad."""
    body = visitor.settle().feature_map_requests()[-1]["body"]
    headers = {"Content-Type": "application/json", "Accept": "application/vnd.safetensors"}
    return safetensors.numpy.load(httpx2.post(f"{visitor.url}/feature-maps", content=body, headers=headers).content)


def short(value: float) -> str:
    """A number with two decimals, as the page writes it."""
    if 0 < abs(value) < 1e-4:
        digit, _, power = f"{value:.0e}".partition("e")
        return f"{digit}·10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}".replace("-", "−")
    if 0 < abs(value) < 0.005:
        decimals = -int(f"{value:.0e}".partition("e")[2])
        return f"{value:.{decimals}f}".replace("-", "−")
    return "0" if value == 0 else f"{value:.2f}".replace("-", "−")


def plot(panel: Locator, layer: str) -> Locator:
    return panel.locator(".map-figure", has=panel.page.locator("figcaption b", has_text=re.compile(f"^{layer}$")))


def cell_centre(panel: Locator, layer: str, row: int, col: int) -> tuple[float, float]:
    """The centre of a cell, in px of the window."""
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
