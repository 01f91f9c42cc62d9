"""Nothing in the cell panel is cut off, on a projector or a phone."""

import pytest
from playwright.sync_api import expect

from model.layers import LAYER_NAMES
from tests.pages.explorer.walk.helpers import pin, plot
from tests.support.visitor import PHONE, PROJECTOR, SEVEN, Opener, Theme, Visitor, bounds


@pytest.mark.parametrize(("theme", "screen"), [("light", PROJECTOR), ("dark", PHONE)], ids=["projector", "phone"])
def test_axe_finds_no_violations_in_any_calculation(visitor: Visitor, theme: Theme, screen: dict[str, int]) -> None:
    visitor.change_screen(theme, screen)
    visitor.press("#why")
    for name in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(name)
        assert visitor.violations("#strip") == [], name
        if name != "input":
            visitor.press("#step")
    visitor.press("#tab-numpy")
    assert visitor.violations("#strip") == [], "code"


CUT = """() => [...document.querySelectorAll("#calculation :is(.num, .times, .sums p, .caption)")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
    .map((e) => e.textContent)"""


RIGHTS = """(products) => products.map((product) =>
    [product, product.querySelector(".times")].map((e) => e.getBoundingClientRect().right))"""


def test_nothing_in_the_cell_panel_is_cut_off_in_any_calculation(visitor: Visitor) -> None:
    visitor.press("#why")
    for name in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(name)
        spare = visitor.seen("#calculation").evaluate(
            "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        )
        assert spare == [0, 0], name
        assert visitor.run(CUT) == [], name
        assert visitor.seen("#formula").evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0, name
        visitor.press("#step")


def test_large_operands_and_negative_weights_are_shown_completely(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    for digit in range(10):
        pin(visitor, "logits", digit)
        assert visitor.run(CUT) == [], digit
        frame = visitor.bounds("#calculation")
        for product, times in visitor.seen(".contributions li").evaluate_all(RIGHTS):
            assert times <= product + 0.5
            assert product <= frame["x"] + frame["width"]


def test_on_a_phone_the_explained_layer_stays_visible_above_the_sheet(visitors: Opener) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    layer = plot(visitor, "conv2")
    layer.scroll_into_view_if_needed()
    layer.tap(position={"x": 40, "y": 60})
    expect(visitor.find("#looking")).to_have_text("preview: tap again to pin", use_inner_text=True)
    layer.tap(position={"x": 40, "y": 60})
    expect(visitor.find("#kept")).to_be_visible()
    answer, sheet = (visitor.bounds(part) for part in ("#answer", "#strip"))
    middle = bounds(layer)
    assert abs(middle["x"] + middle["width"] / 2 - PHONE["width"] / 2) < 40
    assert answer["y"] + answer["height"] <= middle["y"] < sheet["y"] - 60, "its first rows of maps are seen"


@pytest.mark.parametrize("opened", [False, True], ids=["closed", "open"])
def test_on_a_phone_the_end_of_the_page_scrolls_above_the_sheet(visitors: Opener, opened: bool) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    if opened:
        visitor.press("#sheet")
    visitor.run("scrollTo(0, document.documentElement.scrollHeight)")
    last, sheet = bounds(visitor.find("#stages li").last), visitor.bounds("#strip")
    assert last["y"] + last["height"] <= sheet["y"]
