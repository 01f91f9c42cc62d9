"""The Chromium that stands in for the oldest supported browsers."""

from playwright.sync_api import Browser, expect

from tests.pages.browsers import old_browser
from tests.support.browsers.playwrights import PlaywrightBrowser
from tests.support.visitor import Opener

NEW = """
return [window.OffscreenCanvas, AbortSignal.timeout, Object.getOwnPropertyDescriptor(Element.prototype, "ariaLabel"),
        PointerEvent.prototype.getCoalescedEvents, Array.prototype.toSorted].map((part) => part === undefined);
"""


def test_it_lacks_what_the_oldest_browsers_lack(browser: Browser, live_server: str) -> None:
    for script, lacks in (("", False), (old_browser.script(), True)):
        driver = PlaywrightBrowser(browser, script)
        driver.open(f"{live_server}/livez")
        assert set(driver.run(NEW)) == {lacks}
        driver.close()


def test_the_first_tap_shows_a_cell_and_the_second_pins_it(visitors: Opener) -> None:
    """Even in a browser whose click events do not name the type of the pointer."""
    visitor = visitors(None, has_touch=True)
    visitor.page.add_init_script(old_browser.script())
    visitor.open()
    box = visitor.bounds('[data-layer="conv2"] .maps')
    for pinned in (False, True):
        visitor.page.touchscreen.tap(box["x"] + 30, box["y"] + 30)
        expect(visitor.find("#looking")).to_be_visible(visible=not pinned)
        expect(visitor.find("#kept")).to_be_visible(visible=pinned)
