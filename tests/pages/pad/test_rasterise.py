"""Strokes as grey levels without a canvas."""

import numpy as np

from tests.support.visitor import Visitor

SEVEN = [(60, 70), (130, 64), (200, 68), (170, 140), (140, 190), (120, 250)]
STROKES = [SEVEN, [(40, 40)], [(5, 270), (275, 262.25)]]


def test_strokes_cover_the_units_that_a_canvas_would_paint(js: Visitor) -> None:
    script = """const { drawStrokes } = await import("/static/js/pad/render.js");
    const canvas = Object.assign(document.createElement("canvas"), { width: 280, height: 280 });
    const context = canvas.getContext("2d");
    drawStrokes(context, a, 26);
    const { data } = context.getImageData(0, 0, 280, 280);
    return [[...m.rasterise(a, 26)], Array.from({ length: 280 ** 2 }, (_, i) => data[4 * i + 3])]"""
    computed, painted = np.array(js.module("pad/rasterise", script, STROKES), dtype=float)
    cells = [levels.reshape(28, 10, 28, 10).mean(axis=(1, 3)) for levels in (computed, painted)]
    assert np.abs(cells[0] - cells[1]).max() <= 3  # of 255; a canvas rounds edges in its own way
    assert js.module("pad/rasterise", "return m.rasterise([], 26).every((level) => level === 0)")
