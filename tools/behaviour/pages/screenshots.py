"""Takes a screenshot of each page state in both themes and three sizes."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from tools.behaviour.pages.states import Server, State, states
from tools.behaviour.requests.corrections import GOOD
from tools.behaviour.servers import running
from tools.browser import FLAGS, FULL_VIEW, find

_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_SIZES = ((1366, 657), (820, 1180), (390, 844))
# Resolves when every prediction is shown and the page's text and height have stopped changing. It resolves after
# 8 seconds in any case, because a blank pad never gets a prediction.
_SETTLE = """async ([settles, samples]) => {
  const waits = (part) => settles && part.checkVisibility();
  const end = performance.now() + 8000;
  let [before, same] = ["", 0];
  while (same < samples && performance.now() < end) {
    await new Promise((done) => setTimeout(done, 120));
    const waiting = [...document.querySelectorAll('[data-settled="false"]')].some(waits);
    const ready = document.readyState === "complete" && !waiting;
    const now = `${document.documentElement.scrollHeight} ${document.body.innerText}`;
    same = ready && now === before ? same + 1 : 0;
    before = now;
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
_SAMPLES = 5  # equal samples in a row before the page counts as settled
_FEW_SAMPLES = 1


def take(folder: Path, source: Path, only: str = "") -> int:
    """Take screenshots of all states whose names contain `only`, and return how many.

    Prints the number of screenshots and the seconds for each screen size.
    """
    chosen = [state for state in states() if only in state.name]
    taken = 0
    with _servers(source) as ports, sync_playwright() as playwright:
        # Host names instead of ports, because the page shows its address. Browsers treat .localhost as a secure origin.
        rules = ", ".join(f"MAP {name}.localhost:80 127.0.0.1:{port}" for name, port in ports.items())
        arguments = [*FLAGS, f"--host-resolver-rules={rules}"]
        browser = playwright.chromium.launch(executable_path=find(), args=arguments)
        for width, height in _SIZES:
            started = time.monotonic()
            count = _take(browser, folder, (width, height), chosen)
            taken += count
            print(f"{width}×{height}: {count} in {time.monotonic() - started:.0f} s", flush=True)
        browser.close()
    return taken


@contextmanager
def _servers(source: Path) -> Iterator[Mapping[Server, int]]:
    """Start the services and yield their ports."""
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="behaviour-"))
        urls: dict[Server, str] = {"plain": stack.enter_context(running(source))}
        names: tuple[Server, ...] = ("empty", "filled")
        for name in names:
            settings = {"INKLING_COLLECT": "1", "INKLING_COLLECT_FILE": f"{scratch}/{name}.sqlite"}
            urls[name] = stack.enter_context(running(source, settings=settings))
        for body in GOOD:
            httpx2.post(f"{urls['filled']}/corrections", json=body).raise_for_status()
        yield {name: int(url.rpartition(":")[2]) for name, url in urls.items()}


def _take(browser: Browser, folder: Path, size: tuple[int, int], chosen: list[State]) -> int:
    """Take screenshots of the states at one size, each in both themes, and return how many.

    A state is loaded once, because the page follows a change of the system's theme.
    """
    phone = size[0] < 500
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=phone, is_mobile=phone, reduced_motion="reduce"
    )
    context.add_init_script(FULL_VIEW)
    page = context.new_page()
    taken = 0
    for state in chosen:
        page.goto("about:blank")  # a link that differs only in its fragment would not reload the page
        page.emulate_media(color_scheme="light")
        page.goto(f"http://{state.server}.localhost{state.path}")
        _settle(page, state)
        if state.act:
            state.act(page)
            _settle(page, state)
        for theme in _THEMES:
            page.emulate_media(color_scheme=theme)
            _settle(page, state, _FEW_SAMPLES)
            taken += _photograph(page, state, folder / f"{size[0]}x{size[1]}-{theme}")
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.unroute_all()
    context.close()
    return taken


def _settle(page: Page, state: State, samples: int = _SAMPLES) -> None:
    page.evaluate(_SETTLE, [state.settles, samples])


def _photograph(page: Page, state: State, folder: Path) -> int:
    """Take a screenshot of the whole page, or of each part that the state names, and return how many."""
    page.mouse.move(0, 0)
    dates = [page.locator("time")]
    if not state.parts:
        page.screenshot(path=folder / f"{state.name}.png", full_page=True, animations="disabled", mask=dates)
        return 1
    for part in state.parts:
        path = folder / f"{state.name}, {part.lstrip('#.')}.png"
        page.locator(part).screenshot(path=path, animations="disabled", mask=dates)
    return len(state.parts)
