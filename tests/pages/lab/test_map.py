""" "The map": the guess, the maps, and the nearest digits."""

import math
from itertools import combinations
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_accessibility, check_guess
from tests.support.lesson_programs import printed
from tests.support.visitor import SEVEN, Visitor


def test_the_guess_is_compared_with_the_maps_of_all_layers(lab: OpenLab) -> None:
    visitor = lab("map")
    expect(visitor.find('#map [data-part="layers"]')).to_be_hidden()
    expect(visitor.find("#map .prose p").first).to_be_hidden()
    canvas = visitor.find('#map [data-part="plot"] canvas')
    box = visitor.bounds('#map [data-part="plot"] canvas')
    middle = {"clientX": box["x"] + box["width"] / 2, "clientY": box["y"] + box["height"] / 2, "pointerType": "touch"}
    for event in ("pointerdown", "pointerleave"):  # a tap
        canvas.dispatch_event(event, middle)
    expect(visitor.find('#map [data-part="hovered-says"]')).to_contain_text("a training digit, labelled")
    visitor.find('#map [name="map-guess"][value="input"]').check(force=True)
    visitor.press("#map .guess .act")
    expect(visitor.find('#map [data-part="guessed"]')).to_contain_text("You guessed input, with 35 %.")
    expect(visitor.find('#map [data-part="facts"] tr')).to_have_count(5)
    expect(visitor.find('#map [data-part="explained"]')).to_contain_text("The layer input has 784 numbers")
    expect(visitor.find("#map .prose p").first).to_contain_text("Layer by layer")


def test_the_experiment_is_accessible_and_fits_on_a_phone(lab: OpenLab) -> None:
    check_accessibility(lab("map"), "map")


def test_the_nearest_digits_are_the_services_and_the_point_follows_the_pen(lab: OpenLab) -> None:
    visitor = lab("map", "map.guess=shown&map.layer=logits")
    before = visitor.pixels("#map [data-part=plot] canvas")
    visitor.clear().draw(SEVEN)
    expect(visitor.find('#map[data-settled="true"]')).to_be_visible()
    assert (visitor.pixels("#map [data-part=plot] canvas") != before).any()
    body = visitor.feature_map_requests()[-1]["body"]
    url = f"{visitor.url}/lab/map/nearest?layer=logits"
    found = httpx2.post(url, content=body, headers={"Content-Type": "application/json"}, timeout=30).json()
    shown = visitor.seen("#map .near figcaption").all_inner_texts()
    assert shown == [f"{each['label']} {each['distance']:.1f}" for each in found["nearest"]]
    visitor.find("#map canvas").first.hover(position={"x": 200, "y": 200})
    visitor.clear()
    expect(visitor.find('#map [data-part="near-block"]')).to_be_hidden()


def test_the_slider_moves_through_the_epochs_and_a_guess_belongs_to_the_weights_that_it_was_made_for(
    lab: OpenLab,
) -> None:
    visitor = lab("map", "map.guess=pool2&map.layer=logits")
    says = "the map shows the weights robust; move the slider to see the run lesson"
    expect(visitor.find('#map [data-part="epoch-says"]')).to_have_text(says)
    expect(visitor.find('#map [data-part="epoch"]')).to_have_attribute("aria-valuetext", says)
    visitor.find("#weights").select_option("lesson")
    expect(visitor.find('#map [data-part="epoch-says"]')).to_have_text("after epoch 5")
    visitor.find("#weights").select_option("")  # the first ones

    def move_to_epoch_0() -> None:
        visitor.find('#map [data-part="epoch"]').fill("0")
        expect(visitor.find('#map [data-part="epoch-says"]')).to_have_text("untrained")
        expect(visitor.find("#weights")).to_have_value("lesson:0")

    # The maps of the other layers take the service seconds.
    check_guess(visitor, "map", move_to_epoch_0, "You guessed pool2 for other weights.", part=" [data-part=plot]")


@pytest.mark.parametrize("layer", ["input", "logits"])
def test_the_programs_print_how_much_of_the_variance_the_map_shows(js: Visitor, tmp_path: Path, layer: str) -> None:
    programs = js.module(
        "core/lab/programs",
        "return m.mapPrograms({ origin: a[0], weightSet: 'lesson', layer: a[1] })",
        [js.url, layer],
    )
    results = {kind: printed(text, tmp_path, shell=kind == "curl") for kind, text in programs.items()}
    assert len(set(results.values())) == 1, results


PLACES = [[300, 200], [300, 200], [305, 202], [310, 190], [2, 2], [5, 2], [500, 400]]


def test_the_labels_of_the_map_do_not_cover_each_other(js: Visitor) -> None:
    places = js.module("lab/map/labels", "return m.spread(a, 19, [620, 460])", PLACES)
    assert all(math.dist(*pair) >= 19 for pair in combinations(places, 2))
    assert all(math.dist(*pair) < 30 for pair in zip(places, PLACES, strict=True)), "each stays near its own place"
    assert places[-1] == PLACES[-1]
    assert all(9.5 <= x <= 610.5 and 9.5 <= y <= 450.5 for x, y in places)
