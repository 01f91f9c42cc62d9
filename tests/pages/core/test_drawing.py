"""Drawings and their history."""

from itertools import pairwise

import numpy as np

from tests.support.visitor import Visitor


def test_points_too_close_to_the_last_one_are_dropped(js: Visitor) -> None:
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


def test_an_endless_scribble_keeps_a_limited_number_of_points(js: Visitor) -> None:
    random = np.random.default_rng(5)
    strokes = [(np.cumsum(random.normal(size=(700, 2)), axis=0) % 280).round(2).tolist() for _ in range(20)]
    bounded = js.module("core/drawing", "return m.bound(a, 4000)", strokes)
    assert 1000 < sum(map(len, bounded)) <= 4000
    assert [stroke[-1] for stroke in bounded] == [stroke[-1] for stroke in strokes]
    many = js.module(
        "core/drawing", "return m.bound(Array.from({ length: 5000 }, (_, i) => [[i % 280, 0, 0]]), 4000).length"
    )
    assert many == 4000


def test_undo_and_redo_move_through_the_history_and_a_new_step_ends_redo(js: Visitor) -> None:
    script = """let h = m.history("a");
    const seen = [];
    const note = (next) => seen.push((h = next).present);
    note(m.undo(h)); note(m.commit(h, "b")); note(m.commit(h, "c")); note(m.undo(h)); note(m.redo(h));
    note(m.undo(h)); note(m.undo(h)); note(m.undo(h)); note(m.redo(h)); note(m.commit(h, "d")); note(m.redo(h));
    return [seen.join(""), h.future.length]"""
    assert js.module("core/drawing", script) == ["abcbcbaabdd", 0]


def test_in_the_mode_none_strokes_are_sent_in_grid_units(js: Visitor) -> None:
    drawing = {"strokes": [[[140, 70, 0], [280, 280, 5]]], "image": None}
    script = "return JSON.parse(m.requestBody(a, { prepare: 'none', pen: 26 }).body)"
    assert js.module("core/drawing", script, drawing) == {
        "strokes": [[[14, 7], [28, 28]]],
        "pen": 2.6,
        "canvas": [28, 28],
    }


def test_a_blank_pad_is_sent_as_a_black_image(js: Visitor) -> None:
    body = js.module("core/drawing", "return JSON.parse(m.requestBody(m.BLANK, { prepare: 'mnist', pen: 26 }).body)")
    assert body == {"pixels": [[0] * 28] * 28}
