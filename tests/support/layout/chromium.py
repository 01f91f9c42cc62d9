"""A Chromium whose windows have the scrollbars of a real one."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

from tests.support.browsers.contexts import FRUGAL
from tests.support.browsers.playwrights import PlaywrightBrowser
from tools.browser import FLAGS, find

# Windows of tablets, phones and zoomed pages, whose scrollbars take next to no space.
TOUCH = {(1080, 810), (820, 1180), (844, 390), (390, 844), (320, 568), (320, 256)}


class Chromium(PlaywrightBrowser):
    """A page in a new context of a browser that does not hide scrollbars."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(browser)
        self._session = self._page.context.new_cdp_session(self._page)  # its settings last as long as the session

    def resize(self, width: int, height: int) -> None:
        self._session.send("Emulation.setScrollbarsHidden", {"hidden": (width, height) in TOUCH})
        super().resize(width, height)

    def force_colours(self, active: bool) -> None:
        """Emulate a contrast theme of Windows, or stop doing so."""
        self._page.emulate_media(forced_colors="active" if active else "none")


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    """The system's Chromium with one page. By default Playwright hides the scrollbars, which real windows have."""
    browser = playwright.chromium.launch(
        executable_path=find(), args=[*FLAGS, *FRUGAL], ignore_default_args=["--hide-scrollbars"]
    )
    yield Chromium(browser)
    browser.close()
