"""The page on a phone."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import FloatRect, Locator, Position, expect

from tests.pages.page_helpers import ON_PAGE, fingers
from tests.support.visitor import SEVEN, Opener, Visitor, bounds, seen

ON_ITS_SIDE = {"width": 844, "height": 390}


def test_on_a_phone_pad_and_answer_stay_visible(phone: Visitor) -> None:
    assert phone.run("document.documentElement.scrollWidth") == 390
    for at in (0, 10_000):
        phone.run("(y) => scrollTo(0, y)", at)
        for part in ("#pad", "#digit", "#bars", "#undo", "#strip"):
            expect(phone.find(part)).to_be_in_viewport(ratio=1)
    pad, answer = phone.bounds("#pad"), phone.bounds("#answer")
    assert pad["x"] + pad["width"] < answer["x"]


def test_on_a_phone_the_stages_are_side_by_side_above_the_network(phone: Visitor) -> None:
    below, stages, network = phone.bounds("#below-pad"), phone.bounds("#stages"), phone.bounds(".network")
    assert below["y"] + below["height"] <= stages["y"]
    assert stages["y"] + stages["height"] <= network["y"]
    last = phone.find("#stages li").last
    expect(last).not_to_be_in_viewport()
    for _ in range(30):  # with a keyboard or a device that acts as one, the arrow keys scroll the stages
        phone.find("#stages").press("ArrowRight")
    expect(last).to_be_in_viewport(ratio=0.9)


def test_on_a_phone_the_answer_shows_how_typical_the_drawing_is_without_cutting_it_off(phone: Visitor) -> None:
    cut_off = """() => [...document.querySelectorAll(".reading, #digit, #verdict, #familiar, #bars .share")]
        .filter((e) => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0))
        .map((e) => e.textContent)"""
    for strokes in ([SEVEN], [[(60, 60), (220, 220)], [(220, 60), (60, 220)]], []):
        phone.clear()
        for stroke in strokes:
            phone.draw(stroke)
        for width in (360, 390, 412):
            phone.page.set_viewport_size({"width": width, "height": 780})
            assert phone.run(cut_off) == [], (strokes, width)
            box, panel = phone.bounds(".reading"), phone.bounds("#answer")
            assert box["y"] + box["height"] <= phone.bounds("#bars")["y"] + 1
            assert box["x"] + box["width"] <= panel["x"] + panel["width"]
            if strokes:
                familiar = phone.bounds("#familiar-short")
                assert re.fullmatch(r"typical: 0\.\d\d", phone.text("#familiar-short"))
                assert familiar["y"] + familiar["height"] <= box["y"] + box["height"]
                assert familiar["x"] + familiar["width"] <= width


TARGETS = """() => {
  const wanted = "a[href], button, input:not(label input), label:has(input), select, summary, #bars li, tbody td";
  const inline = (e) => e.matches(".noun, .letter, .term"); // a word in a sentence is as high as its line
  return [...document.querySelectorAll(wanted)].filter((e) => e.checkVisibility() && !inline(e)).map((e) => {
    const { width, height } = e.getBoundingClientRect();
    return [e.id || e.ariaLabel || e.className || e.textContent, width, height];
  }).filter(([, width, height]) => Math.min(width, height) < 24);
}"""


def test_on_a_phone_all_buttons_are_large_enough_for_a_finger(phone: Visitor) -> None:
    """At least 24 by 24 pixels, as the Web Content Accessibility Guidelines 2.2 require."""
    assert phone.run(TARGETS) == []
    for digit in (4, 5, 9):
        bar = bounds(phone.find("#bars li").nth(digit))
        phone.page.touchscreen.tap(bar["x"] + bar["width"] / 2, bar["y"] + 3)
        expect(phone.find("#where")).to_have_text(f"probabilities[{digit}]")
        phone.page.touchscreen.tap(bar["x"] + bar["width"] / 2, bar["y"] + 3)
        expect(phone.find("#kept")).to_be_visible()
    assert phone.run(TARGETS) == [], "in the sheet"
    for view in ("map", "table"):
        phone.seen(f"#tab-{view}").evaluate("(tab) => tab.click()")
        assert phone.run(TARGETS) == [], view


def test_on_a_phone_the_layers_scroll_sideways(phone: Visitor) -> None:
    columns = phone.find("#columns")
    assert seen(columns).evaluate("(e) => getComputedStyle(e).scrollSnapType") == "x mandatory"
    for name in ON_PAGE:
        layer = phone.find(f'[data-layer="{name}"] .plot')
        seen(layer).evaluate("(e) => e.scrollIntoView({ inline: 'center', block: 'center', behavior: 'instant' })")
        expect(layer).to_be_in_viewport()
        box = bounds(layer)
        assert box["width"] <= 390
        caption = phone.bounds(f"#name-{name}")
        assert caption["y"] + caption["height"] <= box["y"], "the caption stands above its maps"
    expect(phone.find("#network-title")).to_be_visible()


def test_on_a_phone_the_first_tap_points_and_the_second_pins_and_opens_the_sheet(phone: Visitor) -> None:
    where, sheet = phone.find("#where"), phone.find("#sheet")
    place = Position(x=150, y=100)
    phone.find('[data-layer="input"] .maps').tap(position=place)
    expect(where).to_have_text(re.compile(r"input\["))
    expect(phone.find("#kept")).to_be_hidden()
    expect(sheet).to_have_attribute("aria-expanded", "false")
    line, whole = phone.seen("#rule").evaluate("(e) => [e.clientWidth, e.scrollWidth]")
    assert 0 < line < whole, "one line of it"
    looked_at = seen(where).inner_text()
    phone.find('[data-layer="input"] .maps').tap(position=Position(x=153, y=102))
    expect(phone.find("#kept")).to_be_visible()
    expect(where).to_have_text(looked_at)
    expect(sheet).to_have_attribute("aria-expanded", "true")
    expect(phone.find("#calculation")).to_contain_text("/255 − 0.1307")
    for part in ("#pad", "#digit", "#bars"):
        expect(phone.find(part)).to_be_in_viewport(ratio=1)


def test_on_a_phone_a_finger_draws_and_the_page_does_not_move(phone: Visitor) -> None:
    phone.clear()
    touch = fingers(phone)
    touch("touchStart", SEVEN[0])
    for (x, y), (to_x, to_y) in pairwise(SEVEN):
        touch("touchMove", ((x + to_x) / 2, (y + to_y) / 2))
        touch("touchMove", (to_x, to_y))
    touch("touchEnd")
    phone.settle()
    assert phone.digit == "7"
    assert phone.run("scrollY") == 0


@pytest.mark.parametrize("tool", ["#undo", "#clear"])
def test_on_a_phone_a_swipe_that_begins_on_the_tools_scrolls_the_page(phone: Visitor, tool: str) -> None:
    session = phone.page.context.new_cdp_session(phone.page)
    box = phone.bounds(tool)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for up in range(0, 60, 5):
        event = {"type": "touchMove" if up else "touchStart", "touchPoints": [{"x": x, "y": y - up}]}
        session.send("Input.dispatchTouchEvent", event)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.page.wait_for_function("() => scrollY > 20")  # the page allows no `eval` of other text
    assert phone.digit == "7", "the tool was not pressed"


@pytest.mark.parametrize("view", ["first", "full"])
def test_on_its_side_a_phone_scrolls_to_each_explanation(visitors: Opener, view: str) -> None:
    visitor = visitors(f"/?view={view}", viewport=ON_ITS_SIDE, has_touch=True, is_mobile=True)
    value = visitor.find("#value")
    expect(value).not_to_be_in_viewport()
    visitor.find("#why").tap()
    expect(value).to_be_in_viewport(ratio=1)
    visitor.run("scrollTo(0, 0)")
    visitor.find("#eight-maps button" if view == "first" else "#bars li").nth(4).tap()
    if view == "full":
        visitor.find("#bars li").nth(4).tap()  # the first tap shows the cell, the second one pins it
    expect(visitor.find("#where")).to_have_text(re.compile("conv1" if view == "first" else r"probabilities\[4\]"))
    expect(value).to_be_in_viewport(ratio=1)


def marked(visitor: Visitor) -> FloatRect:
    """The mark of a cell in the network."""
    return bounds(visitor.find("#columns .mark-cell:visible"))


def scroll(layer: Locator, bottom: int) -> FloatRect:
    """Scroll a layer so that it ends at this height of the window."""
    seen(layer).evaluate(
        """(layer, bottom) => {
          layer.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });
          scrollBy({ top: layer.getBoundingClientRect().bottom - bottom, behavior: "instant" });
        }""",
        bottom,
    )
    return bounds(layer)


@pytest.mark.parametrize("size", [ON_ITS_SIDE, {"width": 667, "height": 375}])
def test_on_its_side_a_phone_shows_the_preview_of_a_tapped_cell_above_which_the_cell_stays_in_sight(
    visitors: Opener, size: dict[str, int]
) -> None:
    visitor = visitors("/?view=full", viewport=size, has_touch=True, is_mobile=True)
    box = scroll(visitor.find('[data-layer="pool1"] .maps'), size["height"] - 10)
    visitor.page.touchscreen.tap(box["x"] + 30, box["y"] + box["height"] - 6)
    expect(visitor.find("#where")).to_have_text(re.compile(r"pool1\["))
    for part in ("#value", "#rule", "#here"):
        expect(visitor.find(part)).to_be_in_viewport(ratio=1)
    mark = marked(visitor)
    assert mark["y"] + mark["height"] < visitor.bounds("#strip")["y"]
    shown = visitor.text("#where")
    visitor.page.touchscreen.tap(mark["x"] + 2, mark["y"] + 2)
    expect(visitor.find("#kept")).to_be_visible()
    assert visitor.text("#where") == shown


def test_on_a_phone_the_sheet_does_not_hide_the_cell_that_it_explains(phone: Visitor) -> None:
    box = scroll(phone.find('[data-layer="conv1"] .maps'), 620)
    for _ in range(2):
        phone.page.touchscreen.tap(box["x"] + 60, box["y"] + box["height"] - 30)
    expect(phone.find("#kept")).to_be_visible()
    mark = marked(phone)
    assert mark["y"] > phone.bounds("#answer")["y"] + phone.bounds("#answer")["height"]
    assert mark["y"] + mark["height"] < phone.bounds("#strip")["y"]


@pytest.mark.parametrize("height", [844, 450])
def test_the_simple_view_says_which_other_weights_answer(visitors: Opener, height: int) -> None:
    visitor = visitors(
        "/?view=first#w=lesson.3&d=digit.7.0.mnist", viewport={"width": 390, "height": height}, has_touch=True
    )
    expect(visitor.find("#epoch-says")).to_have_text("epoch 3 of 5")
    expect(visitor.find("#weights")).to_be_visible()
    visitor.find("#epoch").tap(position={"x": 1, "y": 8})
    expect(visitor.find("#epoch-says")).to_have_text("untrained")
    visitor.find("#weights").select_option(index=0)
    expect(visitor.find("#weights")).to_be_hidden()
