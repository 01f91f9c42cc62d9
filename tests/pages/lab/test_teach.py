""" "Teach it": collecting drawings, the guess, and what is learnt and forgotten."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from model.weight_files.safetensors_file import load
from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_accessibility
from tests.support.lesson_programs import printed
from tests.support.visitor import Opener, Visitor

CROSS = [[(60, 60), (220, 220)], [(220, 60), (60, 220)]]
HOOK = [[(70, 60), (70, 220), (210, 220)]]
FOUR = "4ink.26.CJ-Y8KD4FD2FB4FD4FD2FD4FD4FD2FRSrU2CN0CP2CN2CP0CP2CN0CP2CNGmDEmDGmDEoDGmDEmDGmDEoD"
SEVEN = f"7{FOUR[1:]}"
SIX = "~".join([FOUR] * 3 + [SEVEN] * 3)  # enough to be taught
TABLET = {"width": 820, "height": 1180}
PART = '#teach [data-part="{}"]'


@pytest.fixture
def own_lab(visitors: Opener) -> OpenLab:
    """A function that opens a page of its own, which a test can leave."""
    return lambda settings: visitors(f"/lab#e=teach&{settings}&d=digit.7.0.mnist", settled="#yours")


def test_a_hook_is_taught_as_a_7_and_a_cross_as_a_4(own_lab: OpenLab) -> None:
    visitor = own_lab("teach.rate=0.05&teach.steps=50")
    visitor.clear()
    for label, strokes in (("7", HOOK), ("4", CROSS)):
        visitor.find(PART.format("label")).select_option(label)
        for _ in range(3):
            expect(visitor.find(PART.format("guess-form"))).to_be_hidden()
            for stroke in strokes:
                visitor.draw(stroke)
            visitor.press(PART.format("add"))
        if label == "7":
            expect(visitor.find(PART.format("missing"))).to_contain_text("Draw at least 3 of a second digit")
    expect(visitor.find("#teach .collection figure")).to_have_count(6)
    expect(visitor.find("#teach .held-out")).to_have_count(2)
    visitor.find(PART.format("guess")).fill("100")
    visitor.press("#teach .guess .act")
    expect(visitor.find('#teach[data-settled="true"]')).to_be_visible()
    expect(visitor.find(PART.format("learnt"))).to_contain_text(
        "Of 2 held-out drawings, the network read 0 correctly before"
    )
    expect(visitor.find(PART.format("learnt"))).to_contain_text("reads 2 now")
    expect(visitor.find(PART.format("forgotten"))).to_contain_text(
        re.compile(r"You guessed 100 of 100: \d+(\.\d)? too many")
    )
    expect(visitor.find(PART.format("moved") + " tr")).to_have_count(6)
    with visitor.page.expect_download() as download:
        visitor.press(PART.format("download"))
    tensors, metadata = load(download.value.path().read_bytes())
    assert "taught" in metadata
    assert len(tensors) == 8
    visitor.press(PART.format("clear"))
    expect(visitor.find("#teach .collection figure")).to_have_count(0)
    visitor.press(PART.format("undo"))
    expect(visitor.find("#teach .collection figure")).to_have_count(6)
    # A link holds the drawings, the settings and the guess; all layers can learn, too.
    last_layer = visitor.seen(PART.format("forgotten")).inner_text()
    visitor.find('#teach [value="all"]').check(force=True)
    expect(visitor.find(PART.format("forgotten"))).not_to_have_text(last_layer)
    expect(visitor.find('#teach[data-settled="true"]')).to_be_visible()
    expect(visitor.find(PART.format("learnt"))).to_contain_text("reads 2 now")
    expect(visitor.find(PART.format("forgotten"))).to_contain_text("You guessed 100 of 100 for another training.")
    visitor.press(PART.format("ask-again"))
    visitor.find(PART.format("guess")).fill("100")
    visitor.press("#teach .guess .act")
    expect(visitor.find(PART.format("forgotten"))).to_contain_text("too many")
    learnt, moved = (visitor.seen(PART.format(name)).inner_text() for name in ("forgotten", "moved"))
    link = re.compile(r"#e=teach&.*teach\.layers=all&teach\.guess=100&teach\.drawings=7ink\.[^&]*(~|%7E)4ink")
    expect(visitor.page).to_have_url(link)
    visitor.page.reload()
    expect(visitor.find(PART.format("forgotten"))).to_have_text(learnt)
    expect(visitor.find(PART.format("moved"))).to_have_text(moved, use_inner_text=True)
    # The button gives the weights to every page.
    visitor.find(PART.format("try")).click()
    visitor.find('#answer[data-settled="true"]').wait_for(state="attached")
    assert "weights=" in visitor.feature_map_requests()[-1]["url"]
    assert "taught" in visitor.seen("#weights option:checked").inner_text()
    expect(visitor.find("#digit")).to_have_text("4")  # the pad was blank: it shows the last drawing
    # They are on the server until somebody throws them away, for example here.
    taught = visitor.seen("#weights option:checked").inner_text()
    visitor.page.go_back()
    expect(visitor.find(PART.format("tried") + " li")).to_have_text(f"{taught} Delete")
    visitor.page.goto(f"{visitor.url}/lab#e=teach")
    expect(visitor.find("#weights option").filter(has_text=taught)).to_have_count(1)
    expect(visitor.find(PART.format("tried") + " li")).to_have_text(f"{taught} Delete")
    remove = visitor.find(PART.format("tried") + " button")
    visitor.press(remove)
    expect(remove).to_have_text("Really delete?")
    visitor.press("#tab-teach")
    expect(remove).to_have_text("Delete")
    visitor.press(remove).press(remove)
    expect(visitor.find("#message")).to_have_text(f"The weights {taught} are deleted.")
    expect(visitor.find(PART.format("tried-block"))).to_be_hidden()
    expect(visitor.find(PART.format("add"))).to_be_focused()
    expect(visitor.find("#weights option").filter(has_text=taught)).to_have_count(0)
    listed = httpx2.get(f"{visitor.url}/weights").json()["weights"]
    assert taught not in [each["model"] for each in listed]


def test_a_training_that_diverges_says_why_and_shows_no_numbers(lab: OpenLab) -> None:
    # No drawing is both a 4 and a 7.
    settings = f"teach.rate=0.2&teach.steps=20&teach.layers=all&teach.guess=3&teach.drawings={SIX}"
    visitor = lab("teach", settings, ready=False)
    visitor.expect_in_console("422")
    expect(visitor.find(PART.format("failed"))).to_contain_text("Choose a smaller learning rate")
    expect(visitor.find(PART.format("outcome"))).to_be_hidden()
    expect(visitor.find(PART.format("try"))).to_be_disabled()
    visitor.find(PART.format("rate")).fill("0")
    expect(visitor.find(PART.format("learnt"))).to_contain_text("Of 2 held-out drawings")
    expect(visitor.find(PART.format("failed"))).to_be_hidden()
    expect(visitor.find(PART.format("try"))).to_be_enabled()


def test_the_taught_weights_are_tried_with_a_taught_drawing_and_not_with_a_sample(own_lab: OpenLab) -> None:
    drawings = f"{SIX}~{FOUR}~{FOUR}"
    visitor = own_lab(f"teach.guess=3&teach.rate=0.2&teach.drawings={drawings}")
    expect(visitor.find("#yours .yours-says").first).to_contain_text("7")
    visitor.find(PART.format("try")).click()
    expect(visitor.find("#digit")).to_have_text("4")


def test_the_drawings_stay_in_the_tab_until_they_are_deleted(own_lab: OpenLab) -> None:
    visitor = own_lab(f"teach.drawings={FOUR}~{FOUR}")
    for kept in (2, 0):
        visitor.page.goto("about:blank")
        visitor.page.goto(f"{visitor.url}/lab#e=teach")
        expect(visitor.find('#teach[data-settled="true"]')).to_be_visible()
        expect(visitor.find("#teach .collection figure")).to_have_count(kept)
        if kept:
            visitor.press(PART.format("clear"))


def test_the_experiment_is_accessible_and_fits_on_a_phone(lab: OpenLab) -> None:
    check_accessibility(lab("teach", f"teach.drawings={SIX}"), "teach")


def test_in_a_narrow_window_the_pad_opens_as_long_as_there_is_nothing_to_teach(lab: OpenLab) -> None:
    visitor = lab("replay", size=TABLET)
    expect(visitor.find("#pad-canvas")).to_be_hidden()
    visitor.press("#tab-teach")
    expect(visitor.find("#pad-canvas")).to_be_visible()
    visitor.press("#open-pad")
    expect(visitor.find("#pad-canvas")).to_be_hidden()
    visitor.press(PART.format("add"))  # there is only a sample
    expect(visitor.find("#pad-canvas")).to_be_visible()


def test_the_message_about_a_wrong_guess_goes_with_the_next_guess(lab: OpenLab) -> None:
    visitor = lab("teach", f"teach.drawings={SIX}")
    expect(visitor.find(PART.format("plan"))).to_contain_text("After 100 steps of training the last layer")
    visitor.press("#teach .guess .act")
    expect(visitor.find("#message")).to_have_text("Guess a number from 0 to 100.")
    visitor.find(PART.format("guess")).fill("3")
    visitor.press("#teach .guess .act")
    expect(visitor.find("#message")).to_have_text("")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "Draw a digit on the pad"),
        ([4], "Draw 2 more of the 4, and at least 3 of a second digit: from one digit alone"),
        ([4] * 9, "Draw at least 3 of a second digit: from one digit alone, the network would only learn to answer 4"),
        ([4, 7, 4, 4], "Draw 2 more of the 7. Every third drawing"),
        ([4, 7, 1, 7], "Draw 1 more of the 7, and 2 more of the 4. Every third drawing"),
        ([4, 7, 4, 7, 4, 7], ""),
        ([1, 4, 7, 4, 7, 4, 7], ""),
    ],
)
def test_nothing_is_taught_before_two_digits_have_a_test_each(js: Visitor, labels: list[int], words: str) -> None:
    says = js.module("lab/teach/texts", "return m.missingText(a)", labels)
    assert says.startswith(words)
    assert (says == "") == (words == "")


@pytest.mark.parametrize(
    ("lost", "worst"),
    [
        ([0, 3, 0, 0, 0, 183, 0, 0, 0, -2], "The network forgot the 5 most: 183 fewer 5s are read correctly."),
        ([0] * 9 + [1], "The network forgot the 9 most: 1 fewer 9 is read correctly."),
    ],
)
def test_what_was_forgotten_is_counted_in_the_same_digits(js: Visitor, lost: list[int], worst: str) -> None:
    found = {"digits": 2000, "correct_before": 1988, "correct_after": 1988 - sum(lost), "lost": lost}
    misread = 12 + sum(lost)
    says = js.module("lab/teach/texts", "return m.forgottenText(3, a)", found)
    assert says.startswith(f"Of 2,000 test digits of MNIST, the network misread 12 before and misreads {misread} now")
    assert f"which is {round(misread / 20, 1):g} of 100. {worst} You guessed 3 of 100" in says


def test_a_link_says_how_many_drawings_it_has_no_room_for(js: Visitor) -> None:
    script = """const stroke = Array.from({ length: 1200 }, (_, i) => [(7 * i * i) % 280, (11 * i) % 280]);
const list = Array.from({ length: 12 }, (_, i) => ({ label: i % 10, strokes: [stroke], pen: 18 }));
const { text, left } = m.drawingsToText(list);
const labels = (text) => m.textToDrawings(text).map(({ label }) => label);
return [text.length, left, labels(text), labels(`7ink.x~oops~${text.split("~")[0]}`)];"""
    length, left, labels, damaged = js.module("lab/teach/link", script)
    assert length <= 16_000
    assert 0 < left < 12
    assert labels == [i % 10 for i in range(12 - left)]
    assert damaged == [0]


def test_the_programs_print_how_many_digits_are_read_wrong(js: Visitor, tmp_path: Path) -> None:
    drawings = [{"label": 4, "strokes": [[[0, 0], [100 + i, 100]], [[100, 0], [0, 100]]], "pen": 10} for i in range(3)]
    body = {"drawings": drawings, "weights": "lesson", "learning_rate": 0.05, "steps": 50}
    programs = js.module("core/lab/programs", "return m.teachPrograms({ origin: a[0], body: a[1] })", [js.url, body])
    results = {kind: int(printed(text, tmp_path, shell=kind == "curl")) for kind, text in programs.items()}
    assert results["numpy"] == results["curl"]
    # A digit on the border between two classes may be read as either.
    assert abs(results["torch"] - results["numpy"]) <= 1
