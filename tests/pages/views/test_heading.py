"""The line above a map or a table: which layer and map, and the buttons to its neighbours."""

from playwright.sync_api import expect

from tests.pages.views.panels import open_view
from tests.support.visitor import Visitor


def test_the_buttons_go_from_map_to_map_and_stop_at_the_ends(visitor: Visitor) -> None:
    panel = open_view(visitor, "map", "conv1")
    back, on = panel.locator(".go").first, panel.locator(".go").last
    panel.locator(".film button").first.click()
    expect(back).to_have_attribute("aria-disabled", "true")
    on.click()
    expect(panel.locator(".which")).to_have_text("map 1 of 0–31")
    expect(back).to_have_accessible_name("Previous map")
    back.click()
    expect(panel.locator(".which")).to_have_text("map 0 of 0–31")
    open_view(visitor, "map", "dense1")
    expect(on).to_have_accessible_name("Next unit")
