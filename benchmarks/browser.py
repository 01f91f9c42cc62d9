"""How soon the page answers a hand: from the pointer's event to what it changes, painted.

    python -m benchmarks.browser               200 of each
    python -m benchmarks.browser --count 20    a glance

A browser without a window draws on the pad, moves over the maps and presses cells. The page itself takes the times,
from the event's own time stamp to the end of painting in the animation frame, and leaves them as performance measures.
The events come at any moment between two frames, as a hand's do, so on a screen of 60 frames a second half of a frame,
8 ms, is waiting for the next. A target is for the median; a missed one is not an error.
"""

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from benchmarks import servers
from benchmarks.client import HOST, LoadError
from model.layers import LAYERS
from tools.browser import ADVICE, FLAGS, find

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 1366, 768  # a projector's
COUNT = 200
PLOTS = tuple(layer.name for layer in LAYERS if layer.name != "probabilities")  # those are bars
PATIENCE = 3  # times as many events as wanted, at most: one that falls on what is shown already changes nothing
FRAME = 1 / 60  # s
SEED = 11

SETTLED = '#answer[data-settled="true"]'
# Once two frames have begun, so that the first is painted: how many measures there are.
PAINTED = """async (name) => {
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  return performance.getEntriesByName(name).length;
}"""
# The middle of a cell of a layer's picture on the screen; null where something else lies over it, or where there is
# no cell, as between two maps.
PLACE = """async ([name, across, down]) => {
  const { byName, cellAt, tileAt } = await import("/static/js/layers.js");
  const layer = byName[name];
  const canvas = document.querySelector(`.network [data-layer="${name}"] .plot canvas`);
  if (!canvas) return null;
  const [x, y] = [Math.floor(across * layer.width), Math.floor(down * layer.height)];
  const { map, row, col } = cellAt(layer, x, y);
  const [left, top] = layer.maps === 1 ? [0, 0] : tileAt(layer, map);
  if (left + col !== x || top + row !== y) return null;
  const frame = canvas.getBoundingClientRect();
  const at = [frame.left + (x + 0.5) * frame.width / layer.width, frame.top + (y + 0.5) * frame.height / layer.height];
  return document.elementFromPoint(...at)?.closest(".plot") === canvas.closest(".plot") ? at : null;
}"""


@dataclass(frozen=True, slots=True)
class Response:
    """One kind of event: the page's measure of it, the target for its median in ms, and the times in ms."""

    name: str
    measure: str
    target: float
    times: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """The least time that 95 of 100 stay within."""
        return sorted(self.times)[math.ceil(0.95 * len(self.times)) - 1]

    def __str__(self) -> str:
        if not self.times:
            return f"{self.name:42}not measured: the page left no {self.measure}"
        verdict = "met" if self.median <= self.target else "MISSED"
        figures = f"{len(self.times):>8}{self.median:>9.1f} ms{self.p95:>9.1f} ms"
        return f"{self.name:42}{figures}   target ≤ {self.target:g} ms: {verdict}"


def strokes(page: "Page", count: int = COUNT) -> Response:
    """Draw one long stroke on a blank pad."""
    page.locator("#clear").click()
    page.wait_for_selector(SETTLED)
    box = page.locator("#pad-canvas").bounding_box()
    assert box is not None

    def at(step: int) -> tuple[float, float]:
        """Zigzags, twenty moves each, from the top of the pad to its bottom."""
        along = step % 40 / 20
        x = 0.2 + 0.6 * min(along, 2 - along)
        y = 0.15 + 0.7 * step / count
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.evaluate("performance.clearMeasures()")
    page.mouse.move(*at(0))
    page.mouse.down()
    for step in range(1, count + 1):
        page.mouse.move(*at(step))
    page.mouse.up()
    page.wait_for_selector(SETTLED)
    return Response("pointer move to all maps repainted", "move-to-maps", 50, _times(page, "move-to-maps")[:count])


def hovers(page: "Page", count: int = COUNT) -> Response:
    """Point at random cells of all layers."""
    times = _one_by_one(page, "hover-to-preview", count, page.mouse.move)
    return Response("hover to preview painted", "hover-to-preview", 16, times)


def pins(page: "Page", count: int = COUNT) -> Response:
    """Press random cells of all layers."""
    times = _one_by_one(page, "pin-to-calculation", count, page.mouse.click)
    return Response("pin to calculation", "pin-to-calculation", 50, times)


def _one_by_one(page: "Page", measure: str, count: int, act: Callable[[float, float], None]) -> list[float]:
    """Act at one place after another, at any moment of a frame, each time until the page has painted."""
    chance = random.Random(SEED)
    page.evaluate("performance.clearMeasures()")
    for _ in range(PATIENCE * count):
        x, y = _place(page, chance)
        time.sleep(chance.uniform(0, FRAME))
        act(x, y)
        if page.evaluate(PAINTED, measure) >= count:
            break
    return _times(page, measure)[:count]


def _place(page: "Page", chance: random.Random) -> tuple[float, float]:
    """A random cell, each layer as likely as another, where it is on the screen now. Raises LoadError."""
    for _ in range(1000):
        at: list[float] | None = page.evaluate(PLACE, [chance.choice(PLOTS), chance.random(), chance.random()])
        if at is not None:
            return at[0], at[1]
    raise LoadError("there is no cell on the page that could be pointed at")


def _times(page: "Page", measure: str) -> list[float]:
    times: list[float] = page.evaluate("(name) => performance.getEntriesByName(name).map((m) => m.duration)", measure)
    return times


def measure(count: int) -> list[Response]:
    """All three, one after another, in a browser of their own. Raises LoadError where there is none."""
    from playwright.sync_api import Error, sync_playwright

    with servers.inkling() as server, sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        except Error as error:
            raise LoadError(f"there is no Chromium that starts. {ADVICE}") from error
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"http://{HOST}:{server.port}")
        page.wait_for_selector(SETTLED)
        responses = [strokes(page, count), hovers(page, count), pins(page, count)]
        browser.close()
    return responses


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table; 0, also where a target is missed or there is no browser to measure in."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help=f"events of each kind; default {COUNT}")
    count = max(1, parser.parse_args(arguments).count)
    if find_spec("playwright") is None:
        print("The browser is not measured: Playwright is not installed; make bench installs it.")
        return 0
    try:
        responses = measure(count)
    except LoadError as error:
        print(f"The browser is not measured: {error}")
        return 0
    print(f"{f'{WIDTH} × {HEIGHT} px':42}{'events':>8}{'median':>12}{'p95':>12}")
    for response in responses:
        print(response)
    return 0


if __name__ == "__main__":
    sys.exit(main())
