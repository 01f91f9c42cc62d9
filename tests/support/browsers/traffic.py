"""The requests of a page: waiting until there are no more."""

from time import monotonic

from playwright.sync_api import Page, Request

from tests.support.servers import PATIENCE

QUIET = 10  # pauses of the page without a request, after which none is expected
# The page itself pauses, because its requests wait, too, if the machine does not let the browser run for a while.
PAUSE = "() => new Promise((done) => setTimeout(done, 50))"
# A page adds its scripts after its first paint, which takes long on a busy machine (static/js/before-paint.js).
HAS_SCRIPTS = """() => {
  const wanted = document.querySelector("script[data-scripts]")?.dataset.scripts.split(" ") ?? [];
  return wanted.filter(Boolean).every((address) => document.querySelector(`script[src="${address}"]`));
}"""


class Traffic:
    """The requests of a page that are sent from now on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._open: set[Request] = set()
        self._changed = False
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def wait_for_end(self) -> None:
        """Wait until the page has its scripts and has sent no request for a while.

        Playwright's "networkidle" may come before a page requests its scripts.
        """
        self._page.wait_for_load_state("load")
        self._page.wait_for_function(HAS_SCRIPTS)
        start, quiet = monotonic(), 0
        while self._open or quiet < QUIET:
            waiting = sorted(request.url for request in self._open)
            assert monotonic() - start < PATIENCE, f"the page still sends requests: {waiting}"
            self._changed = False
            self._page.evaluate(PAUSE)
            quiet = 0 if self._changed else quiet + 1

    def _begin(self, request: Request) -> None:
        self._open.add(request)
        self._changed = True

    def _end(self, request: Request) -> None:
        self._open.discard(request)
        self._changed = True
