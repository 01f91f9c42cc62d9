"""Printing the pages."""

import pytest
from playwright.sync_api import Route, expect

from tests.support.browsers.traffic import Traffic
from tests.support.visitor import Opener, seen

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


# The notes that are printed in place of figures.
NOTES = "() => [...document.querySelectorAll('#dense .only-printed')].filter((p) => p.checkVisibility()).length"


def test_numbers_that_are_not_loaded_are_printed_the_second_time(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours", viewport={"width": 1366, "height": 560})  # the figure is below
    visitor.expect_in_console("willReadFrequently")
    requests: list[Route] = []
    visitor.page.route("**/lesson/dense", lambda route: requests.append(route))
    with visitor.page.expect_request("**/lesson/dense"):
        visitor.page.pdf()
    visitor.page.emulate_media(media="print")
    assert visitor.run(NOTES) == 2
    expect(visitor.find("#dense .dots").first).to_be_hidden()
    with visitor.page.expect_response("**/lesson/dense"):
        requests[0].continue_()
    expect(visitor.find('#dense .shift[data-settled="true"]')).to_be_visible()
    assert visitor.run(NOTES) == 0
    assert visitor.run(EMPTY)["dense"] == 0


# The image on a canvas before and while the page is printed, without waiting for a frame.
PRINTED = """(canvas) => {
  const images = [canvas.toDataURL()];
  dispatchEvent(new Event("beforeprint"));
  images.push(canvas.toDataURL());
  dispatchEvent(new Event("afterprint"));
  return images;
}"""


@pytest.mark.parametrize(
    ("path", "settled", "part"),
    [
        ("/", "#answer", '.layer[data-layer="conv1"] canvas'),
        ("/lesson", "#yours", "#network .net-block canvas"),
        ("/training#run=lesson", "#now", ".filters-canvas"),
        ("/lab", "#yours", "#break canvas"),
    ],
)
def test_maps_are_printed_in_the_colours_of_the_light_theme(
    visitors: Opener, path: str, settled: str, part: str
) -> None:
    visitor = visitors(path, settled=settled)
    canvas = visitor.find(part).first
    canvas.scroll_into_view_if_needed()
    light = seen(canvas).evaluate("(canvas) => canvas.toDataURL()")
    visitor.change_screen("dark")
    dark, printed = seen(canvas).evaluate(PRINTED)
    assert dark != light
    assert printed == light
    assert seen(canvas).evaluate("(canvas) => canvas.toDataURL()") == dark


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
