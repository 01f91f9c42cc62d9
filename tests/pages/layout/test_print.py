"""Printing the pages."""

import pytest

from tests.support.browsers.traffic import Traffic
from tests.support.visitor import Opener

# For each section, the number of its empty widgets, blank canvases and charts without curves.
EMPTY = """() => Object.fromEntries([...document.querySelectorAll(".lesson-section")].map((section) => {
  const shown = (part) => [...section.querySelectorAll(part)].filter((element) => element.checkVisibility());
  const colours = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  };
  return [section.id, shown(".widget").filter((widget) => widget.innerText.trim() === "").length
    + shown("canvas").filter((canvas) => colours(canvas) < 2).length
    + shown("svg.chart").filter((chart) => chart.childElementCount === 0).length];
}))"""


def test_sections_that_have_never_been_on_the_screen_are_printed(visitors: Opener) -> None:
    visitor = visitors(None, settled="#yours")
    visitor.expect_in_console("willReadFrequently")
    traffic = Traffic(visitor.page)
    visitor.open("/lesson")
    traffic.wait_for_end()
    visitor.page.emulate_media(media="print")  # on the screen, a section that is far from the window has no layout
    empty = visitor.run(EMPTY)
    assert empty["network"] > 0, "the test is about sections that have not been painted"
    visitor.page.pdf()
    assert visitor.run(EMPTY) == dict.fromkeys(empty, 0)


LIGHTNESS = """() => ["color", "backgroundColor"].map((name) =>
  Math.max(...getComputedStyle(document.body)[name].match(/\\d+/g).slice(0, 3)))"""


@pytest.mark.parametrize(
    "path", ["/", "/lesson", "/lesson/teacher", "/lesson/worksheet", "/training", "/lab", "/glossary"]
)
def test_the_dark_theme_is_not_printed(visitors: Opener, path: str) -> None:
    visitor = visitors(None, settled="main")
    visitor.page.add_init_script("localStorage.setItem('inkling.theme', 'dark')")
    visitor.page.goto(visitor.url + path)
    ink, paper = visitor.run(LIGHTNESS)
    assert ink > paper
    visitor.page.emulate_media(media="print")
    ink, paper = visitor.run(LIGHTNESS)
    assert ink < 50
    assert paper > 200
    assert visitor.run("getComputedStyle(document.documentElement).colorScheme") == "light"
