"""A simulated user who draws on the page, clicks and reads. All tests of pages use this class."""

import base64
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import ConsoleMessage, FloatRect, Locator, Page, expect

from tests import ROOT
from tests.support.browsers.probe import PROBE
from tests.support.servers import PATIENCE, wait_until
from tools.browser import FULL_VIEW

Theme = Literal["light", "dark"]

PAD = 280  # the width and height of the pad in pad units, which do not depend on its size on the screen
SEVEN = [(60, 70), (200, 68), (120, 250)]
ONE = [(140, 40), (140, 240)]
PROJECTOR = {"width": 1366, "height": 768}
# The default options of the browser context of a page. Motion would be painted in every test that draws.
CONTEXT: dict[str, Any] = {"viewport": PROJECTOR, "reduced_motion": "reduce"}
PHONE = {"width": 390, "height": 844}
AXE = (ROOT / "tests/vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
EXPLAINED = "#strip[data-weights=all]"  # set once all weights are loaded and every cell can be explained
INTEREST = "document.querySelector('.network').dispatchEvent(new Event('focusin'))"  # makes the page load them
COLOURS = ("color-contrast", "link-in-text-block")  # the rules of axe-core that depend on the theme
SCREEN = (*COLOURS, "scrollable-region-focusable")  # those that depend on the theme or on the size of the window
# axe-core looks for what lies behind a text, so it walks over the whole page first. A section of the lesson paints
# nothing outside itself (`content-visibility`), so sections that are not tested can be left out, which halves the time.
RUN_AXE = """async ([part, options]) => {
  const tested = [...document.querySelectorAll(part)];
  const related = (node) => tested.some((part) => node.contains(part) || part.contains(node));
  const elsewhere = (node) => node.matches(".lesson-section") && !related(node);
  document.createTreeWalker = (root, show) => Document.prototype.createTreeWalker.call(document, root, show,
    (node) => (elsewhere(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  try {
    return (await axe.run(part, options)).violations;
  } finally {
    delete document.createTreeWalker;
  }
}"""
FRAME_MS = 20  # ms by which a stopped clock is advanced: slightly more than one frame
PATIENCE_MS = 1000 * PATIENCE

expect.set_options(timeout=PATIENCE_MS)

# Waits for two frames. The first paints past events, and the second paints what a callback of the first has scheduled.
PAINTED = """() => new Promise((done) => {
  const frame = window.probe?.frame ?? requestAnimationFrame;
  frame(() => frame(done));
})"""


# Follows a link to the page that is open, and removes what links do not hold: the focus and messages.
FOLLOW = """async (fragment) => {
  document.activeElement?.blur();
  document.getElementById("close-message").click();
  history.replaceState(null, "", location.pathname + location.search);
  const followed = new Promise((done) => addEventListener("popstate", done, { once: true }));
  location.hash = fragment;
  await followed;
}"""
# One request to the browser, where Locator.bounding_box sends three.
PAD_BOX = """() => {
  const { x, y, width, height } = document.getElementById("pad-canvas").getBoundingClientRect();
  return [x, y, width, height];
}"""
HAS_THEME = "(theme) => matchMedia(`(prefers-color-scheme: ${theme})`).matches"
START = "d=digit.7.0.mnist"  # the link to the drawing with which a page opens


def seen(part: Locator) -> Locator:
    """Wait until the page has painted all past events, then return the same part of the page, which can now be read.

    The page paints in the frame after an event. So tests use this function wherever they read the page without
    `expect`; tests/test_architecture.py checks this.
    """
    part.page.evaluate(PAINTED)
    return part


def bounds(part: Locator) -> FloatRect:
    """The bounding box of a part of the page, in pixels of the window."""
    found = seen(part).bounding_box()
    assert found is not None, f"{part} is not on the screen"
    return found


def pixels(canvas: Locator) -> NDArray[np.uint8]:
    """The pixels of a canvas: uint8 RGBA values, shape (height, width, 4)."""
    url: str = seen(canvas).evaluate("(canvas) => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))


class Visitor:
    """A simulated user of one page, who has left the simple view of the first visit; "/?view=first" opens it.

    It also records the errors and warnings in the page's console.
    """

    def __init__(self, page: Page, url: str, settled: str = "#answer") -> None:
        self.page = page
        self.url = url
        self.settled = f'{settled}[data-settled="true"]'
        self.console: list[str] = []
        self.requests: list[str] = []
        self.expected: list[str] = []
        self.clock_is_stopped = False
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(PROBE)
        page.add_init_script(FULL_VIEW)
        page.on("console", self._record_message)
        page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))

    def _record_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(message.text)

    def record_requests(self) -> "Visitor":
        """Record the address of every request from now on. This takes time, so only tests that need it call it."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        return self

    def expect_in_console(self, pattern: str) -> None:
        """Allow messages in the console that contain this regular expression."""
        self.expected.append(pattern)

    def unexpected_messages(self) -> list[str]:
        """The messages in the console that `expect_in_console` does not allow."""
        return [line for line in self.console if not any(re.search(pattern, line) for pattern in self.expected)]

    def check_console(self) -> None:
        """Fail if the console has unexpected messages, then forget all messages, for the next test on this page."""
        messages = self.unexpected_messages()
        self.console.clear()
        self.expected.clear()
        assert messages == [], "\n".join(messages)

    def open(self, path: str = "/") -> "Visitor":
        self.page.goto(self.url + path)
        self.settle()
        if self.settled.startswith("#answer"):  # only the network's page has #preview
            self.page.evaluate(INTEREST)
            self.page.locator(EXPLAINED).wait_for(state="attached")
        return self

    def start_again(self, place: str = "", theme: Theme = "light", size: dict[str, int] = PROJECTOR) -> "Visitor":
        """Reset the page as if its link to a place had just been opened, except that Undo returns to the last drawing.

        If the place contains no drawing, the page shows the drawing with which it opens.
        """
        self.page.mouse.move(0, 0)
        self._set_screen(theme, size)
        has_drawing = re.search(r"(^|&)d=", place) is not None
        self.run(FOLLOW, place if has_drawing else f"{place}&{START}" if place else START)
        self.settle()
        self.run("probe.requests.splice(0, probe.requests.length - 1)")
        return self

    def settle(self) -> "Visitor":
        """Wait until the page shows the prediction for the latest request."""
        settled = self.page.locator(self.settled)
        if self.clock_is_stopped:

            def painted() -> bool:
                """Whether the prediction is shown. Advances the clock only while no request is in flight, so that the
                page's time does not depend on the speed of the machine."""
                if self.page.evaluate("probe.now") == 0:
                    self.pass_time(FRAME_MS)
                return settled.count() > 0

            assert wait_until(painted)
        settled.wait_for(state="attached")  # `expect` is slower: it describes the page after each failed attempt
        return self

    def painted(self) -> "Visitor":
        """Wait until the page has painted all past events, which it does in the next frame."""
        self.page.evaluate(PAINTED)
        return self

    def find(self, selector: str) -> Locator:
        """A part of the page, to click it or to pass it to `expect`. Use `seen` to read it."""
        return self.page.locator(selector)

    def seen(self, selector: str) -> Locator:
        return seen(self.find(selector))

    def text(self, selector: str) -> str:
        """The text as the page shows it, with ordinary spaces instead of no-break spaces."""
        return self.seen(selector).inner_text().replace("\u00a0", " ")

    def texts(self, selector: str) -> list[str]:
        """The texts of all these parts of the page, as `text` returns one."""
        return [text.replace("\u00a0", " ") for text in self.seen(selector).all_inner_texts()]

    def bounds(self, selector: str) -> FloatRect:
        return bounds(self.find(selector))

    @property
    def facts(self) -> dict[str, Any]:
        """The facts about the service that the page embeds as JSON for its scripts."""
        facts: dict[str, Any] = json.loads(self.seen("#facts").text_content() or "")
        return facts

    @property
    def digit(self) -> str:
        return self.text("#digit")

    def client(self, x: float, y: float) -> tuple[float, float]:
        """Convert pad units to pixels of the window, without waiting for a frame."""
        left, top, width, height = self.page.evaluate(PAD_BOX)
        return left + x * width / PAD, top + y * height / PAD

    def begin(self, x: float, y: float) -> None:
        """Start a stroke: move the mouse there and press its button."""
        self.painted().page.mouse.move(*self.client(x, y))
        self.page.mouse.down()

    def move(self, x: float, y: float, steps: int = 1) -> None:
        self.page.mouse.move(*self.client(x, y), steps=steps)

    def lift(self) -> "Visitor":
        self.page.mouse.up()
        return self.settle()

    def draw(self, points: Sequence[tuple[float, float]]) -> "Visitor":
        """Draw one stroke with the mouse and wait for the prediction.

        The mouse moves once to each point, because the page paints all maps after each move. Tests of the pen itself
        use `move` with more steps.
        """
        self.begin(*points[0])
        for point in points[1:]:
            self.move(*point)
        return self.lift()

    def press(self, part: str | Locator) -> "Visitor":
        (self.find(part) if isinstance(part, str) else part).click()
        return self.painted()

    def key(self, name: str) -> "Visitor":
        """Press a key or a combination of keys such as Control+z."""
        self.page.keyboard.press(name)
        return self.painted()

    def sample(self, digit: int) -> "Visitor":
        return self.press(f'#samples button[aria-label="Sample digit {digit}"]').settle()

    def choose(self, name: str, value: str) -> "Visitor":
        """Choose a value of the radio buttons `prepare` or `scale`."""
        self.find(f'input[name="{name}"][value="{value}"]').click()
        return self.painted()

    def change_screen(self, theme: Theme, size: dict[str, int] | None = None) -> "Visitor":
        """Change the colour scheme that the page should use, and the size of its window if `size` is given."""
        self._set_screen(theme, size)
        return self.painted()

    def _set_screen(self, theme: Theme, size: dict[str, int] | None) -> None:
        # Chromium computes all styles and paints everything again even if the page has this theme already.
        if not self.page.evaluate(HAS_THEME, theme):
            self.page.emulate_media(color_scheme=theme)
        if size:
            self.page.set_viewport_size({"width": size["width"], "height": size["height"]})

    def stop_clock(self) -> "Visitor":
        """Stop the page's clock. From now on, only `pass_time` advances it."""
        self.page.clock.install(time=0)
        self.page.clock.pause_at(3_600_000)  # an hour, which has not passed even on a busy machine
        self.clock_is_stopped = True
        return self

    def pass_time(self, ms: int) -> None:
        """Advance the stopped clock, which runs the timers and frames that are due."""
        self.page.clock.run_for(ms)

    def clear(self) -> "Visitor":
        return self.press("#clear").settle()

    def run(self, script: str, argument: Any = None) -> Any:
        """Wait until the page has painted all past events, then evaluate a script in the page."""
        return self.painted().page.evaluate(script, argument)

    def module(self, name: str, body: str, argument: Any = None) -> Any:
        """Evaluate JavaScript in the page: in `body`, `m` is the module `name` and `a` is the argument."""
        script = f"async (a) => {{ const m = await import('/static/js/{name}.js'); {body} }}"
        return self.page.evaluate(script, argument)

    def feature_map_requests(self) -> list[dict[str, Any]]:
        """The requests that the page has sent to /feature-maps so far."""
        requests: list[dict[str, Any]] = self.run("probe.requests")
        return requests

    def violations(self, part: str = "html", *, rules: Sequence[str] = ()) -> list[str]:
        """The violations of accessibility rules that axe-core finds in a part of the page.

        By default, all rules are checked. For another theme, those of `COLOURS` are enough; for another theme and size
        of the window, those of `SCREEN`.
        """
        if not self.run("'axe' in window"):
            self.run(f"{AXE};0")  # a small result, because Playwright would send all of axe-core back
        # No rule that is on by default needs the style sheets, which axe-core would load and read again.
        options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
        if rules:
            options["runOnly"] = list(rules)
        found = self.run(RUN_AXE, [part, options])
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    def pixels(self, selector: str) -> NDArray[np.uint8]:
        return pixels(self.find(selector))


Opener = Callable[..., Visitor]


def number(text: str) -> float:
    """The value of a number as the page writes it: with the minus sign U+2212, and very small ones as 2.77·10⁻⁷."""
    return float(re.sub("·10(.+)", r"e\1", text).translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")))
