"""The lesson's section on cross-correlation, compared with plain loops."""

import itertools
import re
from pathlib import Path

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.pages.conftest import Place
from tests.support.lesson_page import Matrix, answer, matrix, numbers, run_program, set_number
from tests.support.visitor import PHONE, SCREEN, SEVEN, Opener, Visitor, bounds, number, seen

IMAGE: Matrix = [[1, 5, 2], [8, 1, 6], [3, 4, 7]]  # the lesson's numbers
FILTER: Matrix = [[1, 0], [1, 0]]


def cross_correlate(image: Matrix, kernel: Matrix, bias: float) -> Matrix:
    """O[i][j] = b + Σ I[i + u][j + v] · K[u][v], in plain loops."""
    rows, cols = len(image) - len(kernel) + 1, len(image[0]) - len(kernel[0]) + 1
    output = []
    for r in range(rows):
        line = []
        for c in range(cols):
            total = bias
            for i, weights in enumerate(kernel):
                for j, weight in enumerate(weights):
                    total += image[r + i][c + j] * weight
            line.append(total)
        output.append(line)
    return output


def turned(kernel: Matrix) -> Matrix:
    return [row[::-1] for row in kernel[::-1]]


def cells(visitor: Visitor, part: str, label: str) -> Matrix:
    """The numbers of a matrix in one part of the section."""
    return matrix(visitor.find(f'#correlation [data-step="{part}"] table[aria-label="{label}"]'))


@pytest.fixture
def shared(lesson_at: Place) -> Visitor:
    return lesson_at("correlation")


def test_showing_the_numbers_keeps_a_correct_answer(shared: Visitor) -> None:
    assert answer(shared, "correlation", 1, "11") == "Right."
    shared.find("#correlation button").filter(has_text="Show the three numbers").click()
    expect(shared.find("#correlation .asked .check-says")).to_have_text(
        ["This is the answer.", "Right.", "This is the answer.", ""]
    )
    bias = shared.find('#correlation input[aria-label="Bias, as a number"]')
    bias.fill("100")
    bias.press("Tab")
    says = shared.find('#correlation [data-step="any"] .refused').filter(has_text="Bias")
    expect(says).to_have_text("Bias must be a whole number from −20 to 20: 100 was changed to 20.")


SLIPS = [
    (0, "9", "window at the upper left"),
    (0, "11", "window at the lower left"),
    (1, "5", "lower right. Here, the window is at the lower left"),
    (2, "6", "window at the upper right"),
    (0, "not so", "not a number"),
    (2, "77", "Not yet"),
]


def test_the_numbers_on_paper_can_be_worked_out_and_a_bias_added_and_mistakes_are_explained(visitors: Opener) -> None:
    """The page is this test's own, because the others share one on which the numbers are known."""
    lesson = visitors("/lesson#at=correlation", settled="#yours")
    assert cells(lesson, "hand", "Image") == IMAGE
    assert cells(lesson, "hand", "Filter") == FILTER
    assert cross_correlate(IMAGE, FILTER, 0) == [[9, 6], [11, 5]]
    output = lesson.find('#correlation [data-step="hand"] table[aria-label="Output"] td')
    part = '#correlation [data-step="bias"]'
    sums = lesson.find(f'{part} table[aria-label="Sums of the products"] td')
    biased = lesson.find(f'{part} table[aria-label="Output with the bias"] td')
    expect(output).to_have_text(["9", "?", "?", "?"])
    expect(sums).to_have_text(["9", "?", "?", "?"])
    expect(biased).to_have_text(["3", "?", "?", "?"])

    for which, typed, hint in SLIPS:
        assert hint in answer(lesson, "correlation", which, typed), typed
    for which, (r, c) in enumerate([(0, 1), (1, 0), (1, 1)]):
        window = [row[c : c + 2] for row in IMAGE[r : r + 2]]
        flipped = cross_correlate(window, turned(FILTER), 0)[0][0]
        plain = cross_correlate(window, FILTER, 0)[0][0]
        assert "true convolution" in answer(lesson, "correlation", which, str(flipped))
        assert "mean" in answer(lesson, "correlation", which, f"{plain}/4")
        assert "First multiply each number by the filter number" in answer(
            lesson, "correlation", which, str(sum(map(sum, window)))
        )
    expect(output).to_have_text(["9", "?", "?", "?"])

    for which, right in enumerate(["6", "11", " 5.0 "]):
        assert answer(lesson, "correlation", which, right) == "Right."
    expect(output).to_have_text(["9", "6", "11", "5"])
    expect(lesson.find('#correlation [data-step="hand"] .says')).to_contain_text("You have all four numbers")
    worked = lesson.find('#correlation [data-step="hand"] .worked')
    expect(worked).to_have_text("1·1 + 6·0 + 4·1 + 7·0 = 5")
    output.nth(0).hover()
    expect(worked).to_have_text("1·1 + 5·0 + 8·1 + 1·0 = 9")  # the lesson's sum, without a bias

    expect(sums).to_have_text(["9", "6", "11", "5"])
    expect(biased).to_have_text(["3", "0", "5", "?"])
    assert "Now add the bias −6" in answer(lesson, "correlation", 3, "5")
    assert "do not subtract" in answer(lesson, "correlation", 3, "11")
    assert answer(lesson, "correlation", 3, "-1") == "Right."
    expect(biased).to_have_text(["3", "0", "5", "−1"])
    expect(lesson.find(f"{part} .worked")).to_have_text("1·1 + 6·0 + 4·1 + 7·0 − 6 = −1")
    set_number(lesson, "correlation", "Bias of the lesson’s filter", 2)
    expect(biased).to_have_text(["11", "8", "13", "?"])
    lesson.find(f"{part} button").filter(has_text="Show the number").click()
    expect(biased).to_have_text(["11", "8", "13", "7"])
    set_number(lesson, "correlation", "Bias of the lesson’s filter", 99)
    expect(lesson.find(f"{part} .refused").first).to_contain_text("99 was changed to 20")
    assert lesson.violations("#correlation") == []


def test_no_two_hints_give_the_same_number_and_none_gives_the_answer(js: Visitor) -> None:
    script = "return m.question(a.image, a.kernel, a.bias, a.row, a.col)"
    for bias, (row, col) in itertools.product([0, -6, 1], [(0, 1), (1, 0), (1, 1)]):
        asked = {"image": IMAGE, "kernel": FILTER, "bias": bias, "row": row, "col": col}
        found = js.module("lesson/shared/window-errors", script, asked)
        values = [slip["value"] for slip in found["slips"]]
        assert found["answer"] == cross_correlate(IMAGE, FILTER, bias)[row][col]
        assert found["answer"] not in values
        assert len(set(values)) == len(values)
        if bias == 0:
            assert not [slip for slip in found["slips"] if "bias" in slip["says"]], "there is no bias to speak of"


def test_any_image_and_filter_can_be_typed_walked_through_and_turned(shared: Visitor) -> None:
    part = '#correlation [data-step="any"]'
    output = shared.find(f'{part} table[aria-label="Output"]')
    for label, value in [("Image, rows", 8), ("Image, columns", 7), ("Filter, rows", 3), ("Bias", -4)]:
        set_number(shared, "correlation", label, value)
    shared.find(f"{part} button").filter(has_text="random numbers").click()
    for name, text in [
        ("Image row 7, column 6", "2.5"),
        ("Filter row 2, column 1", "−3"),
        ("Filter row 0, column 0", "x"),
    ]:
        cell = shared.find(f'{part} input[aria-label="{name}"]')
        cell.fill(text)
        cell.press("Tab")
    expect(shared.find(f'{part} input[aria-label="Filter row 0, column 0"]')).not_to_have_value("x")
    expect(output.locator("tr")).to_have_count(6)
    expect(output.locator("tr").first.locator("td")).to_have_count(6)
    image, kernel = cells(shared, "any", "Image"), cells(shared, "any", "Filter")
    assert (len(image), len(image[0]), len(kernel), len(kernel[0])) == (8, 7, 3, 2)
    assert image[7][6] == 2.5
    assert kernel[2][1] == -3
    expected = cross_correlate(image, kernel, -4)
    assert cells(shared, "any", "Output") == expected

    first = output.locator("td").first
    first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        shared.page.keyboard.press(key)
    worked = shared.find(f"{part} .worked")
    expect(worked).to_have_text(re.compile(f"= {re.escape(shown(expected[2][1]))}$"))
    framed = shared.find(f'{part} table[aria-label="Image"] td.in-window')
    expect(framed).to_have_count(6)
    assert seen(framed).first.evaluate("(cell) => [cell.parentNode.rowIndex, cell.cellIndex]") == [2, 1]

    shared.find(f"{part} label").filter(has_text="true convolution").click()
    expect(shared.find(f'{part} table[aria-label="Filter turned by 180°"]')).to_be_visible()
    assert cells(shared, "any", "Filter turned by 180°") == turned(kernel)
    convolved = cross_correlate(image, turned(kernel), -4)
    assert cells(shared, "any", "Output") == convolved
    assert cells(shared, "any", "Output of the cross-correlation") == expected
    differ = sum(
        a != b for one, other in zip(expected, convolved, strict=True) for a, b in zip(one, other, strict=True)
    )
    expect(shared.find(f"{part} .says[role=status]")).to_contain_text(
        f"{differ} of 36 numbers" if differ else "the same"
    )
    assert shared.violations(part) == []

    shared.find(f"{part} button").filter(has_text="all 0").click()
    expect(shared.find(f"{part} .says[role=status]")).to_contain_text("looks the same when it is turned")
    set_number(shared, "correlation", "Image, rows", 2)
    expect(shared.find(f"{part} .says.warn")).to_be_visible()
    expect(output).to_be_hidden()


def shown(value: float) -> str:
    return f"{round(value, 4):g}".replace("-", "−")


def test_the_play_button_slides_the_window_over_the_image(visitors: Opener) -> None:
    visitor = visitors("/lesson#at=correlation.any", settled="#yours", reduced_motion="no-preference")
    play = visitor.find("#correlation .player")
    place = visitor.find('#correlation [data-step="any"] table[aria-label="Output"] td.in-window')
    play.click()
    expect(play).to_have_text(re.compile("pause"))
    expect(place).to_have_attribute("aria-label", re.compile("^row (0, column [23]|[123],)"))
    play.click()
    expect(play).to_have_text(re.compile("slide the window"))


def test_a_window_of_the_students_digit_gives_the_number_of_the_network(shared: Visitor, live_server: str) -> None:
    shared.press("#clear").settle().draw(SEVEN).settle()
    asked = httpx2.get(f"{live_server}/model/weights").raise_for_status().content
    weights = safetensors.numpy.load(asked)
    link = shared.run("JSON.parse(probe.requests.at(-1).body)")
    answered = httpx2.post(f"{live_server}/feature-maps?layers=input,conv1", json=link).raise_for_status().json()
    layers: dict[str, NDArray[np.float64]] = {layer["name"]: np.array(layer["values"]) for layer in answered["layers"]}
    for label, value in [("Filter of conv1", 7), ("Row of the window", 5), ("Column of the window", 9)]:
        set_number(shared, "correlation", label, value)
    sums = shared.find('#correlation [data-step="yours"] .sums p')
    expect(sums.last).to_contain_text("conv1[7, 5, 9]")
    patch, kernel = layers["input"][0, 5:8, 9:12], weights["features.0.weight"][7, 0]
    total = 0.0
    for i in range(3):
        for j in range(3):
            total += float(patch[i, j]) * float(kernel[i, j])
    bias = float(weights["features.0.bias"][7])
    assert np.allclose(cells(shared, "yours", "The window’s nine pixels"), patch, atol=6e-5)
    assert np.allclose(cells(shared, "yours", "Filter of conv1"), kernel, atol=6e-5)
    assert np.allclose(cells(shared, "yours", "The nine products"), patch * kernel, atol=6e-5)
    said = [number(text) for text in seen(sums).locator(":last-child").all_inner_texts()]
    assert total + bias == pytest.approx(float(layers["conv1"][7, 5, 9]), abs=1e-5)
    assert np.allclose(said, [total, bias, layers["conv1"][7, 5, 9]], atol=1.1e-4)
    assert "at=conv1.7.5.9" in (
        shared.seen("#correlation .onwards a:not([data-experiment])").get_attribute("href") or ""
    )

    shared.find('#correlation .picture[role="application"]').focus()
    shared.page.keyboard.press("ArrowDown")
    shared.page.keyboard.press("ArrowLeft")
    expect(sums.last).to_contain_text("conv1[7, 6, 8]")
    shared.find("#correlation button").filter(has_text="strongest response").click()
    row, col = np.unravel_index(np.abs(layers["conv1"][7]).argmax(), (26, 26))
    expect(sums.last).to_contain_text(f"conv1[7, {row}, {col}]")
    shared.press("#clear").settle()
    expect(shared.find('#correlation [data-step="yours"] .says')).to_contain_text("Nothing is drawn")


def test_the_programs_print_the_numbers_on_the_page(shared: Visitor, tmp_path: Path) -> None:
    shared.find('#correlation [data-step="any"] label').filter(has_text="true convolution").click()
    output = cells(shared, "any", "Output")
    for kind in ("numpy", "torch"):
        assert numbers(run_program(shared, "correlation", kind, tmp_path)) == [value for row in output for value in row]
    own = shared.seen('#correlation [data-step="yours"] .sums p').last.locator(":last-child").inner_text()
    assert float(run_program(shared, "correlation", "curl", tmp_path)) == number(own)


def test_a_link_opens_each_step(lesson_at: Place) -> None:
    visitor = lesson_at("correlation.convolution", "dark", PHONE)
    expect(visitor.find("#correlation-any")).to_be_in_viewport()
    expect(visitor.find('#correlation table[aria-label="Filter turned by 180°"]')).to_be_visible()
    assert visitor.run("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visitor.violations("#correlation", rules=SCREEN) == []
    for step, heading in [
        ("yours", "#correlation-yours"),
        ("bias", "#correlation-bias"),
        ("any", "#correlation-any"),
        ("hand", "#correlation-title"),
    ]:
        visitor.run("(step) => { location.hash = `at=correlation.${step}` }", step)
        expect(visitor.find(heading)).to_be_in_viewport()
    expect(visitor.find('#correlation table[aria-label="Filter turned by 180°"]')).to_be_hidden()


@pytest.mark.parametrize("width", [320, 360, 390])
def test_on_a_phone_the_formulas_have_two_lines_instead_of_a_scrollbar(lesson_at: Place, width: int) -> None:
    lesson = lesson_at("correlation", "light", {"width": width, "height": 740})
    lines = lesson.find("#correlation .formula-line")
    expect(lines).to_have_count(2)
    for line in lines.all():
        assert seen(line).evaluate("(line) => line.scrollWidth <= line.clientWidth")
        assert "times" in (seen(line.locator("math").last).get_attribute("aria-label") or "")
    first, second = (bounds(part) for part in lines.last.locator("math").all())
    assert second["y"] >= first["y"] + first["height"] / 2
