"""Measures the page's response times in a browser: from a pointer event to the painted result.

    python -m benchmarks.pages.browser               200 events of each kind
    python -m benchmarks.pages.browser --count 20    20 events of each kind

A headless browser draws on the pad, points at cells of the maps, clicks them, and moves the slider of the epochs. In
the lab, it presses the tabs and moves one slider of each experiment until its result is painted. The page measures the
time from the event's time stamp to the end of painting in the animation frame, and records it as a performance measure;
for sliders and the lab, a script in the page does. Hovers, clicks and moves of the slider come at random moments
between two frames, as with a real pointer. So on a screen with 60 frames per second they wait for half a frame, 8 ms,
on average. The targets are for the medians; a missed target is not an error.
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

WIDTH, HEIGHT = 1366, 768  # pixels of a typical projector
COUNT = 200
PLOTS = tuple(layer.name for layer in LAYERS if layer.name != "probabilities")  # probabilities are shown as bars
# The largest number of events sent per measured event. An event on the cell that is already shown changes nothing and
# is not measured.
MOST_EVENTS = 3
FRAME = 1 / 60  # seconds per frame
SEED = 11

SETTLED = '#answer[data-settled="true"]'
# Waits until the next frame has been painted, that is, until the frame after it starts. Returns the number of
# performance measures with this name.
PAINTED = """async (name) => {
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  return performance.getEntriesByName(name).length;
}"""
# The centre of a cell in a layer's plot, in screen coordinates. (across, down) from 0 to 1 is the position in the plot.
# Returns null if there is no cell at this position (as between two maps) or another element covers it.
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
# Moves the slider to an epoch. Returns the ms until the page has painted the network of this epoch, or null if the
# slider is already there. The page marks the answer as settled in the frame in which it paints, and the observer is
# called at the end of this frame.
SWITCH = """async (epoch) => {
  const [slider, answer] = ["epoch", "answer"].map((id) => document.getElementById(id));
  if (slider.valueAsNumber === epoch) return null;
  const start = performance.now();
  slider.value = epoch;
  slider.dispatchEvent(new Event("input"));
  await new Promise((go) => {
    const observer = new MutationObserver(() => answer.dataset.settled === "true" && (observer.disconnect(), go()));
    observer.observe(answer, { attributeFilter: ["data-settled"] });
  });
  return performance.now() - start;
}"""

# Presses the tab of an experiment. Returns the ms until the frame with the experiment is painted.
PRESS_TAB = """async (name) => {
  const start = performance.now();
  document.getElementById(`tab-${name}`).click();
  await new Promise(requestAnimationFrame);
  const { port1, port2 } = new MessageChannel();
  const painted = new Promise((go) => (port1.onmessage = go));
  port2.postMessage(null);
  await painted;
  return performance.now() - start;
}"""
# Moves a slider of an experiment to another step. Returns the ms until the page has painted its result.
SLIDE = """async ([experiment, part, result, chance]) => {
  const root = document.getElementById(experiment);
  const slider = root.querySelector(`[data-part="${part}"]`);
  const settled = result ? root.querySelector(`[data-part="${result}"]`) : root;
  const step = Number(slider.step) || 1;
  const steps = (slider.max - slider.min) / step;
  const now = Math.round((slider.value - slider.min) / step);
  const next = (now + 1 + Math.floor(chance * steps)) % (steps + 1);
  const start = performance.now();
  slider.value = Number(slider.min) + next * step;
  slider.dispatchEvent(new Event("input"));
  await new Promise((go) => {
    const observer = new MutationObserver(() => settled.dataset.settled === "true" && (observer.disconnect(), go()));
    observer.observe(settled, { attributeFilter: ["data-settled"] });
  });
  return performance.now() - start;
}"""
EXPERIMENTS = ("break", "matter", "fool", "map", "replay", "teach")
# A slider of each experiment: the experiment, the slider, and the part that says when its result is painted.
SLIDERS = {
    "factor of a filter to the answer": ("break", "times", "answer"),
    "covering square to its map": ("matter", "patch", "maps"),
    "ε to the attacked image": ("fool", "epsilon", "images"),
    "epoch to the map of relu3": ("map", "epoch", "plot"),
    "share of the ink to its answer": ("replay", "scrub", ""),
    "steps to the taught network": ("teach", "steps", ""),
}
SEVEN = ((0.2, 0.2), (0.8, 0.2), (0.4, 0.85))  # on the pad, from 0 to 1


@dataclass(frozen=True, slots=True)
class Response:
    """The response times of one kind of event.

    `measure` is the name of the performance measure, `target` is the target for the median in ms, and `times` are in
    ms.
    """

    name: str
    measure: str
    target: float
    times: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        """The 95th percentile of the times in ms."""
        return sorted(self.times)[math.ceil(0.95 * len(self.times)) - 1]

    def __str__(self) -> str:
        if not self.times:
            return f"{self.name:42}not measured: the page left no {self.measure}"
        verdict = "met" if self.median <= self.target else "MISSED"
        figures = f"{len(self.times):>8}{self.median:>9.1f} ms{self.p95:>9.1f} ms"
        return f"{self.name:42}{figures}   target ≤ {self.target:g} ms: {verdict}"


def strokes(page: "Page", count: int = COUNT) -> Response:
    """Draw one long stroke on a blank pad, and measure the time from each pointer move to the repainted maps."""
    page.locator("#clear").click()
    page.wait_for_selector(SETTLED)
    box = page.locator("#pad-canvas").bounding_box()
    assert box is not None

    def at(step: int) -> tuple[float, float]:
        """The position at a step: the pen zigzags from the top of the pad to the bottom, and turns every 20 steps."""
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
    """Point at random cells of all layers, and measure the time to the painted preview."""
    times = _one_by_one(page, "hover-to-preview", count, page.mouse.move)
    return Response("hover to preview painted", "hover-to-preview", 16, times)


def pins(page: "Page", count: int = COUNT) -> Response:
    """Click random cells of all layers, and measure the time to the painted calculation."""
    times = _one_by_one(page, "pin-to-calculation", count, page.mouse.click)
    return Response("pin to calculation", "pin-to-calculation", 50, times)


def epochs(page: "Page", count: int = COUNT) -> Response:
    """Move the slider to random epochs of the training run `lesson`, and measure the time to the repainted page."""
    page.locator("#weights").select_option("lesson")
    page.wait_for_selector(SETTLED)
    last = int(page.locator("#epoch").get_attribute("max") or 0)
    chance = random.Random(SEED)
    times: list[float] = []
    while len(times) < count:
        time.sleep(chance.uniform(0, FRAME))
        took: float | None = page.evaluate(SWITCH, chance.randint(0, last))
        if took is not None:
            times.append(took)
    return Response("epoch slider to all maps repainted", "epoch-to-maps", 100, times)


def tabs(page: "Page", count: int = COUNT) -> Response:
    """Press each tab of the lab once, in a random order, and measure the time to the first paint of the experiment.

    Then load the page again.
    """
    address = page.url.partition("#")[0]
    chance = random.Random(SEED)
    times: list[float] = []
    while len(times) < count:
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector('#break[data-settled="true"]')
        for experiment in chance.sample(EXPERIMENTS[1:], len(EXPERIMENTS) - 1):
            time.sleep(chance.uniform(0, FRAME))
            times.append(page.evaluate(PRESS_TAB, experiment))
    return Response("tab to first paint of the experiment", "tab-to-experiment", 100, times[:count])


def sliders(page: "Page", count: int = COUNT) -> list[Response]:
    """Move a slider of each experiment to random steps, and measure the time to its painted result.

    Each experiment shows its result first, so that it has already requested everything that does not depend on the
    slider.
    """
    page.locator("#clear").click()
    page.locator("#tab-teach").click()
    for _ in range(3):
        _draw_seven(page)
        page.locator('#teach [data-part="add"]').click()
    _draw_seven(page)
    page.locator("#weights").select_option("lesson")
    chance = random.Random(SEED)
    responses = []
    for name, slider in SLIDERS.items():
        experiment = slider[0]
        page.locator(f"#tab-{experiment}").click()
        reveal = page.locator(f"#{experiment} :is([data-reveal], [data-part=show]):visible")
        if reveal.count():
            reveal.click()
        page.wait_for_selector(f'#{experiment}[data-settled="true"]', timeout=60_000)
        times = []
        for _ in range(count):
            time.sleep(chance.uniform(0, FRAME))
            times.append(page.evaluate(SLIDE, [*slider, chance.random()]))
        responses.append(Response(f"slider: {name}", f"slide-{experiment}", 50, times))
    return responses


def _draw_seven(page: "Page") -> None:
    box = page.locator("#pad-canvas").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    page.wait_for_selector('#yours[data-settled="true"]')


def _one_by_one(page: "Page", measure: str, count: int, act: Callable[[float, float], None]) -> list[float]:
    """Call `act` with the positions of random cells until `count` events are measured. Returns the times in ms.

    Each call comes at a random moment of a frame. After it, wait until the page has painted.
    """
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
    """The screen position of a random cell of a random layer. Raises LoadError if no cell can be found."""
    for _ in range(1000):
        at: list[float] | None = page.evaluate(PLACE, [chance.choice(PLOTS), chance.random(), chance.random()])
        if at is not None:
            return at[0], at[1]
    raise LoadError("there is no cell on the page to point at")


def _times(page: "Page", measure: str) -> list[float]:
    times: list[float] = page.evaluate("(name) => performance.getEntriesByName(name).map((m) => m.duration)", measure)
    return times


def measure(count: int) -> list[Response]:
    """Measure `count` events of each kind in one browser. Raises LoadError if no Chromium starts."""
    from playwright.sync_api import Error, sync_playwright

    with servers.inkling() as server, sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        except Error as error:
            raise LoadError(f"there is no Chromium that starts. {ADVICE}") from error
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"http://{HOST}:{server.port}/?view=full")
        page.wait_for_selector(SETTLED)
        responses = [measure(page, count) for measure in (strokes, hovers, pins, epochs)]
        page.goto(f"http://{HOST}:{server.port}/lab")
        page.wait_for_selector('#break[data-settled="true"]')
        responses += [tabs(page, count), *sliders(page, count)]
        browser.close()
    return responses


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table. Returns 0, even if a target is missed or there is no browser."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages.browser", description=(__doc__ or "").splitlines()[0]
    )
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
