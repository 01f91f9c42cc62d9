"""What a first visit to a page loads, and what a second visit loads again."""

import re

import httpx2
import pytest
from playwright.sync_api import Browser

from tests.support.browsers.traffic import Traffic

MOST_BYTES, MOST_REQUESTS = 250_000, 40
PAGES = (
    *("/", "/?view=full", "/lesson", "/training", "/lab", "/docs", "/glossary", "/lesson/teacher", "/lesson/worksheet"),
    *("/corrections", "/problems/one-input"),
)
# A set of weights that is named, not identified by its hash, may have changed.
CHANGING = "/model/weights?weights="


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_at_most_250_kb_and_revalidates_nothing_afterwards(
    browser: Browser, live_server: str, path: str
) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 657})
    traffic = Traffic(page)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda sent: addresses.update({sent["requestId"]: sent["request"]["url"]}))
    session.on("Network.loadingFinished", lambda done: sizes.update({done["requestId"]: done["encodedDataLength"]}))
    page.goto(live_server + path)
    traffic.wait_for_end()
    assert sum(sizes.values()) <= MOST_BYTES, {addresses[each]: size for each, size in sizes.items()}
    assert len(addresses) <= MOST_REQUESTS
    addresses.clear()
    sizes.clear()
    unchanged: list[str] = []
    page.on("response", lambda answer: unchanged.append(answer.url) if answer.status == 304 else None)
    page.goto(live_server + path)
    traffic.wait_for_end()
    page.close()
    assert [url for url in unchanged if CHANGING not in url] == []
    files = {each: url for each, url in addresses.items() if "/static/" in url}
    assert files
    assert sum(sizes[each] for each in files) == 0, "files are loaded again"


SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => [
    entry.value, ...entry.sources.map(({ node }) => (node?.outerHTML ?? "").slice(0, 100)),
]))).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("path", ["/", "/lesson", "/training", "/lab"])
def test_nothing_moves_while_a_page_loads_on_a_phone(browser: Browser, live_server: str, path: str) -> None:
    page = browser.new_page(viewport={"width": 412, "height": 823}, is_mobile=True, has_touch=True)
    page.add_init_script(SHIFTS)
    traffic = Traffic(page)
    page.goto(live_server + path)
    traffic.wait_for_end()
    page.locator('[data-settled="true"]').first.wait_for(state="attached")
    page.wait_for_timeout(100)  # a shift is reported after the frame
    shifts = page.evaluate("shifts")
    page.close()
    assert shifts == []


@pytest.mark.parametrize("path", ["/", "/lesson", "/training", "/lab"])
def test_a_page_is_not_painted_before_its_first_screen_is_complete(live_server: str, path: str) -> None:
    """A slow phone would otherwise paint a part of the page, and move it when the rest has been parsed."""
    page = httpx2.get(f"{live_server}{path}").text
    (awaited,) = re.findall(r'<link rel="expect" href="#([a-z-]+)" blocking="render">', page)
    assert page.count(f'id="{awaited}"') == 1
    assert page.index(f'id="{awaited}"') > page.index("</header>")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_loads_a_script_before_its_first_paint(live_server: str, path: str) -> None:
    page = re.sub(r"<template.*?</template>", "", httpx2.get(f"{live_server}{path}").text, flags=re.DOTALL)
    assert re.findall(r"<script[^>]*\ssrc=", page) == []
