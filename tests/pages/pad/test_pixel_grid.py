"""The grid of 28 × 28 cells that the keyboard paints."""

import numpy as np

from tests.support.visitor import Visitor


def test_a_painted_cell_has_grey_neighbours_and_keeps_stronger_ink(js: Visitor) -> None:
    script = """const one = m.paint(m.EMPTY, 5, 7), two = m.paint(one, 5, 8), corner = m.paint(m.EMPTY, 0, 27);
    const ink = (p) => p.flatMap((row, y) => row.flatMap((v, x) => (v ? [[y, x, v]] : [])));
    return [ink(one), ink(two).filter(([, , v]) => v === 255), ink(corner), ink(m.EMPTY)]"""
    one, two_, corner, empty = js.module("pad/pixel-grid", script)
    assert one == [[4, 7, 128], [5, 6, 128], [5, 7, 255], [5, 8, 128], [6, 7, 128]]
    assert two_ == [[5, 7, 255], [5, 8, 255]]
    assert corner == [[0, 26, 128], [0, 27, 255], [1, 27, 128]]
    assert empty == []


def test_erasing_also_clears_grey_neighbours_without_other_ink(js: Visitor) -> None:
    script = """const one = m.paint(m.EMPTY, 5, 7), two = m.paint(one, 5, 8);
    const left = m.erase(two, 5, 8);
    const gone = JSON.stringify(m.erase(one, 5, 7)) === JSON.stringify(m.EMPTY);
    return [gone, left[5][7], left[5][8], left[4][8], left[4][7]]"""
    assert js.module("pad/pixel-grid", script) == [True, 255, 0, 0, 128]


def test_shrinking_takes_the_mean_of_each_block(js: Visitor) -> None:
    levels = np.random.default_rng(2).integers(0, 256, (56, 56))
    shrunk = js.module("pad/pixel-grid", "return m.shrink(Uint8Array.from(a), 2)", levels.ravel().tolist())
    assert np.abs(np.array(shrunk) - levels.reshape(28, 2, 28, 2).mean(axis=(1, 3))).max() <= 0.5


def test_keys_move_paint_and_toggle_and_other_keys_do_nothing(js: Visitor) -> None:
    script = """const at = { row: 0, col: 3 };
    const key = (key, shiftKey = false, ctrlKey = false) => m.press(m.EMPTY, at, { key, shiftKey, ctrlKey });
    const tell = (done) => {
      const { cursor: { row, col }, cursor, pixels } = done ?? { cursor: {} };
      return done && [cursor, pixels[row][col], pixels === m.EMPTY];
    };
    const tried = [key("ArrowRight"), key("ArrowUp"), key("ArrowDown", true), key(" "), key("a")];
    return [...tried, key("ArrowLeft", false, true)].map(tell)"""
    right, up, painted, toggled, letter, command = js.module("pad/pixel-grid", script)
    assert right == [{"row": 0, "col": 4}, 0, True]
    assert up == [{"row": 0, "col": 3}, 0, True]
    assert painted == [{"row": 1, "col": 3}, 255, False]
    assert toggled == [{"row": 0, "col": 3}, 255, False]
    assert letter is command is None


def test_painted_cells_become_an_image(js: Visitor) -> None:
    script = """const { describe, isBlank, requestBody } = await import("/static/js/core/drawing.js");
    const { EMPTY, paint } = await import("/static/js/pad/pixel-grid.js");
    const drawing = { strokes: [], image: m.imageFromPixels(paint(EMPTY, 3, 4)) };
    const data = drawing.image.bitmap.getContext("2d").getImageData(4, 3, 2, 1).data;
    const nothing = { strokes: [], image: m.imageFromPixels(EMPTY) };
    const { pixels } = JSON.parse(requestBody(drawing, { prepare: "mnist", pen: 26 }).body);
    return [drawing.image.kind, [...data], describe(drawing), describe(nothing), isBlank(nothing), pixels[3][4]]"""
    assert js.module("ui/bitmap", script) == [
        "pixels",
        [255, 255, 255, 255, 128, 128, 128, 255],
        "drawn cell by cell",
        "blank",
        True,
        255,
    ]
