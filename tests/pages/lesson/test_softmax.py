"""The lesson's section on softmax, compared with sums made here and with the service."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, expect

from tests.pages.conftest import Place
from tests.support.lesson_page import run_program
from tests.support.visitor import PHONE, PROJECTOR, SCREEN, SEVEN, Theme, Visitor

EXAMPLE = [0, 1, 2, 0, -1, 0, -2, 5, 1, 3]
DIGITS = range(10)


def softmax(logits: list[float], temperature: float = 1) -> list[float]:
    """e^(z/T) / Σ e^(z/T)."""
    powers = [math.e ** (z / temperature) for z in logits]
    return [power / sum(powers) for power in powers]


def written(value: float) -> str:
    """A number as the section writes it."""
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return (f"{value:.0f}" if value == int(value) else f"{value:.4f}").replace("-", "−")
    digits, exponent = f"{value:.2e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}".replace("-", "−")


def table(visitor: Visitor, number: int) -> Locator:
    return visitor.find("#softmax .softmax-table").nth(number)


def column(visitor: Visitor, number: int, part: str) -> Locator:
    return table(visitor, number).locator(f'tbody [data-part="{part}"]')


def shows_everywhere(visitor: Visitor, shares: list[float]) -> None:
    """Expect these probabilities in both tables."""
    for number in (0, 1):
        expect(column(visitor, number, "O")).to_have_text([written(share) for share in shares])


def go(visitor: Visitor, step: str) -> None:
    visitor.run("(step) => void (location.hash = `at=softmax.${step}`)", step)
    expect(visitor.find("#softmax-title")).to_be_in_viewport()


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    return lesson_at("softmax")


def test_the_examples_powers_and_probabilities_are_correct(lesson: Visitor) -> None:
    shares = softmax([*map(float, EXAMPLE)])
    shows_everywhere(lesson, shares)
    expect(column(lesson, 0, "P")).to_have_text([written(math.e**z) for z in EXAMPLE])
    expect(column(lesson, 1, "P")).to_have_text([written(math.e ** (z - 5)) for z in EXAMPLE])
    sums = table(lesson, 0).locator("tfoot td")
    # The printed exponentials add up to 184.8276, but with all their digits to 184.8275.
    expect(sums).to_have_text([f"≈ {written(sum(math.e**z for z in EXAMPLE))}", "1.0000"])
    expect(lesson.find(".softmax-division")).to_have_text(re.compile(re.escape(written(shares[7])) + "$"))
    lesson.press('#softmax [aria-label="Write out the division for digit 9"]')
    expect(lesson.find(".softmax-division")).to_have_text(re.compile(re.escape(written(shares[9])) + "$"))
    # a letter highlights its column
    lesson.find('#softmax .noun[data-means="O"]').hover()
    expect(table(lesson, 0).locator('tbody [data-part="O"].lit')).to_have_count(10)


def test_a_logit_can_be_typed_or_changed_with_the_keys(lesson: Visitor) -> None:
    box = lesson.find('#softmax [aria-label="Logit of digit 9, as a number"]')
    box.fill("5")
    shows_everywhere(lesson, softmax([0, 1, 2, 0, -1, 0, -2, 5, 1, 5]))
    expect(lesson.find('[name="softmax-source"][value="typed"]')).to_be_checked()
    slider = lesson.find("#softmax-z9")
    expect(slider).to_have_value("5")
    slider.press("ArrowRight")
    expect(box).to_have_value("5.1")
    shows_everywhere(lesson, softmax([0, 1, 2, 0, -1, 0, -2, 5, 1, 5.1]))
    box.fill("")
    lesson.find("#softmax-z0").focus()
    expect(box).to_have_value("5.1")  # text that is not a number is replaced


def test_a_constant_changes_no_probability_and_1000_breaks_only_the_formula_as_written(lesson: Visitor) -> None:
    shares = softmax([*map(float, EXAMPLE)])
    constant = lesson.find('#softmax [aria-label="As a number: constant"]')
    constant.fill("-3")
    expect(column(lesson, 0, "P")).to_have_text([written(math.e ** (z - 3)) for z in EXAMPLE])
    shows_everywhere(lesson, shares)
    expect(lesson.find(".softmax-note").first).to_contain_text(f"which is about {written(math.e**-3)}")
    constant.fill("1000")
    expect(column(lesson, 0, "P")).to_have_text(["Infinity"] * 10)
    expect(column(lesson, 0, "O")).to_have_text(["NaN"] * 10)
    expect(column(lesson, 1, "O")).to_have_text([written(share) for share in shares])
    expect(lesson.find("#softmax .says.warn")).to_contain_text("Infinity / Infinity is not a number")
    constant.fill("-1000")
    expect(column(lesson, 0, "P")).to_have_text(["0"] * 10)
    expect(lesson.find("#softmax .says.warn")).to_contain_text("0 / 0 is not a number")
    constant.fill("0")
    lesson.find('#softmax [aria-label="Logit of digit 4, as a number"]').fill("1000")
    expect(column(lesson, 0, "O")).to_have_text(["0"] * 4 + ["NaN"] + ["0"] * 5)
    expect(column(lesson, 1, "O")).to_have_text(["0"] * 4 + ["1"] + ["0"] * 5)


def test_for_the_students_digit_the_probabilities_equal_the_services(lesson: Visitor, live_server: str) -> None:
    lesson.press("#clear").settle().draw(SEVEN)
    lesson.press('[name="softmax-source"][value="yours"]')
    body = lesson.feature_map_requests()[-1]["body"]
    says = httpx2.post(f"{live_server}/predict", content=body, headers={"Content-Type": "application/json"}).json()
    shows_everywhere(lesson, says["probabilities"])
    expect(lesson.find("#softmax .says").last).to_contain_text(f"The service says {says['digit']}")

    layers = httpx2.post(
        f"{live_server}/feature-maps?layers=logits", content=body, headers={"Content-Type": "application/json"}
    ).json()["layers"]
    lesson.find('#softmax [aria-label="As a number: temperature"]').fill("3")
    shows_everywhere(lesson, softmax(layers[0]["values"], 3))
    temperature = httpx2.get(f"{live_server}/model").json()["temperature"]
    expect(lesson.find("#softmax .says").last).to_contain_text(f"It uses T = {temperature}")

    link = lesson.find("#softmax .onwards a:not([data-experiment])")
    expect(link).to_have_attribute("href", re.compile(rf"^/#m=.*&at=probabilities\.{says['digit']}&d=ink\."))

    lesson.clear()
    expect(lesson.find("#softmax .says").last).to_contain_text("Nothing is drawn")
    assert "NaN" not in lesson.text("#softmax")
    expect(link).not_to_have_attribute("href", re.compile("at="))


def test_a_link_opens_each_step(lesson: Visitor) -> None:
    go(lesson, "yours")
    expect(lesson.find('[name="softmax-source"][value="yours"]')).to_be_checked()
    go(lesson, "constant")
    expect(lesson.find("#softmax-constant")).to_have_value("3")
    go(lesson, "maximum")
    expect(column(lesson, 0, "O").first).to_have_text("NaN")
    go(lesson, "temperature")
    expect(lesson.find("#softmax .says").last).to_contain_text("The page computes the same")
    go(lesson, "example")
    shows_everywhere(lesson, softmax([*map(float, EXAMPLE)]))
    names = lesson.module("lesson/softmax/section", "return Object.keys(m.STEPS)")
    assert names == ["example", "yours", "constant", "maximum", "temperature"]


def test_the_programs_print_the_shares_on_the_page(lesson: Visitor, tmp_path: Path) -> None:
    go(lesson, "maximum")
    lesson.find('#softmax [aria-label="As a number: temperature"]').fill("1.4")
    shares = softmax([*map(float, EXAMPLE)], 1.4)
    expect(column(lesson, 1, "O")).to_have_text([written(share) for share in shares])
    expected = [f"{digit} {share:.4f}" for digit, share in enumerate(shares)]
    first, *others = run_program(lesson, "softmax", "numpy", tmp_path).splitlines()
    assert first == "the formula as written, digit 7: nan"
    assert others == expected
    assert run_program(lesson, "softmax", "torch", tmp_path).splitlines() == expected


def test_axe_finds_nothing_and_the_section_fits_a_phone(lesson_at: Place) -> None:
    visitor = lesson_at("softmax.maximum")
    screens: list[tuple[Theme, dict[str, int], Sequence[str]]] = [("light", PROJECTOR, ()), ("dark", PHONE, SCREEN)]
    for theme, screen, rules in screens:
        visitor.change_screen(theme, screen)
        expect(visitor.find("#softmax .says.warn")).to_be_visible()
        assert visitor.violations("#softmax", rules=rules) == [], theme
        assert visitor.run("document.documentElement.scrollWidth - innerWidth") <= 0, theme
