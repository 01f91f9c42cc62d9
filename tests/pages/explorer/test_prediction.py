"""The prediction panel: the verdict, how typical the drawing is, and the reasons."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from model.inference import verdicts
from tests.pages.page_helpers import change_predictions
from tests.support.visitor import COLOURS, ONE, PHONE, PROJECTOR, SEVEN, Opener, Visitor

TABLET = {"width": 1024, "height": 768}
REASONS = ["Several separate parts: 3.", "It is far from every digit seen in training."]
NO_DIGIT: dict[str, Any] = {"verdict": "not_a_digit", "familiarity": 0.002, "reasons": REASONS}
MUCH: dict[str, Any] = {
    "verdict": "unsure",
    "familiarity": 0.02,
    "reasons": [verdicts.UNLIKE_MOST, verdicts.FIRST_LEADS.format(first=2, second=3), verdicts.AT_THE_EDGE],
}
DIGIT: dict[str, Any] = {"verdict": "digit", "familiarity": 0.8, "reasons": []}
UNSURE: dict[str, Any] = {"verdict": "unsure", "familiarity": 0.31, "reasons": ["7 and 1 are about equally likely."]}


Answered = Callable[[dict[str, Any]], Visitor]


@pytest.fixture(scope="module")
def answered(module_visitors: Opener) -> Answered:
    """A function that returns the page with a service that gives the same prediction for every drawing."""
    said: dict[str, Any] = {}
    visitor = module_visitors(None)
    change_predictions(visitor, lambda *_: said)
    visitor.open()

    def answer(prediction: dict[str, Any]) -> Visitor:
        said.clear()
        said.update(prediction)
        return visitor.sample(1).start_again()  # the same drawing would not be sent again

    return answer


def test_not_a_digit_is_shown_in_large_with_reasons_and_bars(answered: Answered) -> None:
    visitor = answered(NO_DIGIT)
    assert visitor.digit == "not a digit"
    assert float(visitor.seen("#digit").evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)")) >= 24
    assert re.fullmatch(r"closest: 7, (> )?\d\d\.\d %", visitor.text("#verdict"))
    assert visitor.seen("#reasons li").all_inner_texts() == REASONS
    assert visitor.text("#familiar-text") == "less typical than 99 % of real digits"
    expect(visitor.find("#bars li .share")).to_have_count(10)
    said = visitor.text("#announce")
    assert said.startswith("This is not a digit. Closest: 7, with ")
    assert said.endswith(f" % confidence. {' '.join(REASONS)}")


def test_an_unsure_prediction_is_a_digit_with_perhaps(answered: Answered) -> None:
    visitor = answered(UNSURE)
    assert visitor.digit == "7"
    expect(visitor.find("#perhaps")).to_be_visible()
    assert visitor.text("#familiar-text") == "less typical than 69 % of real digits"
    expect(visitor.find("#announce")).to_have_text(re.compile(r"^Perhaps a 7, with .* confidence\. 7 and 1 are about"))
    visitor.clear()
    expect(visitor.find("#bars li")).to_have_count(10)


def test_familiarity_that_is_not_measured_is_not_shown(answered: Answered) -> None:
    visitor = answered({"familiarity": None, "reasons": [], "verdict": "digit"})
    expect(visitor.find("#familiar")).to_be_hidden()
    expect(visitor.find("#perhaps")).to_be_hidden()
    assert visitor.text("#reasons") == ""


@pytest.mark.parametrize(
    ("familiarity", "said"),
    [
        (0.0, "less typical than 99 % of real digits"),
        (0.0312, "less typical than 97 % of real digits"),
        (0.5, "more typical than 50 % of real digits"),
        (0.9999, "more typical than 99 % of real digits"),
    ],
)
def test_familiarity_is_shown_as_a_share_of_real_digits(js: Visitor, familiarity: float, said: str) -> None:
    assert js.module("core/prediction-text", "return m.familiarityText(a)", familiarity) == said


def test_the_panel_has_space_for_its_text(answered: Answered) -> None:
    overflow = "(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
    for said in (NO_DIGIT, UNSURE, MUCH):
        visitor = answered(said)
        for screen in (PROJECTOR, TABLET, PHONE):
            visitor.change_screen("light", screen)
            reasons = visitor.text("#grounds-below" if screen == PHONE else "#reasons")
            assert all(reason in reasons for reason in said["reasons"]), (said, screen)
            for part in (".answer", ".reading", "#grounds"):
                across, down = visitor.seen(part).evaluate(overflow)
                assert across <= 0, (said, screen, part)
                assert down <= 0 or (screen == TABLET and part == "#grounds"), (said, screen, part)
            if screen == PROJECTOR or said is MUCH:
                assert visitor.violations(".answer, #grounds-below") == [], (said, screen)
        assert visitor.change_screen("dark").violations(".answer, #grounds-below", rules=COLOURS) == [], said


def test_the_bars_never_move(answered: Answered) -> None:
    places = [answered(said).bounds("#bars") for said in (DIGIT, NO_DIGIT, UNSURE)]
    assert places == [places[0]] * 3


def test_a_link_to_a_blank_pad_is_answered(visitors: Opener) -> None:
    assert visitors("/#d=ink.26.A").digit == "draw a digit"
    expect(visitors("/lesson#d=ink.26.A", settled="#yours").find(".reads .yours-says")).not_to_have_text("…")


def test_the_page_says_that_other_weights_have_been_put_into_service(visitor: Visitor) -> None:
    visitor.draw(SEVEN).settle()
    change_predictions(visitor, lambda *_: {"model": "mine-01234567"})
    visitor.draw(SEVEN)
    expect(visitor.find("#message")).to_contain_text(
        "The server uses other weights now: mine-01234567. Reload the page"
    )
    visitor.press("#close-message").draw(ONE)
    expect(visitor.find("#message")).to_be_empty()  # until the weights change again
    change_predictions(visitor, lambda *_: {"model": "mine-89abcdef"})
    visitor.draw(SEVEN)
    expect(visitor.find("#message")).to_contain_text("The server uses other weights now: mine-89abcdef.")
