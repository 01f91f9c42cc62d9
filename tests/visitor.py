"""Someone who uses the page: draws, presses, looks. Every test of the page speaks through this."""

import base64
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import ConsoleMessage, FloatRect, Locator, Page, Route, expect

from tests import ROOT
from tests.servers import wait_until

PAD = 280  # pad units, at every size on the screen
SEVEN = [(60, 70), (130, 64), (200, 68), (170, 140), (140, 190), (120, 250)]
ONE = [(140, 40), (140, 120), (140, 240)]
PROJECTOR = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
AXE = (ROOT / "tests/vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
EXPLAINED = "#preview[hidden]"  # the calculation in its place: the network's weights are here
FRAME_MS = 20  # of the clock that stands: a frame and a little
PATIENCE_MS = 30_000  # no promise of the page: how long a busy machine may take

expect.set_options(timeout=PATIENCE_MS)

# Watches /feature-maps from inside the page: how many requests are under way at once, what they carry, and when. With
# `hold` set an answer is kept back until the test lets it go. `frame` asks for a frame also while the clock stands.
PROBE = """
(() => {
  const probe = (window.probe = { now: 0, most: 0, requests: [], held: [], hold: false, violations: [] });
  probe.frame = window.requestAnimationFrame.bind(window);
  const fetch = window.fetch.bind(window);
  window.fetch = async (url, options) => {
    if (!String(url).startsWith("/feature-maps")) return fetch(url, options);
    const body = typeof options.body === "string" ? options.body : null;
    probe.requests.push({ url, type: options.headers["Content-Type"], body, when: performance.now() });
    probe.most = Math.max(probe.most, ++probe.now);
    try {
      const { status, headers, body: stream } = await fetch(url, options);
      const buffer = await new Response(stream).arrayBuffer();
      if (probe.hold) await new Promise((go) => probe.held.push(go));
      return new Response(buffer, { status, headers });
    } finally {
      probe.now--;
    }
  };
  addEventListener("securitypolicyviolation", (e) => probe.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
})();
"""

# Two frames on: the first shows what has happened so far, and what that asked another frame for comes in the second.
PAINTED = """() => new Promise((done) => {
  const frame = window.probe?.frame ?? requestAnimationFrame;
  frame(() => frame(done));
})"""


def embed_facts(page: Page) -> None:
    """Copy the facts that the service's pages embed into another document, so that modules can be imported there."""
    page.evaluate("""async () => {
      const text = await (await fetch("/")).text();
      document.body.append(new DOMParser().parseFromString(text, "text/html").getElementById("facts"));
    }""")


def seen(part: Locator) -> Locator:
    """A part of the page, to be read: what has happened so far is painted, which the page does in the frame after.

    Whatever is read without `expect` is read through this; test_architecture.py holds the tests to it.
    """
    part.page.evaluate(PAINTED)
    return part


def bounds(part: Locator) -> FloatRect:
    """Where a part of the page is, in pixels of the window."""
    found = seen(part).bounding_box()
    assert found is not None, f"{part} is not on the screen"
    return found


def pixels(canvas: Locator) -> NDArray[np.uint8]:
    """What a canvas shows: height × width × 4, red, green, blue and opacity."""
    url: str = seen(canvas).evaluate("(canvas) => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))


class Visitor:
    """A page with everything it prints to its console, and a hand to draw with."""

    def __init__(self, page: Page, url: str, settled: str = "#answer") -> None:
        self.page = page
        self.url = url
        self.settled = f'{settled}[data-settled="true"]'
        self.console: list[str] = []
        self.requests: list[str] = []
        self.expected: list[str] = []
        self.clock_stands = False
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(PROBE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console.append(message.text)

    def listen(self) -> "Visitor":
        """From here on keep the address of every request, which most tests have no use for: it costs its time."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        return self

    def expect_in_console(self, pattern: str) -> None:
        """Say that messages like this belong to what the test does."""
        self.expected.append(pattern)

    def complaints(self) -> list[str]:
        """Everything in the console that no test asked for."""
        return [line for line in self.console if not any(re.search(pattern, line) for pattern in self.expected)]

    def open(self, path: str = "/") -> "Visitor":
        self.page.goto(self.url + path)
        self.settle()
        if self.settled.startswith("#answer"):  # the network's page, and not one of the lesson's
            self.page.locator(EXPLAINED).wait_for(state="attached")
        return self

    def settle(self) -> "Visitor":
        """Wait until the answer to the last thing asked is on the screen."""
        settled = self.page.locator(self.settled)
        if self.clock_stands:

            def painted() -> bool:
                """Time passes only while no answer is under way, so that a slow machine ages no drawing."""
                if self.page.evaluate("probe.now") == 0:
                    self.pass_time(FRAME_MS)
                return settled.count() > 0

            assert wait_until(painted, PATIENCE_MS / 1000)
        settled.wait_for(state="attached")  # `expect` would describe the whole page each time that it is not there yet
        return self

    def painted(self) -> "Visitor":
        """Wait until the page shows what has happened so far: it paints in the frame after."""
        self.page.evaluate(PAINTED)
        return self

    def find(self, selector: str) -> Locator:
        """A part of the page, to be used or expected of; what is read of it is read through `seen`."""
        return self.page.locator(selector)

    def seen(self, selector: str) -> Locator:
        return seen(self.find(selector))

    def text(self, selector: str) -> str:
        return self.seen(selector).inner_text()

    def bounds(self, selector: str) -> FloatRect:
        return bounds(self.find(selector))

    @property
    def facts(self) -> dict[str, Any]:
        """What the page tells its scripts about the service."""
        facts: dict[str, Any] = json.loads(self.seen("#facts").text_content() or "")
        return facts

    @property
    def digit(self) -> str:
        return self.text("#digit")

    def client(self, x: float, y: float) -> tuple[float, float]:
        """Pad units to pixels of the window; it waits for no frame, as a hand does not."""
        box = self.find("#pad-canvas").bounding_box()
        assert box is not None
        return box["x"] + x * box["width"] / PAD, box["y"] + y * box["height"] / PAD

    def begin(self, x: float, y: float) -> None:
        """Put the pen down."""
        self.painted().page.mouse.move(*self.client(x, y))
        self.page.mouse.down()

    def move(self, x: float, y: float, steps: int = 1) -> None:
        self.page.mouse.move(*self.client(x, y), steps=steps)

    def lift(self) -> "Visitor":
        self.page.mouse.up()
        return self.settle()

    def draw(self, points: Sequence[tuple[float, float]], steps: int = 3) -> "Visitor":
        """One stroke with the mouse, from pressing to letting go."""
        self.begin(*points[0])
        for point in points[1:]:
            self.move(*point, steps=steps)
        return self.lift()

    def press(self, part: str | Locator) -> "Visitor":
        (self.find(part) if isinstance(part, str) else part).click()
        return self.painted()

    def key(self, name: str) -> "Visitor":
        """Press a key, or keys such as Control+z."""
        self.page.keyboard.press(name)
        return self.painted()

    def sample(self, digit: int) -> "Visitor":
        return self.press(f'#samples button[aria-label="Sample digit {digit}"]').settle()

    def choose(self, name: str, value: str) -> "Visitor":
        """Turn one of the two switches, prepare or scale."""
        self.find(f'input[name="{name}"][value="{value}"]').click()
        return self.painted()

    def stop_clock(self) -> "Visitor":
        """From here on the page's time stands still but for `pass_time`."""
        self.page.clock.install(time=0)
        self.page.clock.pause_at(3_600_000)  # a moment that the machine, however busy, has not reached by now
        self.clock_stands = True
        return self

    def pass_time(self, ms: int) -> None:
        """Let timers and frames of so many milliseconds happen."""
        self.page.clock.run_for(ms)

    def clear(self) -> "Visitor":
        return self.press("#clear").settle()

    def run(self, script: str, argument: Any = None) -> Any:
        """Evaluate a script in the page, once what has happened so far is painted."""
        return self.painted().page.evaluate(script, argument)

    def module(self, name: str, body: str, argument: Any = None) -> Any:
        """Evaluate `body` with a module of the page as `m` and the argument as `a`."""
        script = f"async (a) => {{ const m = await import('/static/js/{name}.js'); {body} }}"
        return self.page.evaluate(script, argument)

    def asked(self) -> list[dict[str, Any]]:
        """What the page has asked /feature-maps so far."""
        requests: list[dict[str, Any]] = self.run("probe.requests")
        return requests

    def violations(self, part: str = "html") -> list[str]:
        """What axe-core, the checker of accessibility, has to say against a part of the page."""
        if not self.run("'axe' in window"):
            self.run(AXE)
        found = self.run("(part) => axe.run(part, { resultTypes: ['violations'] })", part)["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    def pixels(self, selector: str) -> NDArray[np.uint8]:
        return pixels(self.find(selector))


Opener = Callable[..., Visitor]


Change = Callable[[dict[str, Any], dict[str, NDArray[np.float32]]], dict[str, Any]]


def answering(visitor: Visitor, change: Change) -> None:
    """From here on predictions are changed: `change` is given one and its layers, and returns what differs."""

    def answer(route: Route) -> None:
        answered = route.fetch()
        file = answered.body()
        size = int.from_bytes(file[:8], "little")
        header, values = json.loads(file[8 : 8 + size]), file[8 + size :]
        layers = {
            name: np.frombuffer(values[slice(*about["data_offsets"])], np.float32)
            for name, about in header.items()
            if about.get("dtype") == "F32"
        }
        prediction = json.loads(header["__metadata__"]["prediction"])
        header["__metadata__"]["prediction"] = json.dumps(prediction | change(prediction, layers))
        written = json.dumps(header).encode()
        written += b" " * (-len(written) % 8)
        body = len(written).to_bytes(8, "little") + written + values
        kept = {name: value for name, value in answered.headers.items() if name != "content-length"}
        route.fulfill(body=body, headers=kept)

    visitor.page.route("**/feature-maps*", answer)


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("−", "-"))
