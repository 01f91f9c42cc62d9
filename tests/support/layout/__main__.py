"""Examines every state of every page in every window, and prints the faults: python -m tests.support.layout [NAME]

With NAME, only the states whose name contains it. With --windows 1366x657 320x256, only windows of these sizes. With
--firefox, in Firefox instead of Chromium.
`make layout` runs this command.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tests.support.browsers.driver import Driver
from tests.support.browsers.firefox import Firefox
from tests.support.browsers.playwrights import PlaywrightBrowser
from tests.support.layout.chromium import chromium
from tests.support.layout.states import LAB, LESSON, MAIN_PAGE, OTHER_PAGES, SIZES
from tests.support.layout.survey import survey
from tests.support.servers import LiveServer
from tools.other_browsers import find_firefox

NARROWEST_FIREFOX = 500  # pixels; Firefox makes no narrower window


@contextmanager
def opened(firefox: bool) -> Iterator[Driver]:
    """A window of Chromium, or of the system's Firefox, or of Playwright's if the system has none."""
    if firefox and (executable := find_firefox()):
        driver = Firefox(executable)
        try:
            yield driver
        finally:
            driver.close()
        return
    with sync_playwright() as playwright:
        if firefox:
            browser = playwright.firefox.launch()
            yield PlaywrightBrowser(browser)
            browser.close()
        else:
            with chromium(playwright) as window:
                yield window


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if no layout has a fault, otherwise 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.layout")
    parser.add_argument("name", nargs="?", default="", help="only the states whose name contains this")
    parser.add_argument("--firefox", action="store_true", help="in Firefox instead of Chromium")
    names = {f"{width}x{height}": (width, height) for width, height in SIZES}
    parser.add_argument("--windows", nargs="+", choices=names, default=list(names), help="sizes of windows")
    options = parser.parse_args(arguments)
    chosen = [names[window] for window in options.windows]
    sizes = [(width, height) for width, height in chosen if not options.firefox or width >= NARROWEST_FIREFOX]
    server = LiveServer("--engine", "onnx")
    server.start()
    seen = found = 0
    try:
        with opened(options.firefox) as window:
            states = [state for state in (*MAIN_PAGE, *LESSON, *OTHER_PAGES, *LAB) if options.name in state.name]
            for state, (width, height), faults in survey(window, server.url, states, sizes):
                seen += 1
                found += len(faults)
                for fault in faults:
                    print(f"{width}×{height}, {state.name}: {fault}", flush=True)
    finally:
        server.stop()
    print(f"{found} faults in {seen} layouts ({len(sizes)} windows)")
    return 1 if found or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
