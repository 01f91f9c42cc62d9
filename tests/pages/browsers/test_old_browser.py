"""The Chromium that stands in for the oldest supported browsers."""

from playwright.sync_api import Browser

from tests.pages.browsers import old_browser
from tests.support.browsers.playwrights import PlaywrightBrowser

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
