"""The strip of all maps of a layer below the large one."""

import re

import numpy as np
from playwright.sync_api import expect

from tests.pages.views.panels import activations_of, open_view, plot, short
from tests.support.visitor import Opener, Visitor, seen


def test_dead_maps_are_named_and_struck_through(visitor: Visitor) -> None:
    truth = activations_of(visitor)["relu2"]
    dead = [int(at) for at in np.flatnonzero(truth.reshape(64, -1).max(axis=1) == 0)]
    assert dead, "the first sample leaves maps empty"
    panel = open_view(visitor, "map", "relu2")
    thumbnails = panel.locator(".film button")
    thumbnails.nth(dead[0]).click()
    expect(plot(panel, "relu2").locator(".zeros")).to_have_text("dead for this drawing: all 121 cells are 0")
    struck = seen(thumbnails).evaluate_all("(all) => all.flatMap((e, i) => (e.classList.contains('dead') ? [i] : []))")
    assert struck == dead
    expect(thumbnails.nth(dead[0])).to_have_accessible_name(f"map {dead[0]}, dead: all 0")
    panel = open_view(visitor, "map", "conv2")
    expect(thumbnails.nth(dead[0])).to_have_attribute("aria-label", re.compile("all 0 after ReLU$"))


def test_the_strip_shows_every_map_by_number_or_by_strength(visitors: Opener) -> None:
    visitor = visitors()
    truth = activations_of(visitor)
    for layer in ("conv1", "pool2"):
        panel = open_view(visitor, "map", layer)
        flat = truth[layer].reshape(len(truth[layer]), -1)
        strongest = np.take_along_axis(flat, np.abs(flat).argmax(axis=1)[:, None], axis=1)[:, 0]
        panel.locator('input[value="number"]').check()
        names = seen(panel.locator(".film button")).evaluate_all("(all) => all.map((e) => e.ariaLabel)")
        assert len(names) == len(flat)
        for at, name in enumerate(names):
            assert name.startswith(f"map {at}, "), name
            assert short(float(strongest[at])) in name or "all 0" in name
        panel.locator('input[value="strength"]').check()
        order = seen(panel.locator(".film button")).evaluate_all(
            "(all) => all.map((e) => parseInt(e.ariaLabel.slice(4)))"
        )
        assert sorted(order) == list(range(len(flat)))
        assert (np.diff(np.abs(strongest[order])) <= 0).all()
        panel.locator(".film button").first.click()
        expect(panel.locator(".which")).to_have_text(f"map {order[0]} of 0–{len(flat) - 1}")
        expect(panel.locator(".film [aria-current]")).to_have_count(1)


def test_the_strip_is_one_stop_of_the_tab_key_with_arrow_keys_inside(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "conv2", 3)
    film = panel.locator(".film")
    expect(film.locator('[tabindex="0"]')).to_have_count(1)
    film.locator("[aria-current]").focus()
    for key, at in (("ArrowRight", 4), ("ArrowDown", 36), ("Home", 0), ("End", 63), ("ArrowLeft", 62)):
        visitor.key(key)
        expect(film.locator("button").nth(at)).to_be_focused()
    visitor.key("Enter")
    expect(panel.locator(".which")).to_have_text("map 62 of 0–63")
