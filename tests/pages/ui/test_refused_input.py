"""Every field of the lesson says why it refuses or changes what is typed, and keeps its last good value."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Place
from tests.support.visitor import Visitor

NUMBER = "must be a number from −999 to 999"
# The field, a text that it refuses or changes, its value afterwards, and its message.
FIELDS = {
    "a cell of an image": ('#correlation [aria-label="Image row 0, column 0"]', "abc", "1", f"{NUMBER}, written like"),
    "a cell of a filter": ('#correlation [aria-label="Filter row 1, column 0"]', "", "−1", f"{NUMBER}. It is still"),
    "too large a number": (
        '#correlation [aria-label="Filter row 0, column 0"]', "1234", "999", f"{NUMBER}: 1,234 was changed to 999.",
    ),
    "too many decimals": (
        '#correlation [aria-label="Filter row 0, column 1"]', "1.234", "1.23",
        f"{NUMBER} with at most 2 decimals: 1.234 was changed to 1.23.",
    ),
    "rows": (
        '#correlation [aria-label="Image, rows, as a number"]', "9", "8",
        "Image, rows must be a whole number from 1 to 8: 9 was changed to 8.",
    ),
    "a bias": ('#correlation [aria-label="Bias, as a number"]', "", "1", "from −20 to 20. It is still 1."),
    "a kernel": ('#correlation [aria-label="Filter of conv1, as a number"]', "32", "31", "32 was changed to 31."),
    "an input size": ('#size [aria-label="Input width, as a number"]', "", "28", "from 1 to 32. It is still 28."),
    "a number of maps": ('#size [aria-label="conv1, maps"]', "9999", "512", "9,999 was changed to 512."),
    "an edge filter": ('#edges [aria-label="Filter K row 1, column 1"]', "x", "0", f"{NUMBER}, written like"),
    "a window": ('#pooling [aria-label="Window size, as a number"]', "9", "4", "9 was changed to 4."),
    "a feature map": ('#pooling [aria-label="Map row 0, column 0"]', "-", "12", "It is still 12."),
    "a map": ('#pooling [aria-label="Map of relu1 and pool1, as a number"]', "40", "31", "40 was changed to 31."),
    "a logit": ('#softmax [aria-label="Logit of digit 3, as a number"]', "", "0", "from −1,000,000 to 1,000,000."),
    "a constant": ('#softmax [aria-label="As a number: constant"]', "9999999", "0", "It is still 0."),
    "a temperature": ('#softmax [aria-label="As a number: temperature"]', "0", "1", "from 0.0001 to 1,000,000."),
    "a learning rate": ("#training .rate-box", "-3", "0.03", "from 0.000001 to 10. It is still 0.03."),
    "a learning rate in words": ("#training .rate-box", "small", "0.03", "written like 2.5 or −3. It is still 0.03."),
    "a shift": ('#dense [aria-label="right (px), as a number"]', "-20", "-8", "−20 was changed to −8."),
    "an answer": ("#correlation .answer-box", "seven", "seven", "This is not a number. Write it like 2.5 or −3."),
}  # fmt: skip


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    return lesson_at("correlation")


def test_every_field_says_why_it_refuses_a_text(lesson: Visitor) -> None:
    for name, (selector, text, value, says) in FIELDS.items():
        lesson.find(selector.split()[0]).scroll_into_view_if_needed()
        field = lesson.find(selector).first
        field.fill(text)
        field.press("Enter")
        field.blur()
        expect(field, name).to_have_value(value)
        expect(field, name).to_have_attribute("aria-invalid", "true")
        expect(field, name).to_have_accessible_description(re.compile(re.escape(says)))
    assert lesson.violations("#article") == []


def test_the_message_goes_when_the_field_gets_a_good_value(lesson: Visitor) -> None:
    for selector, good in (
        ('#correlation [aria-label="Filter row 0, column 0"]', "5"),
        ('#size [aria-label="Input width, as a number"]', "17"),
        ('#size [aria-label="conv1, maps"]', "8"),
        ('#softmax [aria-label="As a number: temperature"]', "2"),
        ("#training .rate-box", "0.1"),
        ('#dense [aria-label="right (px), as a number"]', "3"),
        ("#correlation .answer-box", "6"),
    ):
        field = lesson.find(selector).first
        field.fill("" if "number" in selector or "maps" in selector else "no")
        field.press("Enter")
        field.blur()
        expect(field).to_have_attribute("aria-invalid", "true")
        field.fill(good)
        field.press("Enter")
        expect(field).not_to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(good)


def test_the_widget_shows_the_last_good_value_while_a_text_is_refused(lesson: Visitor) -> None:
    output = lesson.find("#correlation-any ~ .widget table[aria-label=Output] td").first
    cell = lesson.find('#correlation [aria-label="Filter row 0, column 0"]')
    cell.fill("3")
    cell.blur()
    expect(output).to_have_text("6")  # 3·1 + 2·1 + (−1)·0 + 2·0 + 1
    cell.fill("three")
    cell.blur()
    expect(cell).to_have_value("3")
    expect(output).to_have_text("6")


def test_a_text_that_is_not_finished_is_left_alone_when_the_page_is_painted(lesson: Visitor) -> None:
    for selector, text in (
        ('#pooling [aria-label="Window size, as a number"]', "9"),
        ('#edges [aria-label="Filter K row 1, column 1"]', "0.5"),
        ('#dense [aria-label="right (px), as a number"]', ""),
    ):
        lesson.find(selector.split()[0]).scroll_into_view_if_needed()
        field = lesson.find(selector)
        expect(field).to_be_visible()
        lesson.painted().page.emulate_media(color_scheme="light")
        field.fill(text)
        lesson.page.emulate_media(color_scheme="dark")  # paints all sections again
        lesson.painted()
        expect(field).to_have_value(text)


@pytest.mark.parametrize(
    ("text", "limits", "value", "says"),
    [
        ("2,5", {}, 2.5, ""),
        ("−3", {"whole": True}, -3, ""),
        ("1/4", {}, 0.25, ""),
        (" ", {}, None, "N must be a number from −10 to 10. It is still 7."),
        ("x", {}, None, "N must be a number from −10 to 10, written like 2.5 or −3. It is still 7."),
        ("x", {"whole": True}, None, "N must be a whole number from −10 to 10. It is still 7."),
        ("11", {}, 10, "N must be a number from −10 to 10: 11 was changed to 10."),
        ("11", {"strict": True}, None, "N must be a number from −10 to 10. It is still 7."),
        ("2.6", {"whole": True}, 3, "N must be a whole number from −10 to 10: 2.6 was changed to 3."),
        (
            "0.126",
            {"decimals": 2},
            0.13,
            "N must be a number from −10 to 10 with at most 2 decimals: 0.126 was changed to 0.13.",
        ),
        ("-0", {}, 0, ""),
        ("1e400", {}, None, "N must be a number from −10 to 10, written like 2.5 or −3. It is still 7."),
    ],
)
def test_a_typed_number_is_accepted_changed_or_refused(
    js: Visitor, text: str, limits: dict[str, object], value: float | None, says: str
) -> None:
    options = {"label": "N", "kept": 7, "min": -10, "max": 10} | limits
    assert js.module("core/input", "return m.readNumber(a[0], a[1])", [text, options]) == {
        "value": value,
        "says": says,
    }
