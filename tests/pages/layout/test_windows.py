"""In windows of every size, nothing overlaps, nothing is cut off, and every target and text is large enough.

Each state is examined in one or two of the windows. Together, these cover all states and all windows. `make layout`
examines every state in every window.
"""

import pytest

from tests.support.browsers.driver import Driver
from tests.support.layout.states import LAB, LESSON, MAIN_PAGE, OTHER_PAGES, SIZES, State
from tests.support.layout.survey import enter, faults, survey

# A large window and a small one of five pairs, in turn.
IN_TURN = [(state, SIZES[i % 5 :: 5]) for i, state in enumerate((*MAIN_PAGE, *LESSON, *OTHER_PAGES, LAB[0]))]
EXPERIMENTS = [(state, SIZES[7:8]) for state in LAB[1:]]  # with 400 % zoom
ALL = IN_TURN + EXPERIMENTS


@pytest.mark.parametrize(("state", "sizes"), ALL, ids=lambda value: getattr(value, "name", ""))
def test_the_layout_has_no_faults(
    driver: Driver, live_server: str, state: State, sizes: tuple[tuple[int, int], ...]
) -> None:
    found = {size: each for _, size, each in survey(driver, live_server, [state], sizes) if each}
    assert found == {}


# The page's security policy forbids style attributes, but not scripts that set styles.
SEEDED = """
const text = document.createElement("div");
text.innerHTML = arguments[0];
for (const part of text.children) part.style.cssText = part.dataset.style;
document.querySelector("main").append(text);
"""
FAULTS = {
    "overlap": '<p data-style="margin: 0; height: 4px">first line of two</p><p data-style="margin: 0">second line</p>',
    "cut off": '<p data-style="width: 60px; overflow: hidden; white-space: nowrap">longer than its box</p>',
    "small: the text": '<p data-style="font-size: 11px">small</p>',
    "small: the target": '<button data-style="width: 20px; height: 20px; padding: 0">x</button>',
    "sideways": '<p data-style="width: 3000px">wide</p>',
    "covered": '<button>below</button><p data-style="position: absolute; inset: 0">above</p>',
    "hidden": '<p data-style="position: fixed; inset: 0 0 auto; height: 200px">always here</p>',
    "apart": "<p>about 90 % of the answers</p>",
    "spills": '<button data-style="width: 40px; white-space: nowrap; padding: 0">longer than it</button>',
}


@pytest.mark.parametrize("kind", FAULTS)
def test_the_survey_finds_a_fault_of_this_kind(driver: Driver, live_server: str, kind: str) -> None:
    driver.open(f"{live_server}/problems/not-found")
    driver.resize(*SIZES[0])
    assert faults(driver) == []
    driver.run(SEEDED, FAULTS[kind])
    found = faults(driver)
    assert [fault for fault in found if fault.startswith(kind)] != [], found


MEASURE = """
const parts = [...document.querySelectorAll(".network .maps"), document.querySelector("#pad")];
const widths = parts.map((part) => [part.closest("[data-layer]")?.dataset.layer ?? "pad", part.offsetWidth]);
const texts = [...document.querySelectorAll("#verdict, #shape-conv1, #where, #network-title, .tabs button, .caption")]
  .filter((text) => text.checkVisibility());
const fontOf = (text) => parseFloat(getComputedStyle(text).fontSize);
const fonts = texts.map((text) => [`text of ${text.id || text.className}`, fontOf(text)]);
return Object.fromEntries([...widths, ...fonts]);
"""


def test_text_and_maps_grow_with_the_window(driver: Driver, live_server: str) -> None:
    enter(driver, live_server, next(state for state in MAIN_PAGE if state.name == "nothing pinned"))
    driver.resize(1366, 657)
    driver.painted()
    small = driver.run(MEASURE)
    driver.resize(2560, 1440)
    driver.painted()
    large = driver.run(MEASURE)
    assert len(small) > 10
    assert {part: (size, large[part]) for part, size in small.items() if large[part] < 1.3 * size} == {}
