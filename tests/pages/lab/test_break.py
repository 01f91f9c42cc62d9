""" "Break it": edits, their effect on the student's own digit, and their cost."""

from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_guess
from tests.support.lesson_programs import printed
from tests.support.visitor import PHONE, Opener, Visitor, seen

SAYS = '#break [data-part="cost-says"]'


def cost(visitor: Visitor, weights: str) -> dict[str, int]:
    found: dict[str, int] = httpx2.post(f"{visitor.url}/lab/accuracy", json={"weights": weights}, timeout=30).json()
    return found


def test_a_guess_is_compared_with_the_count_on_2000_digits(lab: OpenLab) -> None:
    visitor = lab("break", size=PHONE)
    expect(visitor.find('#break [data-part="guess-form"]')).to_be_hidden()
    expect(visitor.find("#break .prose p").first).to_be_hidden()
    visitor.press("#break [data-operation=off]")
    expect(visitor.find("#break .guess .act")).to_be_in_viewport()
    visitor.find('#break [data-part="guess"]').fill("90")
    visitor.press("#break .guess .act")
    found = cost(visitor, "robust~conv1_7_off")
    wrong = found["digits"] - found["correct"]
    expect(visitor.find(SAYS)).to_contain_text(f"{wrong} of 2,000 test digits are misread")
    rounded = f"{round(wrong / 2) / 10:g}"
    expect(visitor.find('#break [data-part="guessed"]')).to_contain_text(f"You guessed 90 of 100; it is {rounded}.")
    expect(visitor.find('#break [data-part="guessed"]')).to_contain_text("too high")
    shown = visitor.pixels('[data-part="map-after"]')
    assert (shown == shown[0, 0]).all()
    expect(visitor.find(".edits li")).to_have_text(["filter 7 of conv1 is off×"])


def test_edits_can_be_undone_removed_and_opened_from_a_link(lab: OpenLab) -> None:
    visitor = lab("break", "break.edits=conv1_7_off~all_prune_60&break.at=conv2_5")
    expect(visitor.find(".edits li")).to_have_count(2)
    expect(visitor.find('[data-part="unit-says"]')).to_have_text("Filter 5 of conv2")
    visitor.find('#break [data-part="source"]').fill("3")
    visitor.find('#break [data-part="source"]').press("Tab")
    visitor.press("#break [data-operation=off]")  # a single connection
    expect(visitor.find(".edits li").last).to_have_text("filter 5 of conv2, input 3, is off×")
    expect(visitor.find('#break [data-part="nine"] input').first).to_be_visible()
    visitor.press('#break [data-part="undo"]')
    visitor.find('#break [data-part="source"]').fill("")
    visitor.find('#break [data-part="source"]').press("Tab")
    visitor.press("#break [data-operation=negate]")
    visitor.press("#break [data-operation=noise]")  # replaces the other edit of the same filter
    expect(visitor.find(".edits li")).to_have_text(
        ["filter 7 of conv1 is off×", "60 % of all weights are 0×", "filter 5 of conv2 is noise×"]
    )
    visitor.press('#break [data-part="undo"]')
    expect(visitor.find(".edits li").last).to_have_text("filter 5 of conv2 has the opposite sign×")
    visitor.find(".edits li button").last.focus()
    visitor.page.emulate_media(color_scheme="dark")  # the page is painted again, as after each answer
    visitor.settle()
    expect(visitor.find(".edits li button").last).to_be_focused()
    visitor.find(".edits li button").first.press("Enter")
    expect(visitor.find(".edits li")).to_have_count(2)
    expect(visitor.find('#break [data-part="undo"]')).to_be_focused()
    visitor.find('#break [data-part="reset"]').press("Enter")
    expect(visitor.find('#break [data-part="reset"]')).to_be_disabled()
    expect(visitor.find('#break [data-part="reset"]')).to_be_focused()
    expect(visitor.find(".edits li")).to_have_count(0)
    visitor.press('#break [data-part="undo"]')
    expect(visitor.find(".edits li")).to_have_count(2)


def test_typed_weights_and_sliders_edit_the_network(lab: OpenLab) -> None:
    visitor = lab("break")
    visitor.find("#break .nine input").nth(4).fill("2.5")
    visitor.find("#break .nine input").nth(4).press("Enter")
    expect(visitor.find(".edits li")).to_have_text("filter 7 of conv1 has your weights×")
    visitor.find('#break [value="whole"]').check(force=True)
    for name, value in (("prune", "80"), ("round", "2")):
        visitor.find(f'#break [data-part="{name}"]').fill(value)
    expect(visitor.find(".edits li").nth(1)).to_have_text("80 % of all weights are 0×")
    expect(visitor.find(".edits li").nth(2)).to_have_text("all weights have 2 bits×")
    visitor.find('#break [data-part="round"]').fill("9")
    expect(visitor.find(".edits li")).to_have_count(2)


def test_the_network_opens_with_the_edited_weights(lab: OpenLab, visitors: Opener) -> None:
    link = lab("break", "break.edits=conv1_7_off~all_round_1").seen("#break a[data-edited]").first
    visitor = visitors(seen(link).get_attribute("href"))
    expect(visitor.find("#weights-summary")).to_have_text("with 2 edits from the lab")
    sent = [each["url"] for each in visitor.feature_map_requests()]
    assert "weights=robust%7Econv1_7_off%7Eall_round_1" in sent[-1]
    assert seen(visitor.find("#message")).inner_text() == ""


def test_the_programs_print_how_many_digits_are_read_wrong(js: Visitor, tmp_path: Path) -> None:
    programs = js.module(
        "core/lab/programs",
        'return m.accuracyPrograms({ origin: a, original: "lesson", edits: ["conv1_7_off", "all_round_2"] })',
        js.url,
    )
    found = cost(js, "lesson~conv1_7_off~all_round_2")
    for kind, text in programs.items():
        assert int(printed(text, tmp_path, shell=kind == "curl")) == found["digits"] - found["correct"], kind


@pytest.mark.parametrize("text", ["conv1_7_flip", "conv1_off", "all_7_off", "conv1_7_round_2", "conv9_7_off"])
def test_unknown_edits_are_left_out(js: Visitor, text: str) -> None:
    assert js.module("core/lab/edits", "return m.readEdit(a)", text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv2_5_3_set_1_0_0_0_0_0_0_0_0", "filter 5 of conv2, input 3, has your weights"),
        ("dense1_12_times_-0.5", "unit 12 of dense1 is multiplied by −0.5"),
        ("all_nobias", "no biases"),
        ("conv1_shuffle", "the filters of conv1 are shuffled"),
        ("conv2_round_1", "the weights of conv2 have 1 bit"),
    ],
)
def test_edits_are_written_in_words(js: Visitor, text: str, words: str) -> None:
    assert js.module("core/lab/edits", "return m.editText(a)", text) == words
    assert js.module("core/lab/edits", "return m.writeEdit(m.readEdit(a))", text) == text


def test_a_guess_belongs_to_the_edits_that_it_was_made_for(lab: OpenLab) -> None:
    visitor = lab("break", "break.edits=conv1_7_off&break.guess=3")
    says = "You guessed 3 of 100 for other edits or weights."
    check_guess(visitor, "break", lambda: visitor.press('#break [data-operation="negate"]'), says)


def test_the_answer_with_edits_is_compared_by_the_plain_softmax_unless_the_pad_is_blank(lab: OpenLab) -> None:
    visitor = lab("break", "break.edits=conv1_7_off")
    expect(visitor.find('#break [data-part="plain-says"]')).to_contain_text("plain softmax")
    visitor.clear()
    expect(visitor.find('#break [data-part="answer-says"]')).to_contain_text("Nothing is drawn.")
    expect(visitor.find("#break .break-pair")).to_be_hidden()
    expect(visitor.find('#break [data-part="plain-says"]')).to_be_hidden()


def test_the_cost_is_measured_when_an_interrupted_network_is_back(lab: OpenLab) -> None:
    visitor = lab("break")
    visitor.expect_in_console("ERR_INTERNET_DISCONNECTED")
    visitor.page.context.set_offline(True)
    visitor.press("#break [data-operation=off]")
    visitor.find('#break [data-part="guess"]').fill("5")
    visitor.press("#break .guess .act")
    expect(visitor.find("#message")).to_have_text("The server does not answer. Trying again…")
    visitor.page.context.set_offline(False)
    expect(visitor.find(SAYS)).to_contain_text("of 2,000 test digits are misread")
    expect(visitor.find('#break[data-settled="true"]')).to_be_visible()
