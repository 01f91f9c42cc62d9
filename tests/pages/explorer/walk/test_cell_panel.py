"""Nothing in the cell panel is cut off, on a projector or a phone."""

from playwright.sync_api import expect

from model.layers import LAYER_NAMES
from tests.pages.explorer.walk.helpers import pin, plot
from tests.support.visitor import COLOURS, PHONE, SEVEN, Visitor, bounds

ALIKE = ("relu2", "relu3", "pool2")  # their calculations have the same parts as those of relu1 and pool1
CUT = """() => [...document.querySelectorAll("#calculation :is(.num, .times, .sums p, .caption)")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
    .map((e) => e.textContent)"""


RIGHTS = """(products) => products.map((product) =>
    [product, product.querySelector(".times")].map((e) => e.getBoundingClientRect().right))"""


def test_no_calculation_is_cut_off_or_has_accessibility_violations(visitor: Visitor) -> None:
    visitor.press("#why")
    for name in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(name)
        spare = visitor.seen("#calculation").evaluate(
            "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        )
        assert spare == [0, 0], name
        assert visitor.run(CUT) == [], name
        assert visitor.seen("#formula").evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0, name
        if name not in ALIKE:
            assert visitor.violations("#strip") == [], name
        if name != "input":
            visitor.press("#step")
    visitor.press("#tab-numpy")
    assert visitor.violations("#strip") == [], "code"


def test_on_a_dark_phone_no_calculation_has_accessibility_violations(visitor: Visitor) -> None:
    visitor.change_screen("dark", PHONE)
    visitor.press("#why")
    for name in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(name)
        if name not in ALIKE:
            assert visitor.violations("#strip", rules=[*COLOURS, "scrollable-region-focusable"]) == [], name
        if name != "input":
            visitor.press("#step")
    assert visitor.violations("#strip") == [], "the last one, with all rules"
    visitor.press("#tab-numpy")
    assert visitor.violations("#strip") == [], "code"


def test_large_operands_and_negative_weights_are_shown_completely(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    for digit in range(10):
        pin(visitor, "logits", digit)
        assert visitor.run(CUT) == [], digit
        frame = visitor.bounds("#calculation")
        for product, times in visitor.seen(".contributions li").evaluate_all(RIGHTS):
            assert times <= product + 0.5
            assert product <= frame["x"] + frame["width"]


def test_on_a_phone_the_explained_layer_stays_visible_above_the_sheet(phone: Visitor) -> None:
    layer = plot(phone, "conv2")
    layer.scroll_into_view_if_needed()
    layer.tap(position={"x": 40, "y": 60})
    expect(phone.find("#looking")).to_have_text("preview: tap again to pin", use_inner_text=True)
    layer.tap(position={"x": 40, "y": 60})
    expect(phone.find("#kept")).to_be_visible()
    answer, sheet = (phone.bounds(part) for part in ("#answer", "#strip"))
    middle = bounds(layer)
    assert abs(middle["x"] + middle["width"] / 2 - PHONE["width"] / 2) < 40
    assert answer["y"] + answer["height"] <= middle["y"] < sheet["y"] - 60, "its first rows of maps are seen"


def test_on_a_phone_the_end_of_the_page_scrolls_above_the_sheet(phone: Visitor) -> None:
    for opened in (False, True):
        if opened:
            phone.press("#sheet")
        expect(phone.find("#sheet")).to_have_attribute("aria-expanded", str(opened).lower())
        phone.run("scrollTo(0, document.documentElement.scrollHeight)")
        last, sheet = bounds(phone.find("#stages li").last), phone.bounds("#strip")
        assert last["y"] + last["height"] <= sheet["y"], opened
