"""Drawing with a mouse, a pen or a finger."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.pages.page_helpers import fingers
from tests.support.visitor import ONE, SEVEN, Opener, Visitor


@pytest.fixture(scope="module")
def touch_screen(module_visitors: Opener) -> Visitor:
    return module_visitors(has_touch=True)


def test_a_seven_drawn_with_the_mouse_is_predicted_as_a_seven(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    assert visitor.digit == "7"
    assert visitor.text("#bars li.first .name") == "7"


def test_the_answer_follows_the_pen_before_it_is_lifted(visitor: Visitor) -> None:
    visitor.clear()
    visitor.begin(*ONE[0])
    for point in ONE[1:]:
        visitor.move(*point, steps=5)
    expect(visitor.find("#digit")).to_have_text("1")
    visitor.lift()


def test_quantised_maps_are_requested_while_the_pen_moves_and_exact_ones_afterwards(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    urls = [request["url"] for request in visitor.feature_map_requests()]
    stroke = urls[2:]  # after the sample and the cleared pad
    assert all("dtype=uint8" in url for url in stroke[:-1])
    assert "dtype=float32" in stroke[-1]
    assert "≈" not in visitor.text("#value")


def test_strokes_are_sent_in_pad_units_with_pen_and_canvas(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    body = json.loads(visitor.feature_map_requests()[-1]["body"])
    assert body["pen"] == 26
    assert body["canvas"] == [280, 280]
    (stroke,) = body["strokes"]
    assert stroke[0] == pytest.approx(SEVEN[0], abs=1.5)
    assert stroke[-1] == pytest.approx(SEVEN[-1], abs=1.5)


def test_a_tap_on_a_touch_screen_leaves_a_dot(touch_screen: Visitor) -> None:
    visitor = touch_screen.start_again()
    visitor.clear()
    visitor.page.touchscreen.tap(*visitor.client(140, 140))
    visitor.settle()
    assert len(json.loads(visitor.feature_map_requests()[-1]["body"])["strokes"]) == 1
    opacity = visitor.pixels("#pad-canvas")[..., 3]
    assert (opacity > 127).mean() == pytest.approx(np.pi * 13**2 / 280**2, rel=0.1)


def test_a_second_finger_does_not_disturb_the_first(touch_screen: Visitor) -> None:
    visitor = touch_screen.start_again()
    visitor.clear()
    touch = fingers(visitor)
    touch("touchStart", (140, 40))
    touch("touchMove", (140, 100))
    touch("touchStart", (140, 100), (20, 20))
    touch("touchMove", (140, 180), (260, 20))
    touch("touchMove", (140, 240), (200, 20))
    touch("touchEnd")
    visitor.settle()
    (stroke,) = json.loads(visitor.feature_map_requests()[-1]["body"])["strokes"]
    assert {round(x) for x, _ in stroke} <= {139, 140, 141}
    assert stroke[-1][1] == pytest.approx(240, abs=2)


def test_a_tap_right_after_a_quick_stroke_shows_a_cell_before_and_after_the_answer_comes(touch_screen: Visitor) -> None:
    visitor = touch_screen.start_again()
    visitor.clear()
    touch = fingers(visitor)
    maps = visitor.bounds('[data-layer="conv1"] .maps')
    visitor.run("probe.hold = true")
    touch("touchStart", SEVEN[0])
    for point in SEVEN[1:]:
        touch("touchMove", point)
    touch("touchEnd")
    visitor.page.touchscreen.tap(maps["x"] + 40, maps["y"] + 40)
    expect(visitor.find("#looking")).to_be_visible()
    where = visitor.text("#where")
    visitor.run("probe.hold = false; probe.held.splice(0).forEach((go) => go())")
    visitor.settle().painted()
    expect(visitor.find("#looking")).to_be_visible()
    assert visitor.text("#where") == where


def test_a_stroke_that_leaves_the_pad_stays_on_it(visitor: Visitor) -> None:
    visitor.clear().draw([(140, 140), (400, 140), (140, 200)])
    (stroke,) = json.loads(visitor.feature_map_requests()[-1]["body"])["strokes"]
    assert max(x for x, _ in stroke) == 280


def test_only_the_pad_prevents_scrolling_by_touch(visitor: Visitor) -> None:
    taken = visitor.run(
        "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).touchAction === 'none').map((e) => e.id)"
    )
    assert taken == ["pad-canvas"]


def test_points_of_strokes_are_quarters_of_a_unit(visitor: Visitor) -> None:
    visitor.clear().draw([(33.3, 41.7), (121.9, 88.2), (200.1, 240.4)])
    points = np.array(json.loads(visitor.feature_map_requests()[-1]["body"])["strokes"][0])
    assert np.array_equal(points * 4, np.rint(points * 4))


def test_the_mark_is_placed_on_the_pad(js: Visitor) -> None:
    script = """const box = document.body.appendChild(document.createElement("div"));
    box.style.cssText = "position: relative; width: 140px; height: 140px";
    const pad = m.createPad(box, box.appendChild(document.createElement("canvas")), {});
    const mark = box.querySelector(".pad-mark");
    const { left, top, width, height } = (pad.mark([70, 28, 140, 112]), mark.style);
    const seen = mark.hidden;
    pad.mark(null);
    return [left, top, width, height, seen, mark.hidden]"""
    assert js.module("pad/pad", script) == ["25%", "10%", "25%", "30%", False, True]


POINTER = """
([type, options]) => {
  const canvas = document.querySelector("#pad-canvas");
  const box = canvas.getBoundingClientRect();
  const place = { clientX: box.x + (options.x / 280) * box.width, clientY: box.y + (options.y / 280) * box.height };
  canvas.setPointerCapture = () => {};
  canvas.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, button: 0, ...options, ...place }));
  delete canvas.setPointerCapture; // the browser's own again
}
"""


def pointer(visitor: Visitor, type_: str, kind: str, id_: int, x: float, y: float) -> None:
    visitor.run(POINTER, [type_, {"pointerType": kind, "pointerId": id_, "x": x, "y": y}])


def strokes(visitor: Visitor) -> list[list[list[float]]]:
    """The strokes in the last request."""
    found: list[list[list[float]]] = json.loads(visitor.settle().feature_map_requests()[-1]["body"]).get("strokes", [])
    return found


def test_a_pen_takes_over_from_the_palm_of_the_hand(visitor: Visitor) -> None:
    visitor.clear()
    pointer(visitor, "pointerdown", "touch", 1, 250, 250)
    pointer(visitor, "pointermove", "touch", 1, 250, 260)
    pointer(visitor, "pointerdown", "pen", 2, 100, 50)
    pointer(visitor, "pointermove", "touch", 1, 240, 250)
    pointer(visitor, "pointermove", "pen", 2, 100, 200)
    pointer(visitor, "pointerup", "touch", 1, 240, 250)
    pointer(visitor, "pointerup", "pen", 2, 100, 200)
    assert strokes(visitor) == [[[100, 50], [100, 200]]]
    visitor.press("#undo").settle()
    assert visitor.digit == "draw a digit"


def test_a_cancelled_pointer_leaves_no_stroke(visitor: Visitor) -> None:
    visitor.clear()
    pointer(visitor, "pointerdown", "pen", 1, 100, 50)
    pointer(visitor, "pointermove", "pen", 1, 100, 200)
    pointer(visitor, "pointerup", "pen", 1, 100, 200)
    pointer(visitor, "pointerdown", "touch", 2, 20, 20)
    pointer(visitor, "pointermove", "touch", 2, 60, 60)
    pointer(visitor, "pointercancel", "touch", 2, 60, 60)
    assert strokes(visitor) == [[[100, 50], [100, 200]]]
    expect(visitor.find("#redo")).to_be_disabled()
