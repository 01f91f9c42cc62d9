"""The exercises in the sections of the lesson: questions, answers, and the mistakes that they explain."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.support.servers import wait_until
from tests.support.visitor import Opener, Visitor, bounds, number, seen

SECTIONS_WITH_QUESTION = ["correlation", "size", "edges", "pooling", "network", "softmax"]


@pytest.fixture(scope="module")
def given(js: Visitor) -> dict[str, Any]:
    """The model card, which one of the questions is about."""
    card: dict[str, Any] = js.run("fetch('/model').then((answer) => answer.json())")
    return card


def asked(js: Visitor, section: str, seed: int, context: dict[str, Any]) -> dict[str, Any]:
    body = "const c = a.context; if (c.grey) c.grey = Uint8Array.from(c.grey); return m.question(a.section, a.seed, c);"
    question: dict[str, Any] = js.module(
        "lesson/exercises/questions", body, {"section": section, "seed": seed, "context": context}
    )
    return question


def matrix(question: dict[str, Any], letter: str) -> np.ndarray[Any, Any]:
    return np.array(next(part["matrix"] for part in question["given"] if part["letter"] == letter))


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_to_a_cross_correlation_is_that_of_plain_loops(js: Visitor, seed: int) -> None:
    question = asked(js, "correlation", seed, {})
    image, kernel = matrix(question, "I"), matrix(question, "K")
    bias, row, col = map(int, re.findall(r"b is (\d+).*row (\d), column (\d)", question["asks"])[0])
    total = 0
    for i in range(2):
        for j in range(2):
            total += image[row + i][col + j] * kernel[i][j]
    assert question["answer"] == total + bias
    slips = {slip["value"]: slip["says"] for slip in question["slips"]}
    if bias and total != question["answer"]:
        assert "bias is missing" in slips[total]
    assert question["answer"] not in slips


@pytest.mark.parametrize("seed", range(8))
def test_the_answer_to_an_output_size_counts_the_windows_that_fit(js: Visitor, seed: int) -> None:
    question = asked(js, "size", seed, {})
    width, side, padding, stride = map(int, re.findall(r"\d+", question["asks"]))
    fits = sum(1 for start in range(0, width + 2 * padding, stride) if start + side <= width + 2 * padding)
    assert question["answer"] == fits


def test_a_pooling_question_asks_for_the_largest_and_explains_the_mean(js: Visitor) -> None:
    question = asked(js, "pooling", 5, {})
    image = matrix(question, "A")
    row, col = map(int, re.findall(r"row (\d), column (\d)", question["asks"])[0])
    block = [image[2 * row + i][2 * col + j] for i in range(2) for j in range(2)]
    assert question["answer"] == max(block)
    says = {slip["value"]: slip["says"] for slip in question["slips"]}
    assert "average pooling" in says[sum(block) / 4]


def test_parameters_are_counted_from_the_card(js: Visitor, given: dict[str, Any]) -> None:
    counts = {layer["parameters"] for layer in given["layers"] if layer["parameters"]}
    seen = {asked(js, "network", seed, {"card": given})["answer"] for seed in range(12)}
    assert seen <= counts
    assert len(seen) > 1


def test_the_hint_for_a_dense_layer_mentions_no_window(js: Visitor, given: dict[str, Any]) -> None:
    for question in (asked(js, "network", seed, {"card": given}) for seed in range(12)):
        dense = " connects " in question["asks"]
        assert ("cells of a window" in question["otherwise"]) != dense


def test_sobel_is_asked_where_the_digit_has_an_edge(js: Visitor) -> None:
    grey = np.zeros((28, 28), int)
    grey[:, 14:] = 200
    question = asked(js, "edges", 3, {"grey": grey.flatten().tolist()})
    assert question["answer"] == -800
    assert asked(js, "edges", 3, {"grey": [0] * 784}) is None


def test_without_a_digit_there_is_no_question_about_it(js: Visitor) -> None:
    assert asked(js, "edges", 1, {}) is None
    assert asked(js, "softmax", 1, {}) is None
    assert asked(js, "network", 1, {}) is None


@pytest.mark.parametrize(
    ("typed", "right"), [("9", True), ("9,0", True), ("18/2", True), ("−9", False), ("9.4", True), ("9.6", False)]
)
def test_numbers_can_be_typed_in_the_usual_ways(js: Visitor, typed: str, right: bool) -> None:
    body = (
        "const { numberOf } = await import('/static/js/core/input.js');"
        "return m.checkNumber(numberOf(a), { answer: 9, tolerance: 0.5 });"
    )
    assert js.module("ui/number-check", body, typed)["right"] is right


@pytest.mark.parametrize("typed", ["", "nine", "1e400", "1/0", "--3", "1 2"])
def test_text_that_is_not_a_number_is_rejected(js: Visitor, typed: str) -> None:
    assert js.module("core/input", "return m.numberOf(a)", typed) is None


def test_every_section_with_a_question_asks_it(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours")
    expect(visitor.find(".question:visible")).to_have_count(0)
    visitor.press("#work")
    for section in SECTIONS_WITH_QUESTION:
        question, end = visitor.find(f"#{section} .question"), visitor.find(f"#{section} .onwards")

        def is_asked(question: Locator = question, end: Locator = end) -> bool:
            end.scroll_into_view_if_needed()  # again if a section above has grown
            return seen(question.locator(".asks")).text_content() != ""

        assert wait_until(is_asked)
        question.locator(".answer-box").fill("123456.7")
        answer = question.get_by_role("button", name="Show the answer")
        left = bounds(answer)["x"] - bounds(question)["x"], bounds(answer)["y"] - bounds(question)["y"]
        question.get_by_role("button", name="Check").click()
        expect(question.locator(".check-says")).not_to_be_empty()
        moved = bounds(answer)["x"] - bounds(question)["x"], bounds(answer)["y"] - bounds(question)["y"]
        assert moved == pytest.approx(left, abs=1), "a message does not move the buttons"
        question.get_by_role("button", name="Show the answer").click()
        typed = seen(question).locator(".answer-box").input_value()
        expect(question.locator(".how")).not_to_be_empty()
        question.get_by_role("button", name="Check").click()
        expect(question.locator(".check-says")).to_have_text("Right.")
        assert number(typed.replace(",", "")) is not None
    before = visitor.text("#size .asks")
    visitor.find("#size .question").get_by_role("button", name="Another question").click()
    expect(visitor.find("#size .asks")).not_to_have_text(before)
    assert visitor.violations("#size .question") == []
    expect(visitor.page).to_have_url(re.compile(r"work=1"))
    visitor.press("#clear").settle()
    visitor.find("#edges .onwards").scroll_into_view_if_needed()
    expect(visitor.find("#edges .asks")).to_have_text(re.compile("Draw a digit first"))
