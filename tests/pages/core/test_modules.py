"""The page's modules that touch no document, run in the browser that runs them in earnest."""

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray

from model.layers import LAYERS, MEAN, STD
from tests.visitor import Visitor

FROM_BASE64 = "const buffer = Uint8Array.from(atob(a), (c) => c.charCodeAt(0)).buffer;"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


# ---------------------------------------------------------------- safetensors


def test_a_file_written_by_the_safetensors_library_is_read(js: Visitor) -> None:
    tensors: dict[str, NDArray[Any]] = {
        "bytes": np.arange(5, dtype=np.uint8),
        "numbers": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
    }
    file = safetensors.numpy.save(tensors, {"prediction": '{"digit": 3}'})
    read = js.module(
        "core/safetensors",
        FROM_BASE64
        + """const { tensors, metadata } = m.parse(buffer);
        const out = { metadata };
        for (const [name, t] of Object.entries(tensors)) out[name] = [t.dtype, t.shape, Array.from(t.data)];
        return out;""",
        _base64(file),
    )
    assert read["metadata"] == {"prediction": '{"digit": 3}'}
    assert read["bytes"] == ["U8", [5], [0, 1, 2, 3, 4]]
    dtype, shape, data = read["numbers"]
    assert (dtype, shape) == ("F32", [2, 3])
    assert data == tensors["numbers"].ravel().tolist()


@pytest.mark.parametrize("padding", range(4))
def test_numbers_may_begin_at_any_byte(js: Visitor, padding: int) -> None:
    values = np.array([1.5, -2.25], np.float32)
    header = {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    text = json.dumps(header).encode() + b" " * padding
    file = len(text).to_bytes(8, "little") + text + values.tobytes()
    script = FROM_BASE64 + "return Array.from(m.parse(buffer).tensors.x.data)"
    assert js.module("core/safetensors", script, _base64(file)) == [1.5, -2.25]


def test_what_is_no_safetensors_file_is_refused(js: Visitor) -> None:
    script = FROM_BASE64 + "try { m.parse(buffer); return 'read' } catch (error) { return error.name }"
    assert js.module("core/safetensors", script, _base64(b"not a tensor in sight, only words")) in (
        "RangeError",
        "SyntaxError",
    )


# ---------------------------------------------------------------- layers


def _pool(values: NDArray[np.float32]) -> NDArray[np.float32]:
    maps, rows, cols = values.shape
    cut = values[:, : rows // 2 * 2, : cols // 2 * 2]
    pooled: NDArray[np.float32] = cut.reshape(maps, rows // 2, 2, cols // 2, 2).max(axis=(2, 4))
    return pooled


@pytest.mark.parametrize("shape", [(32, 26, 26), (64, 11, 11), (1, 2, 3)])
def test_relu_and_pooling_are_those_of_numpy(js: Visitor, shape: tuple[int, int, int]) -> None:
    values = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    relu = np.maximum(values, 0)
    script = """const values = Float32Array.from(a[0]);
    const relu = m.relu(values);
    return [relu, m.maxPool(relu, ...a[1]), m.maxPool(values, ...a[1])].map((list) => Array.from(list))"""
    got = js.module("core/layers", script, [values.ravel().tolist(), list(shape)])
    assert got == [relu.ravel().tolist(), _pool(relu).ravel().tolist(), _pool(values).ravel().tolist()]


def test_softmax_neither_overflows_nor_forgets_to_add_up_to_one(js: Visitor) -> None:
    logits = [1000.0, 999.0, -1000.0]
    got = js.module("lesson/shared/arithmetic", "return m.softmax(a)", logits)
    assert got == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0])


def test_grey_levels_come_back_from_what_the_network_is_given(js: Visitor) -> None:
    values = [(x / 255 - MEAN) / STD for x in range(256)]
    assert js.module("core/layers", "return Array.from(m.greyLevels(Float32Array.from(a)))", values) == list(range(256))


def test_bytes_come_back_on_their_scale(js: Visitor) -> None:
    script = "return Array.from(m.dequantise(Uint8Array.of(0, 51, 255), { min: -2, max: 3 }))"
    assert js.module("core/layers", script) == pytest.approx([-2, -1, 3])


def test_every_cell_of_every_layer_is_found_again_where_it_is_drawn(js: Visitor) -> None:
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


def test_one_answer_gives_all_twelve_layers(js: Visitor, live_server: str) -> None:
    kept = js.module(
        "core/layers",
        """const { parse } = await import('/static/js/core/safetensors.js');
        const url = `/feature-maps?layers=${m.ASKED}`;
        const headers = { "Content-Type": "application/json", Accept: "application/vnd.safetensors" };
        const body = JSON.stringify({ strokes: [[[10, 10], [40, 60], [15, 80]]] });
        const ask = (path, headers) => fetch(path, { method: "POST", headers, body });
        const read = async (query) => {
          const response = await ask(url + query, headers);
          return m.readAnswer(parse(await response.arrayBuffer())).activations;
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
        # Rounded to one of 256 levels of the layer it was sent for, which may be somewhat wider than this one.
        assert rough <= spread / 100 + 1e-5, name


# ---------------------------------------------------------------- drawings


def test_points_too_close_to_the_last_one_are_not_kept(js: Visitor) -> None:
    script = """const stroke = [];
    const kept = [[5, 5, 0], [5.1, 5, 1], [5, 5.3, 2], [6, 5, 3], [6, 5, 4]].map((point) => m.extend(stroke, point));
    return [kept, stroke]"""
    assert js.module("core/drawing", script) == [[True, False, False, True, False], [[5, 5, 0], [6, 5, 3]]]


def test_thinning_keeps_both_ends(js: Visitor) -> None:
    points = [[0.3 * i, 0, i] for i in range(101)]
    thinned = js.module("core/drawing", "return m.thin(a, 1)", points)
    assert thinned[0] == points[0]
    assert thinned[-1] == points[-1]
    assert all(right[0] - left[0] >= 1 for left, right in pairwise(thinned[:-1]))
    assert len(thinned) <= 32
    assert js.module("core/drawing", "return m.thin([[3, 3, 0]], 1)") == [[3, 3, 0]]


def test_a_scribble_without_end_stays_bounded(js: Visitor) -> None:
    random = np.random.default_rng(5)
    strokes = [(np.cumsum(random.normal(size=(700, 2)), axis=0) % 280).round(2).tolist() for _ in range(20)]
    bounded = js.module("core/drawing", "return m.bound(a, 4000)", strokes)
    assert 1000 < sum(map(len, bounded)) <= 4000
    assert [stroke[-1] for stroke in bounded] == [stroke[-1] for stroke in strokes]
    many = js.module(
        "core/drawing", "return m.bound(Array.from({ length: 5000 }, (_, i) => [[i % 280, 0, 0]]), 4000).length"
    )
    assert many == 4000


def test_history_goes_back_and_forth_and_a_new_step_forgets_the_future(js: Visitor) -> None:
    script = """let h = m.history("a");
    const seen = [];
    const note = (next) => seen.push((h = next).present);
    note(m.undo(h)); note(m.commit(h, "b")); note(m.commit(h, "c")); note(m.undo(h)); note(m.redo(h));
    note(m.undo(h)); note(m.undo(h)); note(m.undo(h)); note(m.redo(h)); note(m.commit(h, "d")); note(m.redo(h));
    return [seen.join(""), h.future.length]"""
    assert js.module("core/drawing", script) == ["abcbcbaabdd", 0]


def test_without_preparation_strokes_go_out_on_the_grid(js: Visitor) -> None:
    drawing = {"strokes": [[[140, 70, 0], [280, 280, 5]]], "picture": None}
    script = "return JSON.parse(m.requestBody(a, { prepare: 'none', pen: 26 }).body)"
    assert js.module("core/drawing", script, drawing) == {
        "strokes": [[[14, 7], [28, 28]]],
        "pen": 2.6,
        "canvas": [28, 28],
    }


def test_a_blank_pad_is_a_black_picture(js: Visitor) -> None:
    body = js.module("core/drawing", "return JSON.parse(m.requestBody(m.BLANK, { prepare: 'mnist', pen: 26 }).body)")
    assert body == {"pixels": [[0] * 28] * 28}


# ---------------------------------------------------------------- colours


def test_cividis_is_matplotlibs(js: Visitor) -> None:
    from matplotlib import colormaps

    expected = [
        "#" + "".join(f"{round(255 * part):02x}" for part in colour)
        for colour in colormaps["cividis"].colors  # type: ignore[attr-defined]
    ]
    assert js.module("core/colour", "return Array.from(m.SEQUENTIAL, m.css)") == expected


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_blue_and_orange_are_equally_strong_on_both_sides_of_zero(js: Visitor, theme: str) -> None:
    colours = js.module("core/colour", "return Array.from(m.DIVERGING[a], m.css)", theme)
    assert len(colours) % 2 == 1
    middle = len(colours) // 2
    rgb = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours])
    assert np.ptp(rgb[middle]) <= 12, "zero is grey"
    assert (rgb[: middle - 20, 2] > rgb[: middle - 20, 0]).all()
    assert (rgb[middle + 21 :, 0] > rgb[middle + 21 :, 2]).all()
    luminance = ((rgb / 255) ** 2.2) @ [0.2126, 0.7152, 0.0722]
    rising = 1 if theme == "dark" else -1
    assert (np.diff(luminance[middle:]) * rising > -1e-3).all()
    assert (np.diff(luminance[: middle + 1]) * rising < 1e-3).all()
    assert np.abs(luminance[:middle] - luminance[:middle:-1]).max() < 0.13


def test_the_ends_of_the_scale_are_the_maps_the_layers_or_fixed(js: Visitor) -> None:
    script = """const layer = { signed: a, rows: 1, cols: 2, fixed: 9 };
    const values = [1, -2, 3, -5];
    return [["map", 0], ["map", 1], ["layer"], ["fixed"]].map((mode) => m.range(layer, values, ...mode))"""
    assert js.module("core/colour", script, True) == [[-2, 2], [-5, 5], [-5, 5], [-9, 9]]
    assert js.module("core/colour", script, False) == [[0, 2], [0, 5], [0, 5], [0, 9]]


def test_the_fixed_scale_holds_99_of_100_test_pictures_and_is_not_idle(js: Visitor, data_dir: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from model.checkpoint import SHIPPED
    from model.data.mnist import load
    from model.network import CNN

    fixed = js.module("core/layers", "return Object.fromEntries(m.LAYERS.map((layer) => [layer.name, layer.fixed]))")
    network = CNN()
    network.load_state_dict(load_file(SHIPPED))
    _, test = load(data_dir)
    with torch.inference_mode():
        for name, values in network.activations(test.first(1000).normalised()).items():
            largest = values.abs().flatten(1).amax(1).numpy()
            assert np.quantile(largest, 0.99) <= fixed[name] <= 1.6 * np.quantile(largest, 0.99), name


def test_a_map_of_nothing_but_zeros_has_the_colour_of_zero(js: Visitor) -> None:
    script = """const pixels = new Uint32Array(4);
    const colours = a ? m.DIVERGING.light : m.SEQUENTIAL;
    m.paintMap(pixels, 2, 0, [0, 0, 0, 0], 0, 2, 2, [0, 0], colours);
    return [...pixels].every((pixel) => pixel === colours[a ? 127 : 0])"""
    assert js.module("core/colour", script, True)
    assert js.module("core/colour", script, False)


# ---------------------------------------------------------------- the link

LINK = """
const log = [];
const server = [];
const fetch = (url) => new Promise((resolve, reject) => server.push({ url, resolve, reject }));
const reply = (status, headers = {}) => {
  const { url, resolve } = server.shift();
  resolve(new Response(url, { status, headers }));
};
const link = m.createLink({
  fetch,
  answered: (wish) => log.push(`answered ${wish.url}`),
  refused: (wish, problem) => log.push(`refused ${wish.url}: ${problem.detail}`),
  status: (how) => how !== "ok" && log.push(how),
});
const want = (url, lineage = 0) => link.want({ url, type: "text/plain", body: url, lineage });
const turn = () => new Promise((go) => setTimeout(go, 5));
const until = async (condition) => { while (!condition()) await turn(); };
"""


def _link(js: Visitor, script: str) -> Any:
    return js.module("service/request-queue", LINK + script)


def test_while_one_wish_is_under_way_only_the_newest_of_the_others_waits(js: Visitor) -> None:
    assert _link(
        js,
        """want("/1"); want("/2"); want("/3");
        const first = server.map((s) => s.url);
        reply(200); await until(() => server.length);
        const second = server.map((s) => s.url);
        reply(200); await until(() => link.idle);
        return [first, second, log]""",
    ) == [["/1"], ["/3"], ["answered /1", "answered /3"]]


def test_an_answer_to_what_nobody_asks_any_more_is_dropped(js: Visitor) -> None:
    assert _link(
        js,
        """want("/old", 1); want("/new", 2);
        reply(200); await until(() => server.length); reply(200); await until(() => link.idle);
        return log""",
    ) == ["answered /new"]


def test_a_failed_wish_is_sent_again_unless_a_newer_one_came(js: Visitor) -> None:
    assert _link(
        js,
        """want("/1"); server.shift().reject(new TypeError("gone")); await until(() => log.length);
        const again = link.idle;
        await until(() => server.length); const retried = server[0].url;
        server.shift().reject(new TypeError("gone")); await until(() => log.length === 2);
        want("/2"); link.hurry(); await until(() => server.length);
        reply(200); await until(() => link.idle);
        return [again, retried, log]""",
    ) == [False, "/1", ["away", "away", "answered /2"]]


def test_a_refusal_is_final_and_tells_the_servers_reason(js: Visitor) -> None:
    assert _link(
        js,
        """want("/1");
        server.shift().resolve(new Response('{"detail": "Too large."}', { status: 413 }));
        await until(() => log.length);
        want("/2"); reply(500); await until(() => log.length === 2);
        return [log, server.length]""",
    ) == [["refused /1: Too large.", "refused /2: The server answered with status 500."], 0]


def test_retry_after_is_seconds_or_a_date(js: Visitor) -> None:
    script = """const headers = (value) => new Headers(value === null ? {} : { "Retry-After": value });
    const after = (value) => m.retryAfter({ headers: headers(value) }, 0);
    return ["7", new Date(4000).toUTCString(), null, "soon", "100000"].map(after)"""
    assert js.module("service/request-queue", script) == [7, 4, 1, 1, 60]


# ---------------------------------------------------------------- the same drawing in other ways

VARIANTS = """
const [server, seen] = [[], []];
const fetch = (url, { signal }) => new Promise((resolve, reject) => {
  server.push({ way: new URL(url, location).searchParams.get("prepare"), resolve });
  signal.addEventListener("abort", () => reject(new Error("aborted")));
});
const turn = () => new Promise((go) => setTimeout(go, 5));
const until = async (condition) => { while (!condition()) await turn(); };
const reply = (digit) => server.at(-1).resolve(Response.json({ digit, confidence: 1, verdict: "digit" }));
const changed = ({ answers }) => seen.push(Object.keys(answers).length);
const variants = m.createVariants({ fetch, pause: 0, changed });
const drawing = (x) => ({ strokes: [[[x, 1, 0], [x, 9, 0]]], picture: null });
const [one, two] = [drawing(1), drawing(2)];
"""


def test_each_way_is_asked_for_once_and_one_after_the_other(js: Visitor) -> None:
    script = """variants.follow({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    for (let i = 1; i <= 4; i++) { await until(() => server.length === i); await turn(); reply(i); }
    await until(() => seen.at(-1) === 5);
    variants.follow({ drawn: one, pen: 26, prepare: "resize" }, { digit: 1 });
    await turn(); await turn();
    return [server.map(({ way }) => way), seen]"""
    assert js.module("service/preprocessing-comparison", VARIANTS + script) == [
        ["resize", "uncentred", "own_pen", "none"],
        [1, 2, 3, 4, 5, 5],
    ]


def test_the_answers_to_an_earlier_drawing_are_dropped(js: Visitor) -> None:
    script = """variants.follow({ drawn: one, pen: 26, prepare: "mnist" }, { digit: 7 });
    await until(() => server.length === 1);
    variants.leave();
    reply(3); await turn(); await turn();
    variants.follow({ drawn: two, pen: 26, prepare: "mnist" }, { digit: 2 });
    await until(() => server.length === 2);
    return [seen, server.map(({ way }) => way)]"""
    assert js.module("service/preprocessing-comparison", VARIANTS + script) == [[1, 1], ["resize", "resize"]]


def test_nothing_is_asked_about_a_blank_pad_or_what_a_drawing_cannot_be(js: Visitor) -> None:
    script = """const { BLANK } = await import("/static/js/core/drawing.js");
    variants.follow({ drawn: BLANK, pen: 26, prepare: "mnist" }, { digit: null });
    await turn(); await turn();
    const bitmap = (side) => ({ picture: { kind: "upload", bitmap: { width: side, height: side } } });
    const ways = (drawn) => m.WAYS.map((way) => m.obstacle(way, drawn)).filter(Boolean);
    return [server.length, ways(one), ways(bitmap(28)), ways(bitmap(64)), ways({ picture: { kind: "sample" } })]"""
    found = js.module("service/preprocessing-comparison", VARIANTS + script)
    assert found == [0, [], ["no pen"], ["no pen", "not 28 × 28"], ["no pen"]]


def test_an_answer_in_brief_is_never_all_and_never_nothing(js: Visitor) -> None:
    script = """const of = (verdict, confidence = 0.614) => m.inBrief({ digit: 7, confidence, verdict });
    return [of("digit"), of("digit", 0.99999), of("unsure"), of("not_a_digit"), of("blank")]"""
    assert js.module("core/text", script) == ["7 · 61 %", "7 · > 99 %", "7? · 61 %", "no digit", "no ink"]


# ---------------------------------------------------------------- words


def test_numbers_read_as_they_are(js: Visitor) -> None:
    assert js.module("core/text", "return [1.23456, -0.5, 0, 2e-7].map((v) => m.number(v))") == [
        "1.2346",
        "−0.5000",
        "0.0000",
        "2.00e−7",
    ]
    assert js.module("core/text", "return [1.23456, -0.0001].map((v) => m.number(v, false))") == ["≈ 1.23", "≈ 0.00"]
    assert js.module("core/text", "return [1, 0.99996, 0.5, 0.00001, 0].map(m.percent)") == [
        "> 99.9 %",
        "> 99.9 %",
        "50.0 %",
        "< 0.1 %",
        "< 0.1 %",
    ]


def test_a_shift_is_told_in_words(js: Visitor) -> None:
    assert js.module("core/text", "return [[0, 3], [1, 3], [-2, 0], [-1, -4], [0, 0]].map(m.moved)") == [
        "3 px down",
        "1 right, 3 down",
        "2 px left",
        "1 left, 4 up",
        "",
    ]


def test_the_legend_says_what_compares(js: Visitor) -> None:
    script = "const { byName } = await import('/static/js/core/layers.js'); return m.legendText(byName[a[0]], a[1])"
    assert "its maps compare" in js.module("core/text", script, ["conv1", "layer"])
    assert "its units compare" in js.module("core/text", script, ["dense1", "layer"])
    assert "single map" in js.module("core/text", script, ["dense1", "map"])
    assert "±2.82, whatever is drawn" in js.module("core/text", script, ["input", "layer"])
