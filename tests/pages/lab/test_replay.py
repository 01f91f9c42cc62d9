""" "Replay": the guess, the plot, the slider and the strokes."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_accessibility, check_guess
from tests.support.lesson_programs import printed
from tests.support.visitor import SEVEN, Visitor

INK = "d=ink.26.CJ-Y8KD4FD2FB4FD4FD2FD4FD4FD2FRSrU2CN0CP2CN2CP0CP2CN0CP2CNGmDEmDGmDEoDGmDEmDGmDEoD"
FOUR = [[(90, 40), (60, 140), (200, 140)], [(160, 90), (155, 250)]]


def test_the_guess_is_compared_with_the_share_from_which_the_answer_stays(lab: OpenLab) -> None:
    visitor = lab("replay")
    expect(visitor.find('#replay [data-part="no-strokes"]')).to_be_visible()
    visitor.clear()
    for stroke in FOUR:
        visitor.draw(stroke)
    visitor.find('#replay [data-part="guess"]').fill("0")
    visitor.press("#replay .guess .act")
    expect(visitor.find('#replay[data-settled="true"]')).to_be_visible()
    body = visitor.feature_map_requests()[-1]["body"]
    headers = {"Content-Type": "application/json"}
    found = httpx2.post(f"{visitor.url}/lab/replay", content=body, headers=headers, timeout=30).json()
    answers = [max(range(10), key=step["prediction"]["probabilities"].__getitem__) for step in found["steps"]]
    first = max((i for i, answer in enumerate(answers) if answer != answers[-1]), default=-1) + 1
    share = round(100 * found["steps"][first]["share"])
    expect(visitor.find('#replay [data-part="guessed"]')).to_contain_text(
        f"After {share} % of the ink, the answer is always {answers[-1]}."
    )
    expect(visitor.find('#replay [data-part="strokes"] tr')).to_have_count(2)
    expect(visitor.find("#replay .uplot canvas")).to_be_visible()
    visitor.find('#replay [data-part="scrub"]').fill("10")
    expect(visitor.find('#replay [data-part="step-says"]')).to_contain_text("10 % of the ink")
    expect(visitor.page).to_have_url(re.compile("replay.at=10"))
    before = visitor.pixels('#replay [data-part="drawing"]')
    visitor.press('#replay [data-part="play"]')
    expect(visitor.find('#replay [data-part="step-says"]')).to_contain_text("100 % of the ink")
    assert (visitor.pixels('#replay [data-part="drawing"]') != before).any()


def test_the_experiment_is_accessible_and_fits_on_a_phone(lab: OpenLab) -> None:
    check_accessibility(lab("replay", INK), "replay")


def test_a_guess_belongs_to_the_drawing_that_it_was_made_for(lab: OpenLab) -> None:
    visitor = lab("replay", f"replay.guess=60&{INK}")
    says = "You guessed 60 % for another drawing or other weights."
    check_guess(visitor, "replay", lambda: visitor.draw(SEVEN), says)


def test_beginnings_and_times_of_a_drawing(js: Visitor) -> None:
    strokes = [[[0, 0, 1000], [30, 0, 1100], [30, 10, 1200]], [[50, 0, 9000], [50, 60, 9300]]]
    cut = js.module("core/lab/replay", "return m.beginning(a, 4, 0.7)", strokes)
    assert cut == [strokes[0], [[50, 0, 9000], [50, 30, 9300]]]
    places = js.module("core/lab/replay", "return m.timeline(a, 4)", strokes)
    assert places[-1] == [1000, 1]  # the pause of 7.8 s is played as half a second
    at = "return [0, 100, 450, 850, 2000].map((time) => m.shareAt(m.timeline(a, 4), time))"
    assert js.module("core/lab/replay", at, strokes) == pytest.approx([0, 0.3, 0.4, 0.7, 1])
    assert js.module("core/lab/replay", "return m.timeline([[[0, 0, 0], [9, 0, 0]]], 4)") == [[0, 0], [2500, 1]]


def test_the_programs_print_the_share(js: Visitor, tmp_path: Path) -> None:
    programs = js.module(
        "core/lab/programs",
        "return m.replayPrograms({ origin: a[0], drawing: a[1], weightSet: 'lesson' })",
        [js.url, '{"strokes": [[[60, 20], [30, 120], [140, 120]], [[110, 60], [105, 220]]]}'],
    )
    results = {kind: printed(text, tmp_path, shell=kind == "curl") for kind, text in programs.items()}
    assert len(set(results.values())) == 1, results
    assert results["numpy"].endswith(" %\n")
