"""What a screen reader is told: one live region at a time."""

import pytest
from playwright.sync_api import expect

from tests.support.visitor import SEVEN, Opener, Visitor

PAGES = [("/?view=full", "#answer", "spoken"), ("/lesson", "#yours", "cursor")]
RECORD = """() => {
  window.said = [];
  for (const region of document.querySelectorAll("[role='status'], [aria-live]")) {
    const speaks = () => region.getAttribute("aria-live") !== "off" && region.textContent.trim() !== "";
    const record = () => speaks() && said.push(region.id);
    new MutationObserver(record).observe(region, { childList: true, characterData: true, subtree: true });
  }
}"""


@pytest.mark.parametrize(("path", "settled", "cells"), PAGES)
def test_one_region_speaks_for_a_drawing_and_one_for_each_painted_cell(
    visitors: Opener, path: str, settled: str, cells: str
) -> None:
    visitor: Visitor = visitors(path, settled=settled)
    visitor.clear().run(RECORD)
    visitor.draw(SEVEN)
    assert visitor.run("said.splice(0)") == ["announce"]
    visitor.clear().find("#pad-canvas").focus()
    visitor.key("ArrowRight").run("said.splice(0)")
    visitor.stop_clock()
    for _ in range(6):
        visitor.key("Shift+ArrowDown").settle()
    assert visitor.run("said") == [cells] * 6
    visitor.pass_time(1100)  # longer than the second after which drawing with the keyboard counts as finished
    expect(visitor.find("#announce")).to_contain_text("predicts 1")
    assert visitor.run("said") == [cells] * 6 + ["announce"]


def test_a_formula_has_its_words_as_text_alternative(js: Visitor) -> None:
    words = "return ['relu', 'linear', 'softmax', 'max_pool'].map((kind) => m.formula(kind, 1).getAttribute('alttext'))"
    assert js.module("ui/math/formula", words) == [
        "O equals max (0, I)",
        "O sub i equals b sub i plus the sum over j equals 0 to 0 of w sub (i, j) times I sub j",
        "σ (z) sub i equals e to the power of (z sub i) divided by "
        "the sum over j equals 1 to C of e to the power of (z sub j)",
        "P sub (i, j) equals max sub (0 at most u less than 2, 0 at most v less than 2) A sub (2 i plus u, 2 j plus v)",
    ]
