"""The training page under a finger."""

import re

from playwright.sync_api import expect

from tests.pages.training.conftest import Start
from tests.support.recorded_runs import RUN
from tests.support.visitor import PHONE, seen


def test_a_tap_shows_the_numbers_of_a_filter_and_they_stay(training: Start) -> None:
    visitor, _ = training("#run=lesson", viewport=PHONE, has_touch=True, is_mobile=True)
    filters = visitor.find(".filters-canvas")
    expect(filters).to_have_attribute("aria-label", re.compile("after epoch 5"))
    filters.tap(position={"x": 5, "y": 5})
    expect(visitor.find(".filter-numbers")).to_have_text(re.compile(r"filter 0:(\s*[−-]?\d\.\d{3}){9}"))
    expect(visitor.find(".filter-ring")).to_be_visible()


def test_while_a_run_trains_the_plots_are_right_below_its_progress(training: Start) -> None:
    visitor, runs = training(viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.press(".start-form .strong")
    runs.release("epoch", 1)
    expect(visitor.find(".progress")).to_contain_text("1 of 5")
    outcome = visitor.bounds("#outcome")
    progress = visitor.bounds(".progress")
    assert outcome["y"] - progress["y"] - progress["height"] < 12
    assert visitor.bounds(".plots")["y"] - outcome["y"] - outcome["height"] < 12


def test_the_plots_stay_where_they_are_when_a_run_ends(training: Start) -> None:
    visitor, runs = training(viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.press(".start-form .strong")
    runs.release("epoch", 4)
    expect(visitor.find("#epoch-says")).to_have_text("4 of 5")
    visitor.run("scrollTo(0, 200)")
    before = visitor.bounds(".plots")
    runs.release("finished")
    expect(visitor.find("#start")).to_be_visible()
    assert abs(visitor.bounds(".plots")["y"] - before["y"]) < 1  # a browser scrolls by whole pixels


def test_a_tap_on_a_compared_map_compares_the_number_in_all_runs(training: Start) -> None:
    visitor, _ = training(f"#run={RUN}&v=compare", runs=2, viewport=PHONE, has_touch=True, is_mobile=True)
    visitor.find("#runs input").nth(1).tap()
    expect(visitor.find(".compared-maps canvas")).to_have_count(2)
    visitor.find(".compared-maps canvas").first.tap()
    expect(visitor.find(".compared .caption")).to_have_text(
        re.compile(r"map 0, row 1[23], column 1[23] → .* · lesson-0001: ")
    )


def test_a_tap_on_the_confusion_matrix_says_in_sight_what_the_number_counts(training: Start) -> None:
    visitor, _ = training(f"#run={RUN}&v=mistakes", runs=1, viewport=PHONE, has_touch=True, is_mobile=True)
    says = visitor.find(".matrix-says")
    expect(says).to_contain_text("Choose a cell.")
    cell = visitor.find('#view-mistakes td[data-row="4"][data-column="9"]')
    visitor.run("scrollTo(0, 0)")
    seen(cell).evaluate("(cell) => scrollBy(0, cell.getBoundingClientRect().bottom - innerHeight + 2)")
    expect(says).not_to_be_in_viewport()
    cell.tap()
    expect(says).to_have_text("Of 982 images of a 4, 22 were read as 9.")
    expect(says).to_be_in_viewport(ratio=1)
    visitor.find("#epoch").fill("1")
    expect(says).to_have_text(re.compile(r"Of 982 images of a 4, (?!22 )\d+ were read as 9\."))
