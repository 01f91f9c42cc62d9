"""States of the page, and their links."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from model import checkpoint
from model.layers import LAYERS
from tests.support.visitor import PAD, Visitor

State = dict[str, Any]


HERE = checkpoint.read(checkpoint.SHIPPED).model


GRIDS = {"flatten": (64, 25), "dense1": (16, 8), "relu3": (16, 8), "logits": (10, 1), "probabilities": (10, 1)}


def cell(layer: str, *place: int) -> State:
    """A cell as the page represents it, from map, row and column, or from the index in a layer that is a list."""
    if layer in GRIDS:
        row, col = divmod(place[0], GRIDS[layer][1])
        return {"layer": layer, "map": 0, "row": row, "col": col}
    return {"layer": layer, **dict(zip(("map", "row", "col"), place, strict=True))}


def state(**changed: Any) -> State:
    """The default state with a blank pad, with some changes."""
    usual: State = {
        "drawing": {"strokes": [], "pen": 26},
        "prepare": "mnist",
        "scale": "layer",
        "first": False,
        "view": "network",
        "pair": None,
        "sorted": False,
        "path": [],
        "code": None,
        "channel": None,
        "work": False,
        "calibrated": True,
        "weightSet": None,
        "model": HERE,
    }
    return usual | changed


def encode(js: Visitor, *states: State) -> list[str]:
    links: list[str] = js.module("core/links/permalink", "return a.map(m.encode)", list(states))
    return links


def decode(js: Visitor, *fragments: str, model: str = HERE) -> list[tuple[State | None, str]]:
    script = "return a[0].map((fragment) => m.decode(fragment, { model: a[1] }))"
    return [
        (read["state"], read["problem"]) for read in js.module("core/links/permalink", script, [list(fragments), model])
    ]


quarters = st.integers(0, 4 * PAD).map(lambda n: n / 4)


nearby = st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), max_size=60)


@st.composite
def strokes(draw: DrawFn) -> list[list[float]]:
    """A stroke that begins anywhere on the pad and continues in small steps."""
    x, y = draw(quarters), draw(quarters)
    stroke = [[x, y]]
    for dx, dy in draw(nearby):
        x, y = min(max(x + dx / 4, 0), PAD), min(max(y + dy / 4, 0), PAD)
        stroke.append([x, y])
    return stroke


@st.composite
def rows_of_levels(draw: DrawFn) -> list[list[int]]:
    levels = np.zeros((28, 28), int)
    for at in draw(st.lists(st.integers(0, 783), max_size=30)):
        levels.flat[at : at + draw(st.integers(1, 9))] = draw(st.integers(0, 255))
    rows: list[list[int]] = levels.tolist()
    return rows


def cells() -> SearchStrategy[State]:
    def of(layer: str, shape: tuple[int, ...]) -> SearchStrategy[State]:
        return st.tuples(*[st.integers(0, side - 1) for side in shape]).map(lambda place: cell(layer, *place))

    return st.one_of([of(layer.name, layer.shape) for layer in LAYERS])


drawings = st.one_of(
    st.fixed_dictionaries({"strokes": st.lists(strokes(), max_size=5), "pen": st.sampled_from(range(12, 45, 2))}),
    st.fixed_dictionaries({"sample": st.tuples(st.integers(0, 9), st.integers(0, 9999)).map(list)}),
    st.fixed_dictionaries({"pixels": rows_of_levels()}),
)


states = st.fixed_dictionaries(
    {
        "drawing": drawings,
        "prepare": st.sampled_from(["mnist", "resize", "none", "uncentred", "own_pen"]),
        "scale": st.sampled_from(["map", "layer", "fixed"]),
        "first": st.booleans(),
        "view": st.sampled_from(["network", "map", "table", "costs", "path"]),
        "pair": st.sampled_from([None, "0-1", "7-1", "9-8"]),
        "sorted": st.booleans(),
        "path": st.lists(cells(), max_size=14),
        "code": st.sampled_from([None, "numpy", "torch", "curl"]),
        "channel": st.none() | st.integers(0, 31),
        "work": st.booleans(),
        "calibrated": st.booleans(),
        "weightSet": st.sampled_from([None, "lesson", "lesson:0", "lesson:5"]),
        "model": st.just(HERE),
    }
)


# One example is a batch of pages, since each call to the browser takes longer than the link.
batches = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
