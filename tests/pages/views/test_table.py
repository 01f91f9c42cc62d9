"""The table of a layer's numbers."""

import io
import re

import numpy as np
from playwright.sync_api import Locator, expect

from tests.pages.views.panels import SHAPES, activations_of, open_view
from tests.support.visitor import ONE, PHONE, PROJECTOR, SEVEN, Opener, Visitor, bounds, number, seen


def test_the_table_holds_the_services_numbers_row_by_row(visitor: Visitor) -> None:
    def text(panel: Locator) -> list[list[str]]:
        rows: list[list[str]] = seen(panel.locator("tbody tr")).evaluate_all(
            "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        return rows

    for layer in ("input", "conv1", "pool2", "flatten", "dense1", "probabilities"):
        index = 3 if len(SHAPES[layer]) == 3 and layer != "input" else None
        panel = open_view(visitor, "table", layer, index)
        truth = activations_of(visitor)[layer]
        grid = {"flatten": (64, 25), "dense1": (16, 8), "probabilities": (10, 1)}.get(layer)
        values = truth.reshape(grid) if grid else truth[index or 0]

        for digits in (2, 4):
            panel.locator(f'input[name="decimals"][value="{digits}"]').check()
            rows = text(panel)
            assert len(rows) == len(values)
            step = values.shape[1] if grid else 1
            assert [row[0] for row in rows] == [str(step * at) for at in range(len(rows))]
            read = np.array([[number(cell) for cell in row[1:]] for row in rows])
            assert np.abs(read - values).max() <= 0.51 * 10**-digits
            # As in the other views, a number that would be rounded to 0 keeps a digit.
            assert ((read == 0) == (values == 0)).all()
            form = {2: r"−?(0|\d+\.\d\d|0\.000?\d|\d·10⁻\S+)", 4: r"−?(\d+\.\d{4}|\d\.\d\d·10⁻\S+)"}[digits]
            assert all(re.fullmatch(form, cell) for row in rows for cell in row[1:])
        expect(panel.locator("thead th")).to_have_count(values.shape[1])
        if layer == "conv1":
            expect(panel.locator("caption")).to_have_text("conv1, map 3: 26 × 26 numbers, row by row")


def test_a_number_in_the_table_can_be_clicked_and_reached_with_keys(visitor: Visitor) -> None:
    panel = open_view(visitor, "table", "relu2", 1)
    panel.locator("tbody tr").nth(4).locator("button").nth(6).click()
    expect(visitor.find("#where")).to_have_text("relu2[1, 4, 6]")
    current = panel.locator("[aria-current]")
    expect(current).to_have_count(1)
    assert seen(current).evaluate("(td) => [td.parentElement.rowIndex - 1, td.cellIndex - 1]") == [4, 6]
    expect(panel.locator('tbody [tabindex="0"]')).to_have_count(1)
    visitor.key("ArrowDown")
    visitor.key("ArrowRight")
    expect(panel.locator(".view-value code")).to_have_text("relu2[1, 5, 7]")
    assert seen(current).evaluate("(td) => td.firstChild === document.activeElement")
    expect(visitor.find("#spoken")).to_contain_text("map 1, row 5, column 7")


def test_a_wide_table_fades_out_at_the_right_until_its_end(visitors: Opener) -> None:
    visitor = visitors(viewport=PHONE, has_touch=True, is_mobile=True)
    panel = open_view(visitor, "table", "conv1")
    frame, scroller = panel.locator(".frame"), panel.locator(".scroller")
    expect(frame).to_have_class(re.compile("more-right"))
    seen(scroller).evaluate("(e) => e.scrollTo(e.scrollWidth, 0)")
    expect(frame).not_to_have_class(re.compile("more-right"))
    panel.locator("tbody tr").first.locator("button").nth(20).click()
    for _ in range(3):
        visitor.key("ArrowLeft")
    seen(scroller).evaluate("(e) => e.scrollTo(0, 0)")
    visitor.key("ArrowRight")
    expect(panel.locator(".view-value code")).to_contain_text(", 0, 18]")
    current, edge = bounds(panel.locator("[aria-current]")), bounds(frame)
    assert current["x"] + current["width"] <= edge["x"] + edge["width"] - 36, "not under what says so"
    open_view(visitor, "table", "logits")
    expect(frame).not_to_have_class(re.compile("more-right"))
    expect(open_view(visitor, "costs").locator(".frame")).to_have_class(re.compile("more-right"))


def test_on_a_projector_all_columns_of_the_costs_are_in_sight(visitor: Visitor) -> None:
    visitor.change_screen("light", PROJECTOR)
    expect(open_view(visitor, "costs").locator(".frame")).not_to_have_class(re.compile("more-right"))


def test_new_numbers_reuse_the_table_and_only_while_it_is_visible(visitor: Visitor) -> None:
    panel = open_view(visitor, "table", "conv1", 2)
    watch = """(table) => {
        window.seen = { built: 0, filled: 0 };
        new MutationObserver((changes) => {
          for (const { type } of changes) window.seen[type === "characterData" ? "filled" : "built"]++;
        }).observe(table, { childList: true, characterData: true, subtree: true });
        table.querySelector("tbody td").first = true; }"""
    seen(panel.locator("table")).evaluate(watch)
    visitor.draw(SEVEN)
    expect(panel.locator("caption")).to_have_text("conv1, map 2: 26 × 26 numbers, row by row")
    changes = visitor.run("seen")
    assert changes["filled"] > 100
    assert changes["built"] <= 2 * 10, "no more than the caption"
    assert seen(panel.locator("tbody td").first).evaluate("(td) => td.first") is True
    truth = activations_of(visitor)["conv1"][2]
    read = seen(panel.locator("tbody button")).all_text_contents()
    assert np.abs(np.array([number(cell) for cell in read]).reshape(26, 26) - truth).max() <= 0.0051
    visitor.press("#tab-network")
    visitor.run("seen.filled = seen.built = 0")
    visitor.draw(ONE)
    assert visitor.run("seen") == {"built": 0, "filled": 0}


def test_the_numbers_are_copied_without_loss(visitor: Visitor) -> None:
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = open_view(visitor, "table", "conv2", 3)
    panel.locator(".copy").click()
    expect(panel.locator(".copy-status")).to_have_text("Copied: 11 rows of 11.")
    copied = visitor.run("navigator.clipboard.readText()")
    values = np.loadtxt(io.StringIO(copied), delimiter=",", dtype=np.float32)
    assert np.array_equal(values, activations_of(visitor)["conv2"][3])


def test_without_a_clipboard_the_text_is_selected(visitors: Opener) -> None:
    visitor = visitors()
    visitor.run("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    visitor.run("() => { document.execCommand = () => false; }")
    panel = open_view(visitor, "table", "logits")
    panel.locator(".copy").click()
    expect(panel.locator(".copy-status")).to_contain_text("The numbers are selected.")
    area = panel.locator("textarea")
    expect(area).to_be_focused()
    assert seen(area).evaluate("(e) => [e.selectionStart, e.selectionEnd === e.value.length]") == [0, True]
    values = np.loadtxt(io.StringIO(seen(area).input_value()), delimiter=",", dtype=np.float32)
    assert np.array_equal(values, activations_of(visitor)["logits"])
