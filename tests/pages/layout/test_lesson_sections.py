"""How the sections of the lesson are mounted one after the other, and laid out when they come near the window."""

import pytest
from playwright.sync_api import expect

from tests.support.browsers.traffic import Traffic
from tests.support.servers import wait_until
from tests.support.visitor import Opener

SECTIONS = 9
HEIGHT = "document.documentElement.scrollHeight"
# As if the browser were still busy with the first section.
NEVER_CONTINUES = "Object.defineProperty(window, 'scheduler', { value: { yield: () => new Promise(() => {}) } });"
EMPTY = """() => [...document.querySelectorAll(".lesson-section")]
  .filter((section) => ![...section.querySelectorAll(".widget")].every((widget) => widget.childElementCount > 0))
  .map((section) => section.id)"""
# Waits until what has been loaded is painted.
PAINTED = "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(go))))"
# Scrolls to each section, waits for one frame, and returns those whose text the browser does not show then.
UNSEEN = """async () => {
  const unseen = [];
  for (const section of document.querySelectorAll(".lesson-section")) {
    section.scrollIntoView({ behavior: "instant" });
    await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
    if (!section.innerText.includes(section.querySelector("h2").lastChild.textContent.trim())) unseen.push(section.id);
  }
  return unseen;
}"""


@pytest.mark.parametrize(("width", "height"), [(1366, 657), (820, 1180), (390, 844)])
def test_a_section_that_was_never_near_the_window_takes_about_its_height(
    visitors: Opener, width: int, height: int
) -> None:
    visitor = visitors(None, settled="#yours", viewport={"width": width, "height": height})
    traffic = Traffic(visitor.page)
    visitor.open("/lesson")
    traffic.wait_for_end()  # the first section grows when its figures have been loaded
    visitor.run(PAINTED)
    before = visitor.run(HEIGHT)
    assert visitor.run(UNSEEN) == []
    # The last sections may still load their figures.
    assert wait_until(lambda: before == pytest.approx(visitor.run(HEIGHT), rel=0.08))


def test_a_page_that_is_printed_before_all_sections_are_mounted_is_complete(visitors: Opener) -> None:
    visitor = visitors(None, settled="#yours")
    visitor.expect_in_console("willReadFrequently")
    visitor.page.add_init_script(NEVER_CONTINUES)
    visitor.page.goto(f"{visitor.url}/lesson")
    expect(visitor.find(".reads .yours-says")).to_contain_text("7 · ")
    expect(visitor.find(".lesson-section.mounted")).to_have_count(0)
    visitor.run("dispatchEvent(new Event('beforeprint'))")
    expect(visitor.find(".lesson-section.mounted")).to_have_count(SECTIONS)
    assert visitor.run(EMPTY) == []
