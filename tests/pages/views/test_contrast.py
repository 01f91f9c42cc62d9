"""The view "Why not another?": which ink supports one digit and which supports another."""

import re
from collections.abc import Sequence

import httpx2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.visitor import ONE, PHONE, PROJECTOR, SCREEN, SEVEN, Theme, Visitor, number

SETTLED = '#view-contrast[data-settled="true"]'


def open_contrast(visitor: Visitor) -> Visitor:
    visitor.press("#tab-contrast")
    expect(visitor.find(SETTLED)).to_be_visible()
    return visitor


def sums(visitor: Visitor) -> list[float]:
    """The four numbers below the image: for the digit, for the other one, the rest, and the difference."""
    return [number(text) for text in visitor.seen(".contrast-sum td").all_inner_texts()]


def test_the_two_likeliest_digits_are_compared_and_the_numbers_are_the_services(visitor: Visitor) -> None:
    visitor.draw(SEVEN).settle()
    open_contrast(visitor)
    body = visitor.feature_map_requests()[-1]["body"]
    prediction = httpx2.post(
        f"{visitor.url}/predict", content=body, headers={"Content-Type": "application/json"}
    ).json()
    first, second = np.argsort(prediction["probabilities"])[::-1][:2]
    assert visitor.seen("#contrast-digit").input_value() == str(first)
    assert visitor.seen("#contrast-against").input_value() == str(second)
    url = f"{visitor.url}/lab/saliency?digit={first}&against={second}"
    found = httpx2.post(url, content=body, headers={"Content-Type": "application/json"}).json()
    values = np.array(found["values"])
    expected = [values[values > 0].sum(), values[values < 0].sum(), found["rest"], found["value"]]
    assert sums(visitor) == pytest.approx(expected, abs=2e-4)
    assert sum(sums(visitor)[:3]) == pytest.approx(found["value"], abs=1e-3)
    # Orange where the ink supports the digit, blue where it supports the other one.
    colours = visitor.pixels("#contrast-map").astype(int)
    strong = np.abs(values) > 0.4 * np.abs(values).max()
    warm = colours[..., 0] > colours[..., 2]
    assert (warm[strong] == (values[strong] > 0)).all()


def test_other_digits_can_be_chosen_and_the_link_keeps_them(visitor: Visitor) -> None:
    visitor.sample(1)
    open_contrast(visitor)
    visitor.find("#contrast-digit").select_option("4")
    visitor.find("#contrast-against").select_option("9")
    expect(visitor.find("#contrast-says")).to_contain_text("Orange ink supports 4, blue ink supports 9")
    before = sums(visitor)
    assert before[0] >= 0 >= before[1]
    expect(visitor.page).to_have_url(re.compile("pair=4-9"))
    visitor.open(visitor.page.url.removeprefix(visitor.url))
    expect(visitor.find(SETTLED)).to_be_visible()
    assert sums(visitor) == pytest.approx(before, abs=1e-3)
    # A digit cannot be compared with itself, so the other list takes the old digit.
    visitor.find("#contrast-digit").select_option("9")
    expect(visitor.find("#contrast-against")).to_have_value("4")


def test_the_picture_follows_the_drawing(visitor: Visitor) -> None:
    visitor.draw(ONE).settle()
    open_contrast(visitor)
    before = visitor.text("#contrast-says"), sums(visitor)
    visitor.draw([(40, 200), (240, 200)]).settle()
    expect(visitor.find(SETTLED)).to_be_visible()
    assert (visitor.text("#contrast-says"), sums(visitor)) != before
    visitor.clear().settle()
    expect(visitor.find("#contrast-says")).to_contain_text("Nothing is drawn")


def test_axe_finds_nothing_in_this_view_and_it_fits_a_phone(visitor: Visitor) -> None:
    open_contrast(visitor)
    screens: list[tuple[Theme, dict[str, int], Sequence[str]]] = [("light", PROJECTOR, ()), ("dark", PHONE, SCREEN)]
    for theme, screen, rules in screens:
        visitor.change_screen(theme, screen)
        expect(visitor.find(SETTLED)).to_be_visible()
        assert visitor.violations("#view-contrast", rules=rules) == [], theme
        assert visitor.run("() => document.documentElement.scrollWidth <= innerWidth"), theme
