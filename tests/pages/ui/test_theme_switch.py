"""The switch between the light and the dark theme."""

import numpy as np
from playwright.sync_api import expect

from tests.support.visitor import Opener


def test_the_theme_follows_the_system_until_it_is_chosen(visitors: Opener) -> None:
    visitor = visitors(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = visitor.run(ground)
    conv1 = visitor.pixels('[data-layer="conv1"] .maps')
    visitor.press("#theme")
    expect(visitor.find("#theme")).to_have_text("Light")
    light = visitor.run(ground)
    assert light != dark
    assert not np.array_equal(visitor.pixels('[data-layer="conv1"] .maps'), conv1)
    visitor.open()
    assert visitor.run(ground) == light
    visitor.press("#theme")
    assert visitor.run(ground) == dark
    visitor.press("#theme")
    expect(visitor.find("#theme")).to_have_text("System")
    visitor.page.emulate_media(color_scheme="light")
    assert visitor.run(ground) == light
