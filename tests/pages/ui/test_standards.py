"""Two checkers besides axe: HTML CodeSniffer (WCAG 2.1 AA) and the Nu HTML checker."""

import json
import subprocess
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests import ROOT
from tests.support.markup_checker import JAR
from tests.support.visitor import Opener, Visitor

SNIFFER = (ROOT / "tests/vendor/html_codesniffer/HTMLCS.js").read_text(encoding="utf-8")
SNIFF = """() => new Promise((done) => HTMLCS.process("WCAG2AA", document, () => done(HTMLCS.getMessages()
  .filter(({ type, element }) => type === HTMLCS.ERROR && (element.checkVisibility?.() ?? true))
  .map(({ code, msg, element }) => [code, `${msg} ${element.outerHTML.slice(0, 160)}`]))))"""
# Messages that are wrong, and what the checker cannot know.
WRONG = {
    "1_3_1.H39": "a matrix is a table without header cells",
    "1_3_1.H43": "the header cells have a scope",
    "2_4_1.G1": "the fragment of the address is the page's state, not the id of an element",
    "1_4_3.G18": "axe measures contrast, also on a canvas",
}
SEVEN = "d=digit.7.0.mnist"
EXPERIMENTS = ("break", "matter", "fool", "map", "replay", "teach")
READY = '[data-settled="true"]'
VIEWS = ("map", "table", "costs", "trust", "contrast")
# The addresses, and what is there as soon as the page is complete. If only the fragment differs, the page stays open.
PAGES = {
    f"/?view=full#at=conv2.12.4.5&{SEVEN}": f"#answer{READY}",
    f"/?view=full#work=true&at=conv1.7.12.5&{SEVEN}": f"#answer{READY}",
    **{f"/?view=full#v={view}&{SEVEN}": f"#view-{view}:visible" for view in VIEWS},
    f"/?view=first#{SEVEN}": f"#answer{READY}",
    f"/lesson#work=4&{SEVEN}": f"#yours{READY}",
    "/lesson/teacher": f"#links{READY}",
    f"/lesson/worksheet#work=4&{SEVEN}": f"#questions{READY}",
    "/training": f"#now{READY}",
    **{f"/lab#e={experiment}&{SEVEN}": f"#{experiment}{READY}" for experiment in EXPERIMENTS},
    "/glossary": "main",
    "/corrections": "main",
    "/docs": "main",
    "/docs#/drawings": ".opblock",
    "/problems/not-found": "main",
    "/unknown-address": "main",
}
UNNAMED = """() => [...document.querySelectorAll("[role=img]")]
  .filter((image) => !image.getAttribute("aria-label") && !image.getAttribute("aria-labelledby"))
  .map((image) => image.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def tour(module_visitors: Opener) -> Visitor:
    """One page that goes through the addresses."""
    visitor = module_visitors(None)
    visitor.expect_in_console("status of 404")
    return visitor


def show(tour: Visitor, path: str) -> None:
    """Open a page, with everything that a press reveals."""
    ready = tour.find(PAGES[path])
    tour.page.goto(tour.url + path)
    ready.first.wait_for(state="attached")
    assert tour.run(UNNAMED) == [], "an image has a name before it is painted, too"
    expect(tour.find(".lesson-section:not(.mounted)")).to_have_count(0)
    expect(tour.find("a:not([href])")).to_have_count(0)
    tour.run("dispatchEvent(new Event('beforeprint'))")  # the lesson paints all its sections
    for reveal in tour.find(":is([data-part=show], [data-reveal]):visible").all():
        reveal.click()
    ready.first.wait_for(state="attached")


@pytest.mark.parametrize("path", PAGES)
def test_html_codesniffer_finds_no_error(tour: Visitor, path: str) -> None:
    show(tour, path)
    if not tour.run("'HTMLCS' in window"):
        tour.run(SNIFFER)
    found = [(code, text) for code, text in tour.run(SNIFF) if not any(wrong in code for wrong in WRONG)]
    assert found == []


@pytest.mark.parametrize("path", ["/problems/not-found", "/unknown-address"])
def test_axe_finds_no_violation_on_pages_without_tests_of_their_own(tour: Visitor, path: str) -> None:
    show(tour, path)
    assert tour.violations() == []


ADDRESSES = (
    *("/", "/lesson", "/lesson/teacher", "/lesson/worksheet", "/training", "/lab", "/glossary", "/docs"),
    *("/corrections", "/problems/not-found", "/unknown-address"),
)


def test_the_nu_checker_finds_no_error_on_any_page(live_server: str, tmp_path: Path) -> None:
    names = {}
    for number, address in enumerate(ADDRESSES):
        file = tmp_path / f"{number}.html"
        file.write_text(httpx2.get(live_server + address, headers={"Accept": "text/html"}).text, encoding="utf-8")
        names[file.as_uri()] = address
    # For a program that runs for seconds, Java's first compiler and a single thread for its memory are enough.
    java = ["java", "-Xss2m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    command = [*java, "-jar", str(JAR), "--format", "json", "--exit-zero-always", str(tmp_path)]
    messages = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stderr)["messages"]
    wrong = [
        (names.get(each.get("url"), ""), each["message"])
        for each in messages
        if each["type"] != "info" and 'rel="expect"' not in each["extract"]  # HTML has it, but the checker does not
    ]
    assert wrong == []
