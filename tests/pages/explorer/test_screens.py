"""The page after it has opened, on screens of every size."""

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.page_helpers import ON_PAGE
from tests.support.visitor import PHONE, PROJECTOR, SEVEN, Opener, Visitor, bounds, seen


def test_the_page_opens_with_a_predicted_sample_and_loads_only_from_its_server(
    visitors: Opener, live_server: str
) -> None:
    visitor = visitors(None).record_requests().open()
    assert visitor.digit == "7"
    assert "confidence" in visitor.text("#verdict")
    expect(visitor.find("#bars li")).to_have_count(10)
    assert visitor.text("#value") != ""
    visitor.draw(SEVEN).clear()
    assert len(visitor.requests) > 10
    assert {url for url in visitor.requests if not url.startswith((live_server, "data:", "blob:"))} == set()
    assert visitor.run("probe.violations") == [], "it keeps the content security policy"


def test_the_page_says_that_drawings_are_not_saved(visitor: Visitor) -> None:
    expect(visitor.find("#tell")).to_have_text("Your drawings are not saved.")
    expect(visitor.find("#tell button")).to_have_count(0)


def test_maps_below_the_edge_are_announced_and_reached_with_the_keyboard(visitor: Visitor) -> None:
    visitor.start_again("at=conv2.12.4.5", size=PROJECTOR | {"height": 657})
    more = "getComputedStyle(document.querySelector('.network'), '::before').content"
    assert visitor.run(more) == '"↓"'
    frame = visitor.bounds("#columns")
    for name in ("relu1", "relu2", "flatten"):
        visitor.find(f'[data-layer="{name}"] .plot').focus()
        plot = visitor.bounds(f'[data-layer="{name}"] .plot')
        assert frame["y"] <= plot["y"]
        assert plot["y"] + plot["height"] <= frame["y"] + frame["height"]
    visitor.run("document.querySelector('#columns').scrollTo(0, 10_000)")
    expect(visitor.find(".network.more-below")).to_have_count(0)


@pytest.mark.parametrize("height", [768, 641])
def test_a_projector_screen_shows_every_map_of_every_layer_without_scrolling(
    visitor: Visitor, live_server: str, height: int
) -> None:
    visitor.change_screen("light", PROJECTOR | {"height": height})
    page = visitor.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert page == [1366, height]
    facts = {layer["name"]: layer for layer in httpx2.get(f"{live_server}/model").json()["layers"]}
    for name in ON_PAGE:
        layer = visitor.find(f'.network [data-layer="{name}"]')
        box = bounds(layer)
        assert box["x"] >= 0
        assert box["y"] >= 44
        assert box["x"] + box["width"] <= 1366
        assert box["y"] + box["height"] <= height
        label = seen(layer).inner_text()
        assert "×".join(str(side) for side in facts[name]["shape"]) in label
        parameters = facts[name]["parameters"]
        assert ("parameters" in label) == bool(parameters)
        if parameters:
            assert f"{parameters:,} parameters" in " ".join(label.split())
        if name != "logits":
            scale = visitor.seen(f'[data-layer="{name}"] .maps').evaluate("(c) => c.clientWidth / c.width")
            assert scale == int(scale), "a cell is a whole number of pixels wide"
    for panel in (".you", ".strip", ".answer", "#columns"):
        overflow = visitor.seen(panel).evaluate(
            "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        )
        assert overflow == [0, 0], panel


@pytest.mark.parametrize(
    "size",
    [(1366, 600), (1024, 700), (911, 512), (844, 390), (683, 384), (390, 844)],
    ids=lambda size: "x".join(map(str, size)),
)
def test_in_a_low_or_narrow_window_everything_can_be_scrolled_to(visitor: Visitor, size: tuple[int, int]) -> None:
    """Content above or left of a box's origin could not be scrolled to."""
    visitor.change_screen("light", {"width": size[0], "height": size[1]})
    lost = visitor.run(
        """() => [...document.querySelectorAll(".network .layer, .stages li, .bars li, .samples button, .legend, .why")]
        .filter((element) => {
          const at = element.getBoundingClientRect();
          for (let box = element.parentElement; box; box = box.parentElement) {
            const { overflow, display } = getComputedStyle(box);
            if (display === "contents") continue;
            if (!/auto|scroll|hidden/.test(overflow) && box !== document.documentElement) continue;
            const frame = box === document.documentElement ? { x: -scrollX, y: -scrollY } : box.getBoundingClientRect();
            const inner = box === document.documentElement ? [0, 0] : [box.scrollLeft, box.scrollTop];
            const [x, y] = [at.x - frame.x + inner[0], at.y - frame.y + inner[1]];
            if (Math.min(x, y) < -1 || x + at.width > box.scrollWidth + 1) return true;
            if (y + at.height > box.scrollHeight + 1) return true;
            if (/auto|scroll/.test(overflow)) break;
          }
          return false;
        }).map((element) => element.dataset.layer ?? element.className)"""
    )
    assert lost == []
    assert visitor.run("document.documentElement.scrollWidth") == size[0]
    if size[1] < 560:
        visitor.seen('.network [data-layer="conv1"] .plot').evaluate("(e) => e.scrollIntoView({ block: 'start' })")
        seen = visitor.run(
            """() => { const { x, y } = document.querySelector('[data-layer="conv1"] .maps').getBoundingClientRect();
            return document.elementFromPoint(x + 5, y + 40).closest("[data-layer]")?.dataset.layer; }"""
        )
        assert seen == "conv1", "nothing lies over the network"


def test_no_text_is_smaller_than_twelve_pixels(visitor: Visitor) -> None:
    for viewport in (PROJECTOR, PHONE, {"width": 1024, "height": 700}):
        small = visitor.change_screen("light", viewport).run(
            """() => [...document.body.querySelectorAll("*")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
            .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 12).map((e) => e.outerHTML)"""
        )
        assert small == []


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1024, 768)])
def test_other_screens_do_not_scroll_either(visitor: Visitor, size: tuple[int, int]) -> None:
    visitor.change_screen("light", {"width": size[0], "height": size[1]})
    page = visitor.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert page == list(size)
    for panel in (".you", ".strip", ".answer"):
        overflow = visitor.seen(panel).evaluate(
            "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
        )
        assert overflow == [0, 0], panel
    assert visitor.seen("#columns").evaluate("(e) => e.scrollHeight - e.clientHeight") == 0


def test_reduced_motion_means_no_motion(visitor: Visitor) -> None:
    script = "getComputedStyle(document.querySelector('.fill')).transitionDuration"
    assert visitor.run(script) == "0s"
    visitor.page.emulate_media(reduced_motion="no-preference")
    moves = visitor.run(script)
    visitor.page.emulate_media(reduced_motion="reduce")  # as the other tests expect it
    assert moves != "0s"
