"""Takes a screenshot of each page state in both themes and three sizes."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PatienceError

from tools.behaviour.pages.states import State, states
from tools.behaviour.requests.corrections import GOOD
from tools.behaviour.servers import running
from tools.browser import FLAGS, find

_SIZES = ((1366, 657), (820, 1180), (390, 844))
_THEMES = ("light", "dark")
_LOADED = "() => document.readyState === 'complete'"
_SETTLED = """() => document.readyState === "complete"
  && [...document.querySelectorAll('[data-settled="false"]')].every((part) => !part.checkVisibility())"""
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_PATIENCE = 8000  # ms; a page that has not settled by then is photographed as it is
_QUIET = 250  # ms in which what is drawn after the answer appears


def take(folder: Path, source: Path, only: str = "") -> int:
    """Take the screenshots of all states whose names contain `only`. Returns how many; prints what took how long."""
    chosen = [state for state in states() if only in state.name]
    taken = 0
    with _servers(source) as urls, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        for width, height in _SIZES:
            for theme in _THEMES:
                started = time.monotonic()
                _take(browser, folder / f"{width}x{height}-{theme}", (width, height), theme, chosen, urls)
                taken += len(chosen)
                print(f"{width}×{height}, {theme}: {len(chosen)} in {time.monotonic() - started:.0f} s", flush=True)
        browser.close()
    return taken


@contextmanager
def _servers(source: Path) -> Iterator[Mapping[str, str]]:
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="behaviour-"))
        urls = {"plain": stack.enter_context(running(source))}
        for name in ("empty", "filled"):
            settings = {"INKLING_COLLECT": "1", "INKLING_COLLECT_FILE": f"{scratch}/{name}.sqlite"}
            urls[name] = stack.enter_context(running(source, settings=settings))
        for body in GOOD:
            httpx2.post(f"{urls['filled']}/corrections", json=body).raise_for_status()
        yield urls


def _take(
    browser: Browser, folder: Path, size: tuple[int, int], theme: str, chosen: list[State], urls: Mapping[str, str]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    phone = size[0] < 500
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        has_touch=phone,
        is_mobile=phone,
        reduced_motion="reduce",
    )
    page = context.new_page()
    for state in chosen:
        page.goto("about:blank")  # or a link that differs in its fragment alone would not load the page
        page.goto(urls[state.server] + state.path)
        _settle(page, settles=state.settles)
        if state.act:
            state.act(page)
            _settle(page, settles=state.settles)
        page.mouse.move(0, 0)
        _photograph(page, state, folder / f"{state.name}.png")
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    context.close()


def _settle(page: Page, *, settles: bool = True) -> None:
    try:
        page.wait_for_function(_SETTLED if settles else _LOADED, timeout=_PATIENCE)
    except PatienceError:
        print(f"{page.url[:80]} did not settle")
    page.evaluate(_PAINTED)
    page.wait_for_timeout(_QUIET)


def _photograph(page: Page, state: State, path: Path) -> None:
    dates = [page.locator("time")]
    if state.part is None:
        page.screenshot(path=path, full_page=True, animations="disabled", mask=dates)
        return
    part = page.locator(state.part).first
    part.evaluate("(part) => part.scrollIntoView({ behavior: 'instant' })")
    page.wait_for_timeout(_QUIET)
    _settle(page)
    part.screenshot(path=path, animations="disabled", mask=dates)
