"""A window of each browser, which the tests of this folder share, because starting Firefox takes seconds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.pages.browsers import old_browser
from tests.support.browsers.driver import Driver
from tests.support.browsers.firefox import Firefox
from tests.support.browsers.playwrights import PlaywrightBrowser
from tests.support.browsers.webkit import WebKit
from tests.support.visitor import PROJECTOR
from tools.other_browsers import find_firefox, find_webkit


def start(name: str, request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Start the system's Firefox or WebKit, or Playwright's if the system has none; close it at the end.

    `old` is the system's Chromium without the features that the oldest supported browsers lack.
    """
    own: Browser | None = None
    driver: Driver
    if name == "firefox" and (firefox := find_firefox()):
        driver = Firefox(firefox)
    elif name == "webkit" and (webkit := find_webkit()):
        driver = WebKit(webkit)
    elif name == "old":
        driver = PlaywrightBrowser(request.getfixturevalue("browser"), old_browser.script())
    else:
        playwright: Playwright = request.getfixturevalue("playwright")
        own = getattr(playwright, name).launch()
        driver = PlaywrightBrowser(own)
    driver.resize(PROJECTOR["width"], PROJECTOR["height"])
    yield driver
    driver.close()
    if own:
        own.close()


@pytest.fixture(scope="module")
def private_firefox(playwright: Playwright) -> Iterator[Driver]:
    """A Firefox that resists fingerprinting, as Tor Browser and LibreWolf do."""
    preferences = {"privacy.resistFingerprinting": True}
    if firefox := find_firefox():
        driver: Driver = Firefox(firefox, preferences)
        yield driver
        driver.close()
    else:
        own = playwright.firefox.launch(firefox_user_prefs=dict(preferences))
        yield PlaywrightBrowser(own)
        own.close()


@pytest.fixture(scope="package", params=["old", "firefox", "webkit"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    yield from start(request.param, request)
