"""The layers of the network and their cells."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.layers import LAYERS, MEAN, STD
from tests.support.visitor import Visitor


def _pool(values: NDArray[np.float32]) -> NDArray[np.float32]:
    maps, rows, cols = values.shape
    cut = values[:, : rows // 2 * 2, : cols // 2 * 2]
    pooled: NDArray[np.float32] = cut.reshape(maps, rows // 2, 2, cols // 2, 2).max(axis=(2, 4))
    return pooled


@pytest.mark.parametrize("shape", [(32, 26, 26), (64, 11, 11), (1, 2, 3)])
def test_relu_and_pooling_agree_with_numpy(js: Visitor, shape: tuple[int, int, int]) -> None:
    values = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    relu = np.maximum(values, 0)
    script = """const values = Float32Array.from(a[0]);
    const relu = m.relu(values);
    return [relu, m.maxPool(relu, ...a[1]), m.maxPool(values, ...a[1])].map((list) => Array.from(list))"""
    got = js.module("core/layers", script, [values.ravel().tolist(), list(shape)])
    assert got == [relu.ravel().tolist(), _pool(relu).ravel().tolist(), _pool(values).ravel().tolist()]


def test_softmax_does_not_overflow_and_adds_up_to_one(js: Visitor) -> None:
    logits = [1000.0, 999.0, -1000.0]
    got = js.module("lesson/shared/arithmetic", "return m.softmax(a)", logits)
    assert got == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0])


def test_grey_levels_are_recovered_from_the_normalised_input(js: Visitor) -> None:
    values = [(x / 255 - MEAN) / STD for x in range(256)]
    assert js.module("core/layers", "return Array.from(m.greyLevels(Float32Array.from(a)))", values) == list(range(256))


def test_quantised_values_are_dequantised(js: Visitor) -> None:
    script = "return Array.from(m.dequantise(Uint8Array.of(0, 51, 255), { min: -2, max: 3 }))"
    assert js.module("core/layers", script) == pytest.approx([-2, -1, 3])


def test_every_cell_is_found_at_the_place_where_it_is_drawn(js: Visitor) -> None:
    lost = js.module(
        "core/layers",
        """const lost = [];
        for (const layer of m.LAYERS) {
          const seen = new Set();
          for (let map = 0; map < layer.maps; map++)
            for (let row = 0; row < layer.rows; row++)
              for (let col = 0; col < layer.cols; col++) {
                const [left, top] = layer.maps === 1 ? [0, 0] : m.tileAt(layer, map);
                const cell = m.cellAt(layer, left + col + 0.5, top + row + 0.5);
                if (cell.map !== map || cell.row !== row || cell.col !== col) lost.push([layer.name, map, row, col]);
                seen.add(m.indexOf(layer, cell));
              }
          const length = layer.shape.reduce((a, b) => a * b);
          if (seen.size !== length || Math.max(...seen) !== length - 1) lost.push([layer.name, seen.size]);
        }
        return lost;""",
    )
    assert lost == []


def test_one_response_gives_all_twelve_layers(js: Visitor, live_server: str) -> None:
    kept = js.module(
        "core/layers",
        """const { parse } = await import('/static/js/core/safetensors.js');
        const url = `/feature-maps?layers=${m.REQUESTED_LAYERS}`;
        const headers = { "Content-Type": "application/json", Accept: "application/vnd.safetensors" };
        const body = JSON.stringify({ strokes: [[[10, 10], [40, 60], [15, 80]]] });
        const ask = (path, headers) => fetch(path, { method: "POST", headers, body });
        const read = async (query) => {
          const response = await ask(url + query, headers);
          return m.readFeatureMaps(parse(await response.arrayBuffer())).activations;
        };
        const [exact, rough] = [await read("&dtype=float32"), await read("&dtype=uint8")];
        const full = await ask("/feature-maps", { "Content-Type": "application/json" });
        return (await full.json()).layers.map(({ name, values, min, max }) => {
          const flat = values.flat(3);
          const furthest = (mine) => Math.max(...flat.map((v, i) => Math.abs(v - mine[i])));
          return [name, flat.length === exact[name].length, furthest(exact[name]), furthest(rough[name]), max - min];
        });""",
    )
    assert [name for name, *_ in kept] == [layer.name for layer in LAYERS]
    for name, complete, exact, rough, spread in kept:
        assert complete, name
        assert exact < 1e-5, name
        # The levels are those of the layer that was sent, whose range may be wider than that of this layer.
        assert rough <= spread / 100 + 1e-5, name
