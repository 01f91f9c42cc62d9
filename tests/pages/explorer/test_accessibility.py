"""The page with the keyboard, a screen reader and axe."""

import base64
import re

import pytest
from playwright.sync_api import expect

from tests.pages.page_helpers import HAND_OVER, ON_PAGE
from tests.support.visitor import COLOURS, ONE, PHONE, PROJECTOR, Visitor, seen


def test_the_answer_is_announced_when_a_stroke_ends_and_not_before(visitor: Visitor) -> None:
    visitor.clear()
    visitor.run(
        """() => { probe.said = [];
        new MutationObserver(() => probe.said.push(document.querySelector("#announce").textContent))
          .observe(document.querySelector("#announce"), { childList: true, characterData: true, subtree: true }); }"""
    )
    visitor.begin(*ONE[0])
    for point in ONE[1:]:
        visitor.move(*point, steps=5)
    expect(visitor.find("#digit")).to_have_text("1")
    assert visitor.run("probe.said") == []
    visitor.lift()
    said = visitor.run("probe.said")
    assert len(said) == 1
    assert re.fullmatch(r"The network predicts 1 with .*% confidence\.", said[0])
    expect(visitor.find("#announce")).to_have_attribute("aria-live", "polite")


def test_arrow_keys_move_through_a_layer_and_its_values_are_announced(visitor: Visitor) -> None:
    plot = visitor.find('[data-layer="conv1"] .plot')
    plot.focus()
    where, spoken = visitor.find("#where"), visitor.find("#spoken")
    for keys, index in (
        ("Home", "0, 0, 0"),
        ("ArrowRight", "0, 0, 1"),
        ("ArrowDown", "0, 1, 1"),
        ("ArrowLeft", "0, 1, 0"),
        ("ArrowLeft", "0, 1, 0"),
        ("Shift+ArrowRight", "1, 1, 0"),
        ("ArrowLeft", "0, 1, 25"),
        ("Shift+ArrowDown", "4, 1, 25"),
        ("End", "31, 25, 25"),
        ("ArrowUp", "31, 24, 25"),
    ):
        visitor.key(keys)
        expect(where).to_have_text(f"conv1[{index}]")
        expect(spoken).to_contain_text("map {}, row {}, column {}: ".format(*index.split(", ")))
    assert seen(spoken).inner_text().endswith(visitor.text("#value"))
    visitor.key("Delete")
    expect(visitor.find("#clear")).to_be_enabled()
    visitor.sample(3)
    expect(spoken).to_have_text("")


def test_all_controls_can_be_reached_with_tab_and_show_their_focus(visitor: Visitor) -> None:
    visitor.draw(ONE).press("#undo").settle()  # now undo, redo and clear are all enabled
    visitor.draw([(50, 50), (60, 60)]).draw(ONE).press("#undo").settle()
    visitor.press("h1")  # Tab starts from the top
    reached: list[str] = []
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        here = visitor.run(
            """() => { const e = document.activeElement;
            if (e === document.body) return null;
            const shown = getComputedStyle(e.matches("input[type=radio]") ? e.nextElementSibling : e);
            const name = e.id || e.name || e.closest("[data-layer]")?.dataset.layer || e.getAttribute("aria-label");
            return [name || e.textContent,
                    shown.outlineStyle !== "none" && parseFloat(shown.outlineWidth) >= 2]; }"""
        )
        if here is None:
            break
        assert here[1], f"{here[0]} shows no focus"
        reached.append(here[0])
    wanted = {"undo", "redo", "clear", "upload", "pen", "prepare", "scale", "theme", "API", "probabilities", *ON_PAGE}
    assert wanted <= set(reached)
    assert {f"Sample digit {digit}" for digit in range(10)} <= set(reached)
    layers = dict.fromkeys(name for name in reached if name in ON_PAGE)  # a noun in the strip may repeat a layer's name
    assert list(layers) == ON_PAGE, "in the order the data flows"


def test_samples_and_switches_work_from_the_keyboard(visitor: Visitor) -> None:
    visitor.find('[aria-label="Sample digit 9"]').press("Enter")
    assert visitor.settle().digit == "9"
    visitor.find('input[value="mnist"]').focus()
    visitor.key("ArrowRight")
    expect(visitor.find('input[value="resize"]')).to_be_checked()
    visitor.settle()
    assert "prepare=resize" in visitor.feature_map_requests()[-1]["url"]


@pytest.mark.parametrize("screen", [PROJECTOR, PHONE], ids=["projector", "phone"])
def test_axe_finds_no_violations(visitor: Visitor, screen: dict[str, int]) -> None:
    visitor.change_screen("light", screen)
    visitor.expect_in_console("status of 4")

    def check(state: str, part: str) -> None:
        for theme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=theme)
            assert visitor.violations(part, rules=COLOURS if theme == "dark" else ()) == [], (state, theme)

    check("opened", "html")
    visitor.clear()
    visitor.choose("scale", "fixed")
    visitor.find('[data-layer="conv2"] .plot').focus()
    visitor.key("ArrowRight")
    visitor.run(HAND_OVER, [base64.b64encode(b"words").decode(), "drop", "text/plain"])
    expect(visitor.find("#message")).not_to_be_empty()
    check("blank, with a message", ".banner, .you, #answer, #strip, .network-head, .legend")
