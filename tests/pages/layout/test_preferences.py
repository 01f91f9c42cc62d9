"""Wide text spacing (WCAG 1.4.12) and forced colours (Windows' contrast themes)."""

from typing import Any

import pytest

from tests.support.layout.chromium import Chromium
from tests.support.layout.states import LESSON, MAIN_PAGE, OTHER_PAGES, State
from tests.support.layout.survey import enter, faults

# The spacing of WCAG 1.4.12. A smaller line height makes some targets less high.
SPACING = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`p { margin-bottom: 2em !important; }
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }`);
document.adoptedStyleSheets = [sheet];
"""
PINNED = next(state for state in MAIN_PAGE if state.name == "conv1 pinned")


@pytest.mark.parametrize("state", [PINNED, LESSON[0], *OTHER_PAGES[1:3]], ids=lambda state: state.name)
def test_wide_text_spacing_loses_nothing(driver: Chromium, live_server: str, state: State) -> None:
    enter(driver, live_server, state)
    driver.run(SPACING)
    for size in ((1366, 657), (390, 844)):
        driver.resize(*size)
        assert [fault for fault in faults(driver) if not fault.startswith("small: the target")] == [], size


STYLE = """
const { outlineStyle, outlineWidth, backgroundColor } = getComputedStyle(document.querySelector(arguments[0]));
return [outlineStyle !== 'none' && parseFloat(outlineWidth) > 0, backgroundColor];
"""


@pytest.fixture
def forced(driver: Chromium) -> Any:
    driver.force_colours(True)
    yield driver
    driver.force_colours(False)


def test_with_forced_colours_what_is_chosen_and_pressed_can_be_seen(forced: Chromium, live_server: str) -> None:
    enter(forced, live_server, PINNED)
    forced.resize(1366, 657)
    assert faults(forced) == []
    for part in ("#pad", "#calculation button.num", '[data-layer="conv2"] .maps'):
        assert forced.run(STYLE, part)[0], f"{part} has an edge"
    chosen, other = (forced.run(STYLE, f'#views [aria-selected="{value}"]')[1] for value in ("true", "false"))
    assert chosen != other
    chosen, other = (forced.run(STYLE, f"#scale input{value} + span")[1] for value in (":checked", ":not(:checked)"))
    assert chosen != other


def test_inputs_and_outputs_are_told_apart_without_colour(driver: Chromium, live_server: str) -> None:
    enter(driver, live_server, MAIN_PAGE[0])
    style = "return ['.feeds', '.fed'].map((part) => getComputedStyle(document.querySelector(part)).borderStyle)"
    styles = driver.run(style)
    assert styles == ["solid", "dashed"]
