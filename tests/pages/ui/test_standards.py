"""Two checkers besides axe: HTML CodeSniffer (WCAG 2.1 AA) and the Nu HTML checker."""

import json
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests import ROOT
from tests.support.markup_checker import JAR
from tests.support.visitor import Opener

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
PAGES = {
    "/?view=full#at=conv2.12.4.5&d=digit.7.0.mnist": "#answer",
    "/?view=first#d=digit.7.0.mnist": "#answer",
    "/lesson#d=digit.7.0.mnist": "#yours",
    "/lesson/worksheet#work=4&d=digit.7.0.mnist": "#questions",
}


@pytest.mark.parametrize("path", PAGES)
def test_html_codesniffer_finds_no_error(visitors: Opener, path: str) -> None:
    visitor = visitors(path, settled=PAGES[path])
    visitor.run("dispatchEvent(new Event('beforeprint'))")
    visitor.run(SNIFFER)
    found = [(code, text) for code, text in visitor.run(SNIFF) if not any(wrong in code for wrong in WRONG)]
    assert found == []


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
    command = ["java", "-Xss2m", "-jar", str(JAR), "--format", "json", "--exit-zero-always", str(tmp_path)]
    messages = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stderr)["messages"]
    wrong = [(names.get(each.get("url"), ""), each["message"]) for each in messages if each["type"] != "info"]
    assert wrong == []
