"""All views: before the first answer, their accessibility and text sizes, and the view of sizes and costs."""

import re
from collections.abc import Sequence

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.views.panels import open_view
from tests.support.visitor import PHONE, PROJECTOR, SCREEN, Opener, Theme, Visitor, seen


def test_before_the_first_answer_no_click_causes_an_error(visitors: Opener) -> None:
    visitor = visitors(None)
    visitor.page.route("**/feature-maps*", lambda route: None)  # the request gets no response
    visitor.page.goto(visitor.url)
    expect(visitor.find("#samples button")).to_have_count(10)
    everything = """() => {
        const press = { bubbles: true, cancelable: true, view: window };
        for (const tab of document.querySelectorAll("[role=tab]")) {
            tab.click();
            const idle = ":disabled, [aria-disabled=true], [role=tab], #upload";
            const pressed = `.plot, main button:not(${idle}), select, [tabindex]`;
            for (const e of document.querySelectorAll(pressed)) {
                for (const kind of ["pointermove", "click", "pointerleave"]) {
                    const at = { pointerType: "mouse", clientX: 700, clientY: 400 };
                    e.dispatchEvent(new PointerEvent(kind, { ...press, ...at }));
                }
                for (const key of ["ArrowRight", "Home", "Enter", "Escape"]) {
                    e.dispatchEvent(new KeyboardEvent("keydown", { ...press, key }));
                }
                e.dispatchEvent(new Event("change", { bubbles: true }));
            }
        }
    }"""
    visitor.run(everything)
    visitor.painted()
    assert visitor.text("#digit") in ("", "–", "…")


# The views, by theme and screen: in the second, the colours and the size are new, but the kinds of maps are not.
VIEWS: dict[str, tuple[Theme, dict[str, int], Sequence[str], list[tuple[str, str | None]]]] = {
    "projector": (
        "light",
        PROJECTOR,
        (),
        [
            *(("map", layer) for layer in ("conv1", "pool2", "dense1", "flatten", "input")),
            ("table", "conv2"),
            ("costs", None),
        ],
    ),
    "phone": ("dark", PHONE, SCREEN, [("map", "conv1"), ("map", "dense1"), ("table", "conv2"), ("costs", None)]),
}


@pytest.mark.parametrize("where", VIEWS)
def test_axe_finds_nothing_in_any_view(visitor: Visitor, where: str) -> None:
    theme, screen, rules, views = VIEWS[where]
    visitor.change_screen(theme, screen)
    for view, layer in views:
        open_view(visitor, view, layer)
        assert visitor.violations(f"#view-{view}", rules=rules) == [], (view, layer)
    visitor.find("#pad-canvas").focus()
    visitor.key("ArrowUp")
    assert visitor.violations("#pad", rules=rules) == []


@pytest.mark.parametrize("screen", [PROJECTOR, PHONE], ids=["projector", "phone"])
def test_no_text_of_a_view_is_smaller_than_eleven_pixels_or_wider_than_the_page(
    visitor: Visitor, screen: dict[str, int]
) -> None:
    visitor.change_screen("light", screen)
    for view, layer in (("map", "conv2"), ("map", "logits"), ("table", "conv1"), ("costs", None)):
        panel = open_view(visitor, view, layer)
        small = seen(panel).evaluate(
            """(panel) => [...panel.querySelectorAll("*")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
            .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 11).map((e) => e.outerHTML)"""
        )
        assert small == []
        assert visitor.run("document.documentElement.scrollWidth") == screen["width"]


def test_the_costs_equal_the_model_cards_and_their_sums_are_shown(visitor: Visitor, live_server: str) -> None:
    model = httpx2.get(f"{live_server}/model").json()
    panel = open_view(visitor, "costs")
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(12)
    for row, layer in zip(rows.all(), model["layers"], strict=True):
        cells = [" ".join(cell.split()) for cell in seen(row.locator("th, td")).all_inner_texts()]
        assert cells[0] == layer["name"]
        assert cells[1] == " × ".join(map(str, layer["shape"]))
        assert cells[2] == (layer["formula"] or "")
        for text, what in ((cells[3], "parameters"), (cells[5], "multiplications")):
            sum_, _, result = text.rpartition(" = ") if "=" in text else ("", "", text)
            assert result == f"{layer[what]:,}"
            if layer[what]:
                worked = sum_.replace("·", "*").replace(",", "")
                assert re.fullmatch(r"[\d*()+ ]+", worked)
                assert eval(worked) == layer[what]
        for text, what in ((cells[4], "parameters"), (cells[6], "multiplications")):
            share = 100 * layer[what] / model[what]
            assert text == ("" if share == 0 else f"{share:.1f} %" if share >= 0.05 else "< 0.1 %")
    bars = seen(panel.locator(".part")).evaluate_all("(all) => all.map((bar) => bar.getBBox().width)")
    assert bars[2] == pytest.approx(100 * 18496 / 225034, abs=0.01)
    foot = seen(panel.locator("tfoot")).inner_text()
    assert "225,034" in foot
    assert "2,631,040" in foot
    said = " ".join(seen(panel).inner_text().split())
    assert "204,928 of the 225,034 parameters (91 %) are in dense1" in said
    assert "2,230,272 of the 2,631,040 multiplications (85 %) are computed in conv2" in said
    assert "28 · 28 · 128 = 100,352 weights; conv1 makes 32 maps from the same image with only 320 parameters" in said
