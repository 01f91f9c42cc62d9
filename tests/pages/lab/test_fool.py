""" "Fool it": the guess, the attacks, and the game."""

from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_accessibility, check_blank, check_guess
from tests.support.lesson_programs import printed
from tests.support.visitor import SEVEN, Visitor

SAYS = '#fool [data-part="attack-says"]'


def test_the_guess_comes_first_and_the_service_finds_the_smallest_epsilon(lab: OpenLab) -> None:
    visitor = lab("fool")
    expect(visitor.find('#fool [data-part="results"]')).to_be_hidden()
    visitor.find('#fool [data-part="guess"]').fill("250")
    visitor.press("#fool .guess .act")
    pixels = visitor.run(
        'async () => (await (await import("/static/js/pad/load-samples.js")).loadSamples()).start.pixels'
    )
    url = f"{visitor.url}/lab/attack?method=smallest_epsilon"
    found = httpx2.post(url, json={"pixels": pixels}, timeout=30).json()
    says = visitor.find('#fool [data-part="guessed"]')
    expect(says).to_contain_text(f"may change by {found['epsilon']} of 255 grey levels")
    expect(says).to_contain_text(f"You guessed 250: {250 - found['epsilon']} too high.")
    # The images show the change that the answer is about, until the user chooses another ε.
    expect(visitor.find('#fool [data-part="epsilon-says"]')).to_have_text(f"ε = {found['epsilon']}")
    expect(visitor.find(SAYS)).to_contain_text(f"The network reads a {found['changed_prediction']['digit']} (")
    expect(visitor.find("#fool .chart .dot-0")).to_have_count(11)


def test_the_experiment_is_accessible_and_fits_on_a_phone(lab: OpenLab) -> None:
    check_accessibility(lab("fool"), "fool")


def test_a_guess_belongs_to_the_drawing_that_it_was_made_for(lab: OpenLab) -> None:
    visitor = lab("fool", "fool.guess=40")
    says = "You guessed 40 for another drawing or other weights."
    check_guess(visitor, "fool", lambda: visitor.draw(SEVEN), says)


def test_it_asks_for_a_drawing_if_nothing_is_drawn(lab: OpenLab) -> None:
    check_blank(lab("fool", "fool.guess=40"), "fool", "results")


def test_an_attack_follows_its_controls(lab: OpenLab) -> None:
    visitor = lab("fool", "fool.guess=shown&fool.method=fewest_pixels")
    expect(visitor.find(SAYS)).to_contain_text("set to black or white.")
    visitor.find('#fool [value="fgsm"]').check(force=True)
    visitor.find('#fool [data-part="epsilon"]').fill("0")
    nothing = "0 of 784 pixels have changed, by at most 0 grey levels. The network still reads a 7 (> 99.9 %)"
    expect(visitor.find(SAYS)).to_have_text(f"{nothing}; the goal was anything but 7.")
    visitor.find('#fool [data-part="epsilon"]').fill("100")
    expect(visitor.find(SAYS)).to_contain_text("by at most 100 grey levels")
    expect(visitor.find('#fool [data-part="familiarity"]')).to_contain_text("In-distribution score:")


def test_the_best_attempts_of_the_game_stay_in_the_browser(lab: OpenLab) -> None:
    visitor = lab("fool", "fool.pair=1-7")
    visitor.clear()
    expect(visitor.find('#fool [data-part="score"]')).to_have_text("Draw a 1 on the pad.")
    visitor.draw(SEVEN)
    expect(visitor.find('#fool [data-part="score"]')).to_contain_text("7 has 99.")
    best = visitor.find('#fool [data-part="best"] button')
    expect(best).to_contain_text("99.")
    visitor.clear()
    best.click()
    expect(visitor.find(".yours-says").first).to_contain_text("7")
    visitor.press('#fool [data-part="forget"]')
    expect(best).to_have_count(0)


@pytest.mark.parametrize("epsilon", [16, 90])
def test_the_programs_print_what_is_read_after_one_step(js: Visitor, tmp_path: Path, epsilon: int) -> None:
    programs = js.module(
        "core/lab/programs",
        "return m.attackPrograms({ origin: a[0], drawing: a[1], weightSet: 'lesson', epsilon: a[2], digit: 7 })",
        [js.url, '{"strokes": [[[30, 40], [110, 40], [60, 150]]]}', epsilon],
    )
    results = {kind: printed(text, tmp_path, shell=kind == "curl") for kind, text in programs.items()}
    assert len(set(results.values())) == 1, results
    assert f"largest change: {epsilon}" in results["torch"]


@pytest.mark.parametrize(
    ("epsilon", "ten", "says"),
    [
        (
            24,
            {"epsilons": [0, 24], "correct": [495, 79]},
            "390 of 500 test digits are still read correctly, and with ten",
        ),
        (24, None, "390 of 500 test digits are still read correctly; without an attack, 495 are."),
        (60, {"epsilons": [0, 24], "correct": [495, 79]}, "130 of 500 test digits are still read correctly; without"),
    ],
)
def test_the_curves_are_put_in_words(js: Visitor, epsilon: int, ten: dict[str, list[int]] | None, says: str) -> None:
    one = {"digits": 500, "epsilons": [0, 24, 64], "correct": [495, 390, 130]}
    curve = {"one": one, "ten": ten}
    assert says in js.module(
        "lab/fool/texts", "return m.curveText(a.curve, a.epsilon)", {"curve": curve, "epsilon": epsilon}
    )
