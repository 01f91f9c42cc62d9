"""The inputs and outputs of a cell, compared with masks that NumPy propagates from layer to layer."""

import json
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from model.layers import LAYER_NAMES, LAYERS
from tests.pages.walk_helpers import SHAPES, Cell, network, random_cells, samples
from tests.support.visitor import Visitor

Mask = NDArray[np.bool_]


def onward(name: str, mask: Mask) -> Mask:
    """The cells of the next layer that depend on a cell in `mask`."""
    following = LAYERS[LAYER_NAMES.index(name) + 1]
    found = np.zeros(SHAPES[following.name], np.bool_)
    if following.kind == "convolution":
        _, rows, columns = found.shape
        any_map: Mask = np.logical_or.reduce(mask, axis=0)
        for i, j in np.ndindex(3, 3):
            found |= any_map[i : i + rows, j : j + columns]
    elif following.kind == "max_pool":
        maps, rows, columns = found.shape
        found |= mask[:, : 2 * rows, : 2 * columns].reshape(maps, rows, 2, columns, 2).any(axis=(2, 4))
    elif following.kind in ("relu", "flatten"):
        found = mask.reshape(found.shape)
    else:
        found[:] = mask.any()
    return found


def backward(name: str, mask: Mask) -> Mask:
    """The cells of the layer before on which a cell in `mask` depends."""
    kind = LAYERS[LAYER_NAMES.index(name)].kind
    found = np.zeros(SHAPES[LAYER_NAMES[LAYER_NAMES.index(name) - 1]], np.bool_)
    if kind == "convolution":
        _, rows, columns = mask.shape
        any_map: Mask = np.logical_or.reduce(mask, axis=0)
        for i, j in np.ndindex(3, 3):
            found[:, i : i + rows, j : j + columns] |= any_map
    elif kind == "max_pool":
        _, rows, columns = mask.shape
        found[:, : 2 * rows, : 2 * columns] = mask.repeat(2, axis=1).repeat(2, axis=2)
    elif kind in ("relu", "flatten"):
        found = mask.reshape(found.shape)
    else:
        found[:] = mask.any()
    return found


def related_blocks(cell: Cell) -> dict[str, Mask]:
    """For each layer, the inputs or the outputs of this cell."""
    own = np.zeros(SHAPES[cell["layer"]], np.bool_)
    own[cell["map"], cell["row"], cell["col"]] = True
    at = LAYER_NAMES.index(cell["layer"])
    found = {cell["layer"]: own}
    for name, following in pairwise(LAYER_NAMES[at:]):
        found[following] = onward(name, found[name])
    for name, before in pairwise(reversed(LAYER_NAMES[: at + 1])):
        found[before] = backward(name, found[name])
    return found


def some_cells(name: str) -> list[Cell]:
    """The corners, where odd rows are dropped, and random cells."""
    maps, rows, columns = SHAPES[name]
    corners = [(m, r, c) for m in {0, maps - 1} for r in {0, rows - 1} for c in {0, columns - 1}]
    edge = [(0, rows // 2, columns - 1), (maps - 1, rows - 1, columns // 2)]
    parts = [dict(zip(("map", "row", "col"), at, strict=True)) for at in corners + edge]
    return [{"layer": name} | part for part in parts] + random_cells(name, 30, 7)


@pytest.mark.parametrize("name", LAYER_NAMES)
def test_the_regions_of_a_cell_are_its_inputs_and_its_outputs(service_js: Visitor, name: str) -> None:
    cells = some_cells(name)
    at = LAYER_NAMES.index(name)
    found = json.loads(service_js.module("core/geometry", "return JSON.stringify(a.map(m.regions))", cells))
    for cell, regions in zip(cells, found, strict=True):
        for layer, truth in related_blocks(cell).items():
            region = regions.pop(layer, None)
            covered = np.zeros(truth.shape, np.uint8)
            for block in region["blocks"] if region else ():
                spans = [block[part] for part in ("map", "row", "col")]
                assert all(0 <= first < end <= size for (first, end), size in zip(spans, truth.shape, strict=True))
                covered[tuple(slice(*span) for span in spans)] += 1
            assert (covered == truth).all(), f"{cell}: {layer}"
            if region:
                way = LAYER_NAMES.index(layer) - at
                assert region["way"] == ("own" if way == 0 else "back" if way < 0 else "forth")
        assert regions == {}


def test_the_odd_last_row_of_conv2_has_no_outputs(service_js: Visitor) -> None:
    cells = [
        {"layer": "conv2", "map": 3, "row": 10, "col": 4},
        {"layer": "pool1", "map": 3, "row": 12, "col": 4},
        {"layer": "input", "map": 0, "row": 27, "col": 9},
    ]
    last = service_js.module("core/geometry", "return a.map((cell) => Object.keys(m.regions(cell)).at(-1))", cells)
    assert last == ["relu2", "relu2", "relu2"]


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("input", 1),
        ("conv1", 3),
        ("relu1", 3),
        ("pool1", 4),
        ("conv2", 8),
        ("relu2", 8),
        ("pool2", 10),
        ("flatten", 10),
    ],
)
def test_receptive_fields_are_3_4_8_and_10_pixels_wide(service_js: Visitor, name: str, side: int) -> None:
    cells = some_cells(name)
    for cell, field in zip(
        cells, service_js.module("core/geometry", "return a.map(m.receptiveField)", cells), strict=True
    ):
        left, top, right, bottom = field
        assert (right - left, bottom - top) == (side, side)
        truth = related_blocks(cell)["input"][0]
        assert truth[top:bottom, left:right].all()
        assert truth.sum() == side**2


@pytest.mark.parametrize("name", ["dense1", "relu3", "logits", "probabilities"])
def test_after_flatten_the_receptive_field_is_all_but_the_last_two_rows_and_columns(
    service_js: Visitor, name: str
) -> None:
    """They affect only the eleventh row and column of conv2, which pooling drops."""
    fields = service_js.module("core/geometry", "return a.map(m.receptiveField)", some_cells(name))
    assert all(field == [0, 0, 26, 26] for field in fields)


def test_the_last_two_rows_and_columns_do_not_affect_the_prediction() -> None:
    """The network itself confirms it."""
    image = samples()[7].copy()
    scribbled = image.copy()
    scribbled[26:] = 255
    scribbled[:, 26:] = 255
    numbers, others = network(image), network(scribbled)
    assert (numbers["pool2"][0] == others["pool2"][0]).all()
    assert not (numbers["conv2"][0] == others["conv2"][0]).all()
