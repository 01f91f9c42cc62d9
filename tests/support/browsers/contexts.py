"""Browser contexts that tests use one after another, because a page opens faster in a context that has had a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.support.visitor import Opener, Visitor

# Most scripts of a page run once, so compiling them again for speed, and on other threads, costs more than it saves.
# Pages of one context run in one process: starting a process takes a quarter of the time in which a page opens.
FRUGAL = ("--js-flags=--no-opt --single-threaded", "--renderer-process-limit=1")
# A process grows with every page that was opened in it, so it ends after the pages of this many tests.
MOST_USES = 16
# Copies the JSON of facts from the service's page into a document, because the JavaScript modules need it.
EMBED_FACTS = """async () => {
  const text = await (await fetch("/")).text();
  document.body.append(new DOMParser().parseFromString(text, "text/html").getElementById("facts"));
}"""


@dataclass(slots=True)
class _Used:
    """A context, and the number of tests that have used it.

    Its empty page keeps the process running between two tests. `session` controls the browser through that page.
    """

    context: BrowserContext
    empty: Page
    session: CDPSession
    tests: int = 0


class ContextPool:
    """Contexts of one browser with equal options. A test takes one and gives it back.

    What a page can leave behind ends with the page or is cleared when the context is given back, except for files of
    the service in the browser's cache. `page.clock` cannot be removed, so such a context must be closed instead.
    """

    def __init__(self, browser: Browser, address: str, options: dict[str, Any]) -> None:
        self.browser = browser
        self.address = address
        self.options = options
        self._free: list[_Used] = []
        self._taken: dict[BrowserContext, _Used] = {}

    def take(self) -> BrowserContext:
        """A context without cookies, stored values, permissions and pages of earlier tests."""
        used = self._free.pop() if self._free else self._new()
        self._taken[used.context] = used
        return used.context

    def give_back(self, context: BrowserContext) -> None:
        """Close all pages that were opened in the context, and clear what they have stored."""
        used = self._taken[context]
        used.tests += 1
        if used.tests == MOST_USES:
            self.close(context)
            return
        for page in context.pages:
            if page != used.empty:
                page.close()
        used.session.send("Storage.clearDataForOrigin", {"origin": self.address, "storageTypes": "all"})
        context.clear_permissions()
        del self._taken[context]
        self._free.append(used)

    def close(self, context: BrowserContext) -> None:
        """Close a context that no other test can use."""
        del self._taken[context]
        context.close()

    def _new(self) -> "_Used":
        context = self.browser.new_context(**self.options)
        empty = context.new_page()
        empty.goto(f"{self.address}/livez")
        return _Used(context, empty, context.new_cdp_session(empty))


@contextmanager
def opener(pool: ContextPool) -> Iterator[Opener]:
    """A function that opens a page in a browser context. At the end, the console of each page must be empty.

    Options of the context, or the address of another service, need a new context.
    """
    opened: list[tuple[Visitor, bool]] = []

    def visit(path: str | None = "/", *, url: str = "", settled: str = "#answer", **options: Any) -> Visitor:
        shared = not (url or options)
        context = pool.take() if shared else pool.browser.new_context(**(pool.options | options))
        visitor = Visitor(context.new_page(), url or pool.address, settled)
        opened.append((visitor, shared))
        return visitor.open(path) if path else visitor

    yield visit
    messages = [line for visitor, _ in opened for line in visitor.unexpected_messages()]
    for visitor, shared in opened:
        if not shared:
            visitor.page.context.close()
        elif visitor.clock_is_stopped:
            pool.close(visitor.page.context)
        else:
            pool.give_back(visitor.page.context)
    assert messages == [], "\n".join(messages)


@contextmanager
def page_for_modules(pool: ContextPool) -> Iterator[Visitor]:
    """A page without scripts, in which a test can import the service's JavaScript modules."""
    context = pool.take()
    page = context.new_page()
    page.goto(f"{pool.address}/livez")
    visitor = Visitor(page, pool.address)
    visitor.run(EMBED_FACTS)
    yield visitor
    pool.give_back(context)
