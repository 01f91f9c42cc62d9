"""The simple view of the first visit: the pad, the answer, the input and eight maps; one press opens the full view."""

from math import cos, radians, sin

import numpy as np
import pytest
from playwright.sync_api import expect

from model.layers import LAYER_NAMES
from tests import ROOT
from tests.support.visitor import PHONE, PROJECTOR, SEVEN, Opener, Theme, Visitor, bounds, pixels, seen

TABLET = {"width": 820, "height": 1180}
FIRST = "first=true"
LINE = [(40, 140), (240, 140)]
HOOK = [(140 + 60 * cos(radians(angle)), 140 + 90 * sin(radians(angle))) for angle in range(-60, 201, 13)]
OPENING = (ROOT / "static/js/opening-view.js").read_text(encoding="utf-8")
LEFT_OUT = (
    "#views, #stages, #prepare, #weights, #copy-link, #code-tabs, .legend, [data-layer='conv1'], [data-layer='logits']"
)


def test_a_first_visit_opens_the_simple_view_which_one_press_leaves_for_good(visitors: Opener) -> None:
    visitor = visitors(None)
    visitor.page.add_init_script("if (!sessionStorage.been) { localStorage.clear(); sessionStorage.been = 1; }")
    visitor.open()
    for shown in ("#pad", "#digit", "[data-layer='input']", "#draw-here", "#eight-title", "#why", "#answer-why-not"):
        expect(visitor.find(shown)).to_be_visible()
    expect(visitor.find("#eight-maps canvas")).to_have_count(8)
    expect(visitor.find(LEFT_OUT).locator("visible=true")).to_have_count(0)
    visitor.press("#page-view")
    expect(visitor.find("#views")).to_be_visible()
    expect(visitor.find(".eight")).to_be_hidden()
    visitor.page.reload()
    visitor.settle()
    expect(visitor.find("#views")).to_be_visible()
    visitor.press("#page-view")
    expect(visitor.find(".eight")).to_be_visible()


def test_without_storage_the_simple_view_opens_and_can_be_left(visitors: Opener) -> None:
    visitor = visitors(None)
    blocked = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
    )
    visitor.page.add_init_script(blocked)
    visitor.open()
    expect(visitor.find(".eight")).to_be_visible()
    visitor.press("#page-view")
    expect(visitor.find("#views")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "stored", "first"),
    [
        ("/", None, True),
        ("/", "full", False),
        ("/?view=full", None, False),
        ("/?view=first", "full", True),
        ("/#m=x&d=digit.7.0.mnist", None, True),
        ("/#m=x&at=conv1.7.12.5&d=digit.7.0.mnist", None, False),
        ("/#v=table&d=digit.7.0.mnist", None, False),
        ("/#first=true&at=conv1.7.12.5&d=digit.7.0.mnist", "full", True),
        ("/?hide=pen", None, False),
    ],
)
def test_links_that_point_at_something_open_the_full_view(
    js: Visitor, address: str, stored: str | None, first: bool
) -> None:
    script = f"""([address, stored]) => {{
      const html = document.createElement("html");
      ((location, localStorage, document) => {{ {OPENING} }})(
        new URL(address, location.href), {{ getItem: () => stored }}, {{ documentElement: html }});
      return html.classList.contains("first");
    }}"""
    assert js.run(script, [address, stored]) is first


def test_a_press_on_a_map_shows_the_calculation_of_its_cell(visitors: Opener) -> None:
    visitor = visitors("/?view=first", viewport=TABLET, has_touch=True)
    expect(visitor.find("#strip")).to_be_hidden()
    chosen = visitor.find("#eight-maps button").nth(3)
    box = seen(chosen.locator("canvas")).bounding_box()
    assert box is not None
    visitor.page.touchscreen.tap(box["x"] + 10.5 * box["width"] / 26, box["y"] + 7.5 * box["height"] / 26)
    name = (seen(chosen).get_attribute("aria-label") or "").split(":")[0].removeprefix("Map ")
    expect(visitor.find("#where")).to_have_text(f"conv1[{name}, 7, 10]")
    expect(visitor.find("#plain")).to_contain_text(f"This filter responds to {seen(chosen).inner_text()}; ")
    expect(chosen.locator(".eight-mark")).to_be_visible()
    assert "first=true" in visitor.run("location.hash")
    visitor.page.reload()
    visitor.settle()
    expect(visitor.find("#where")).to_have_text(f"conv1[{name}, 7, 10]")
    expect(visitor.find(".eight")).to_be_visible()
    visitor.press("#kept")
    chosen.focus()
    visitor.key("Enter")
    expect(visitor.find("#plain")).to_contain_text("This filter responds to")


def test_every_layer_has_a_gist(js: Visitor) -> None:
    assert js.module("core/walk/gist", "return Object.keys(m.GIST)") == list(LAYER_NAMES)


def test_the_walk_shows_one_layer_at_a_time_and_its_recap_leads_to_each_step(visitor: Visitor) -> None:
    visitor.start_again(FIRST).draw(SEVEN)
    expect(visitor.find("#draw-here")).to_be_hidden()
    expect(visitor.find("#message")).to_have_text("")
    visitor.page.set_viewport_size({"width": 820, "height": 1180})
    visitor.press("#why")
    for name in ("logits", "relu3", "dense1", "flatten", "pool2"):
        visitor.press("#step")
        expect(visitor.find(".columns .layer").locator("visible=true")).to_have_count(2)
        expect(visitor.find(f".columns [data-layer='{name}']")).to_be_visible()
        expect(visitor.find(".pad-mark")).to_be_visible(visible=name in ("flatten", "pool2"))
        strip, step = visitor.bounds("#strip"), visitor.bounds("#step")
        assert step["y"] + step["height"] <= strip["y"] + strip["height"], "the button does not scroll away"
    expect(visitor.find("#gist")).to_have_text("pool2: the largest of each 2 × 2")
    visitor.press("#to-path").press(visitor.find("#path-steps button").nth(4))
    expect(visitor.find(".columns [data-layer='conv2']")).to_be_visible()
    visitor.press("#to-maps")
    expect(visitor.find(".eight")).to_be_visible()
    visitor.press("#answer-why-not")
    expect(visitor.find("#view-contrast")).to_be_visible()
    visitor.press("#to-maps")
    expect(visitor.find("#strip")).to_be_hidden()


def test_the_maps_of_an_empty_pad_are_pale(visitor: Visitor) -> None:
    """Dark orange would mean that the pattern is here."""
    visitor.start_again(FIRST).clear()
    for i in range(8):
        colours = pixels(visitor.find("#eight-maps canvas").nth(i))[..., :3].reshape(-1, 3).astype(int)
        assert np.ptp(colours, axis=0).max() == 0, "one number everywhere"
        assert np.ptp(colours[0]) < 40, colours[0]
    visitor.press(visitor.find("#eight-maps button").first)
    follow, answer = visitor.bounds("#why"), visitor.bounds("#answer")
    assert follow["y"] + follow["height"] <= answer["y"] + answer["height"]


@pytest.mark.parametrize("drawing", [LINE, HOOK], ids=["not a digit", "perhaps a digit"])
def test_the_reasons_of_a_doubtful_answer_fit_beside_a_calculation(
    visitor: Visitor, drawing: list[tuple[float, float]]
) -> None:
    visitor.start_again(FIRST, size=PROJECTOR | {"height": 657}).draw(drawing)
    expect(visitor.find("#reasons li")).to_have_count(2)
    visitor.press(visitor.find("#eight-maps button").first)
    assert visitor.seen(".answer").evaluate("(e) => e.scrollHeight - e.clientHeight") == 0


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_reasons_of_a_doubtful_answer_stand_beside_the_input(visitor: Visitor, width: int) -> None:
    visitor.start_again(FIRST, size=PHONE | {"width": width})
    expect(visitor.find("#grounds-below")).to_be_hidden()
    before = visitor.bounds("#eight-title")
    visitor.draw(LINE)
    expect(visitor.find("#grounds-below")).to_contain_text("It's a horizontal line.")
    assert visitor.bounds("#eight-title") == before, "nothing has moved"
    text, image, title = map(visitor.bounds, ("#grounds-below", "[data-layer='input'] .plot", "#eight-title"))
    assert text["x"] + text["width"] <= image["x"]
    assert text["y"] + text["height"] <= title["y"]
    assert visitor.violations("#below-pad") == []
    visitor.press("#why")
    expect(visitor.find("#grounds-below")).to_be_hidden()


@pytest.mark.parametrize(
    "viewport",
    [PROJECTOR | {"height": 657}, TABLET, {"width": 1180, "height": 820}],
    ids=["projector", "tablet", "tablet on its side"],
)
def test_every_calculation_of_a_walk_fits_into_its_panel(visitor: Visitor, viewport: dict[str, int]) -> None:
    visitor.start_again(FIRST, size=viewport).draw(SEVEN).press("#why")
    overflow = "(e) => e.scrollHeight - e.clientHeight"
    for layer in reversed(LAYER_NAMES):
        expect(visitor.find("#where")).to_contain_text(f"{layer}[")
        for part in ("#why-panel", "#columns", ".answer"):
            assert visitor.seen(part).evaluate(overflow) == 0, (layer, part)
        if layer not in ("probabilities", "conv1", "input"):  # these are in sight without a walk
            button, plot = visitor.bounds("#to-maps"), visitor.bounds(f".columns [data-layer='{layer}'] .plot")
            assert button["y"] + button["height"] <= plot["y"], layer
        if layer != "input":
            visitor.press("#step")


@pytest.mark.parametrize(("viewport", "theme"), [(PROJECTOR | {"height": 657}, "light"), (PHONE, "dark")])
def test_the_simple_view_is_accessible_and_does_not_scroll_sideways(
    visitor: Visitor, viewport: dict[str, int], theme: Theme
) -> None:
    visitor.start_again(FIRST, theme, viewport)
    assert visitor.violations() == []
    assert visitor.run("document.documentElement.scrollWidth") == viewport["width"]
    visitor.press(visitor.find("#eight-maps button").first)
    overflow = "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
    if viewport != PHONE:
        for part in ("#columns", ".answer", "#calculation"):
            assert visitor.seen(part).evaluate(overflow) == [0, 0], part


@pytest.mark.parametrize("width", [320, 360, 390])
def test_all_eight_maps_are_inside_the_window_of_a_phone(visitor: Visitor, width: int) -> None:
    visitor.start_again(FIRST, size=PHONE | {"width": width})
    for i in range(8):
        box = bounds(visitor.find("#eight-maps button").nth(i))
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
