"""A browser that Playwright controls: the system's Chromium, or a browser that Playwright has downloaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error

from tests.support.browsers.driver import Driver, Point, ScriptError


class PlaywrightBrowser(Driver):
    """A page in a new context of a browser. Closing it leaves the browser open."""

    def __init__(self, browser: Browser, script: str = "") -> None:
        """Open the page; `script` runs before those of each document."""
        self._page = browser.new_page()
        self._page.add_init_script(script)

    def go(self, url: str) -> None:
        self._page.goto(url)

    def reload(self) -> None:
        self._page.reload()

    def run(self, script: str, *arguments: Any) -> Any:
        try:
            return self._page.evaluate(f"(a) => (function () {{ {script} }})(...a)", list(arguments))
        except Error as error:
            raise ScriptError(str(error)) from error

    def drag(self, points: Sequence[Point]) -> None:
        mouse = self._page.mouse
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point)
        mouse.up()

    def keys(self, *names: str) -> None:
        self._page.keyboard.press("+".join(names))

    def choose_file(self, selector: str, path: Path) -> None:
        self._page.set_input_files(selector, path)

    def choose(self, selector: str, value: str) -> None:
        self._page.select_option(selector, value)

    def resize(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def screenshot(self) -> bytes:
        return self._page.screenshot()

    def close(self) -> None:
        self._page.context.close()
