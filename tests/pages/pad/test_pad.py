"""The points that the pad sends, and the mark on it."""

import json

import numpy as np

from tests.visitor import Visitor


def test_points_of_strokes_are_quarters_of_a_unit(visitor: Visitor) -> None:
    visitor.clear().draw([(33.3, 41.7), (121.9, 88.2), (200.1, 240.4)])
    points = np.array(json.loads(visitor.asked()[-1]["body"])["strokes"][0])
    assert np.array_equal(points * 4, np.rint(points * 4))


def test_the_mark_lies_on_the_pad_where_it_is_told(js: Visitor) -> None:
    script = """const box = document.body.appendChild(document.createElement("div"));
    box.style.cssText = "position: relative; width: 140px; height: 140px";
    const pad = m.createPad(box, box.appendChild(document.createElement("canvas")), {});
    const mark = box.querySelector(".pad-mark");
    const { left, top, width, height } = (pad.mark([70, 28, 140, 112]), mark.style);
    const seen = mark.hidden;
    pad.mark(null);
    return [left, top, width, height, seen, mark.hidden]"""
    assert js.module("pad/pad", script) == ["25%", "10%", "25%", "30%", False, True]
