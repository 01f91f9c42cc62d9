"""The page's response times in a browser: from a pointer event to the painted result.

    python -m benchmarks.browser               200 events of each kind
    python -m benchmarks.browser --count 20    fewer

A headless browser draws on the pad, moves over the maps and clicks cells. The page itself measures the time from the
event's time stamp to the end of painting in the animation frame, and records performance measures. Events come at
random moments between two frames, as with a real pointer, so on a screen with 60 frames a second they wait half a
frame, 8 ms, on average. A target is for the median; a missed target is no error.
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
MOST_EVENTS = 3  # events per event to be measured, at most: one on the cell that is shown already changes nothing
FRAME = 1 / 60  # s
SEED = 11

SETTLED = '#answer[data-settled="true"]'
# The number of measures once two frames have begun, so that the first is painted.
PAINTED = """async (name) => {
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  return performance.getEntriesByName(name).length;
}"""
# The centre of a cell of a layer's plot on the screen; null where something else covers it, or where there is no cell,
# as between two maps.
PLACE = """async ([name, across, down]) => {
  const { byName, cellAt, tileAt } = await import("/static/js/core/layers.js");
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
    """One kind of event: the name of its performance measure, the target for the median in ms, and the times in ms."""

    name: str
    measure: str
    target: float
    times: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """The 95th percentile."""
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
        """Zigzags of twenty moves each, from the top of the pad to the bottom."""
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
    """Click random cells of all layers."""
    times = _one_by_one(page, "pin-to-calculation", count, page.mouse.click)
    return Response("pin to calculation", "pin-to-calculation", 50, times)


def _one_by_one(page: "Page", measure: str, count: int, act: Callable[[float, float], None]) -> list[float]:
    """Act at one cell after another, at random moments of a frame; each time wait until the page has painted."""
    chance = random.Random(SEED)
    page.evaluate("performance.clearMeasures()")
    for _ in range(MOST_EVENTS * count):
        x, y = _place(page, chance)
        time.sleep(chance.uniform(0, FRAME))
        act(x, y)
        if page.evaluate(PAINTED, measure) >= count:
            break
    return _times(page, measure)[:count]


def _place(page: "Page", chance: random.Random) -> tuple[float, float]:
    """The position on the screen of a random cell of a random layer. Raises LoadError if there is none."""
    for _ in range(1000):
        at: list[float] | None = page.evaluate(PLACE, [chance.choice(PLOTS), chance.random(), chance.random()])
        if at is not None:
            return at[0], at[1]
    raise LoadError("there is no cell on the page to point at")


def _times(page: "Page", measure: str) -> list[float]:
    times: list[float] = page.evaluate("(name) => performance.getEntriesByName(name).map((m) => m.duration)", measure)
    return times


def measure(count: int) -> list[Response]:
    """Measure all three, one after another, in one browser. Raises LoadError if there is none."""
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
    """Measure and print a table. Returns 0, also if a target is missed or there is no browser."""
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
