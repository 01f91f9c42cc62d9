"""Links open the page as it was, and can hide controls."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests import ROOT
from tests.pages.explorer.walk.helpers import pin, steps
from tests.support.visitor import ONE, SEVEN, Opener, Visitor


def test_a_link_opens_the_same_drawing_walk_and_tabs(visitor: Visitor, visitors: Opener) -> None:
    visitor.clear().draw(SEVEN).draw(ONE)
    pin(visitor, "conv2", 20, 5, 6)
    visitor.press(visitor.find(".channels button").nth(4))
    visitor.press(visitor.find("#calculation .grid button.num").nth(4))
    visitor.choose("scale", "map")
    visitor.press("#tab-map")
    visitor.press("#tab-numpy")
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("#copy-link")
    expect(visitor.find("#message")).to_contain_text("copied")
    link: str = visitor.run("navigator.clipboard.readText()")
    assert link == visitor.run("location.href")
    other = visitors(link.removeprefix(visitor.url))
    expect(other.find("#view-map")).to_be_visible()
    for part in ("#where", "#value", "#code", "#verdict", "#crumbs", "#legend-text"):
        assert other.text(part) == visitor.text(part), part
    assert other.feature_map_requests()[-1]["body"] == visitor.feature_map_requests()[-1]["body"]
    shown = '.layer[data-layer="conv1"] .maps'
    assert np.array_equal(other.pixels(shown), visitor.pixels(shown))


def test_back_and_forward_go_through_the_walk(visitor: Visitor) -> None:
    pin(visitor, "probabilities", 7)
    visitor.press(".powers .winner button")
    visitor.press("#tab-table")
    visitor.page.go_back()
    expect(visitor.find("#columns")).to_be_visible()
    assert steps(visitor) == ["probabilities[7]", "logits[7]"]
    visitor.page.go_back()
    expect(visitor.find("#where")).to_have_text("probabilities[7]")
    assert steps(visitor) == ["probabilities[7]"]
    visitor.page.go_forward()
    expect(visitor.find("#where")).to_have_text("logits[7]")
    assert visitor.digit == "7"


def test_undo_restores_a_drawing_that_a_link_replaced(visitor: Visitor) -> None:
    visitor.clear().draw(ONE)
    body = visitor.feature_map_requests()[-1]["body"]
    visitor.run("(hash) => { location.hash = hash }", "#d=digit.4.27.mnist")
    expect(visitor.find("#digit")).to_have_text("4")
    visitor.press("#undo").settle()
    assert visitor.digit == "1"
    assert visitor.feature_map_requests()[-1]["body"] == body


PROBLEMS = {  # of links, and what the page says about them
    "d=ink.26.Zz!!": "This link is damaged",
    "at=conv1.99.0.0&d=digit.7.0.mnist": "This link is damaged",
    "d=digit.7.9999.mnist": "not one of the samples",
    "m=other-00000000&d=digit.4.27.mnist": "made with other weights (other-00000000)",
}


@pytest.mark.parametrize("fragment", ["d=ink.26.Zz!!", "d=digit.7.9999.mnist"])
def test_a_page_that_a_damaged_link_opens_says_so(visitors: Opener, fragment: str) -> None:
    visitor = visitors(None)
    visitor.page.goto(f"{visitor.url}/#{fragment}")
    # This is checked first, because the message disappears by itself.
    expect(visitor.find("#message")).to_contain_text(PROBLEMS[fragment])
    assert visitor.settle().digit == "7"
    visitor.clear().draw(ONE)
    assert visitor.digit == "1"


@pytest.mark.parametrize(("fragment", "said"), PROBLEMS.items())
def test_an_open_page_says_that_a_link_is_damaged_or_for_other_weights(
    visitor: Visitor, fragment: str, said: str
) -> None:
    visitor.run("(hash) => { location.hash = hash }", fragment)
    expect(visitor.find("#message")).to_contain_text(said)
    assert visitor.settle().digit in ("4", "7")
    visitor.clear().draw(ONE)
    assert visitor.digit == "1"


def test_a_teacher_can_hide_controls(visitor: Visitor, visitors: Opener) -> None:
    names = visitor.module("core/links/hidden-controls", "return Object.keys(m.HIDEABLE)")
    controls = {
        "tools": "#undo", "pen": ".pen", "samples": "#samples", "upload": "#upload", "prepare": "#prepare",
        "stages": "#stages", "scale": "#scale", "views": "#views", "code": "#code-tabs", "link": "#copy-link",
        "follow": "#step", "work": "#work", "weights": "#weights-control",
    }  # fmt: skip
    assert sorted(names) == sorted([*controls, "experiments"])  # the tabs of the lab
    for selector in controls.values():
        expect(visitor.find(selector)).to_be_visible()
    bare = visitors("/?hide=" + ",".join(names))
    for selector in controls.values():
        expect(bare.find(selector)).to_be_hidden()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in names)


def test_a_link_holds_an_upload_as_the_network_saw_it(visitor: Visitor, visitors: Opener) -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.press("#upload")
    chooser.value.set_files(ROOT / "docs/seven.png")
    expect(visitor.find('#samples [aria-pressed="true"]')).to_have_count(0)
    visitor.settle()
    pin(visitor, "conv1", 3, 10, 10)
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("#copy-link")
    expect(visitor.find("#message")).to_contain_text("copied")
    other = visitors(visitor.run("location.pathname + location.hash"))
    assert other.digit == visitor.digit
    shown = '.layer[data-layer="conv1"] .maps'
    assert np.array_equal(other.pixels(shown), visitor.pixels(shown))
