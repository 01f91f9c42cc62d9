"""Helpers of the tests of the walk on the page."""

from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Position, expect

from tests.support.visitor import Visitor, bounds


def near(values: Any) -> Any:
    """Equal up to a relative error of 1e-4, or up to the last of the four decimals shown."""
    return pytest.approx(np.asarray(values).tolist(), rel=1e-4, abs=6e-5)


def plot(visitor: Visitor, layer: str) -> Locator:
    return visitor.find(f'.layer[data-layer="{layer}"] .plot')


def place(visitor: Visitor, layer: str, index: tuple[int, ...]) -> Position:
    """The place of a cell on its plot while the maps are sorted by number."""
    if layer == "probabilities":
        bar = bounds(visitor.find("#bars li").nth(index[0]))
        frame = bounds(plot(visitor, layer))
        return Position(x=20, y=bar["y"] - frame["y"] + bar["height"] / 2)
    x, y = visitor.module(
        "core/layers",
        """const layer = m.byName[a[0]];
        const [map, row, col] = layer.grid ? [0, Math.floor(a[1][0] / layer.cols), a[1][0] % layer.cols] : a[1];
        const [left, top] = layer.maps === 1 ? [0, 0] : m.tileAt(layer, map);
        return [(left + col + 0.5) / layer.width, (top + row + 0.5) / layer.height]""",
        [layer, list(index)],
    )
    box = visitor.bounds(f'.layer[data-layer="{layer}"] .maps')
    return Position(x=x * box["width"], y=y * box["height"])


def pin(visitor: Visitor, layer: str, *index: int) -> None:
    plot(visitor, layer).click(position=place(visitor, layer, index))
    expect(visitor.find("#where")).to_have_text(f"{layer}[{', '.join(map(str, index))}]")
    expect(visitor.find("#calculation")).to_be_visible()


def activations(visitor: Visitor, live_server: str) -> dict[str, NDArray[np.float64]]:
    """The service's activations for the drawing on the page, by layer."""
    body = visitor.feature_map_requests()[-1]["body"]
    answer = httpx2.post(f"{live_server}/feature-maps", content=body, headers={"Content-Type": "application/json"})
    return {layer["name"]: np.array(layer["values"]) for layer in answer.json()["layers"]}


def steps(visitor: Visitor) -> list[str]:
    """The path in the cell panel, without the answer at its beginning."""
    labels = "(crumbs) => crumbs.slice(1).map((crumb) => crumb.getAttribute('aria-label'))"
    crumbs: list[str] = visitor.seen("#crumbs button").evaluate_all(labels)
    return crumbs
