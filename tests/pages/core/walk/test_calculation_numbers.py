"""The page's calculations give the service's numbers, and NumPy's.

The page computes each sum again, in float64, from the network's weights and the service's float32 activations."""

import json
import math

import numpy as np
import pytest

from model.layers import LAYER_NAMES
from tests.pages.walk_helpers import DRAWINGS, SEED, SHAPES, cell_at, network
from tests.support.visitor import Visitor

CELLS = 500  # cells of each layer and drawing; all of a layer with fewer cells


SUMS = ("conv1", "conv2", "dense1", "logits")


def test_every_calculation_gives_the_services_number(service_js: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    """Relative error of at most 1e-4, or an error of at most 1e-6 of the sum of the terms' magnitudes.

    The second is for sums whose terms nearly cancel: the service adds in float32, which is not more precise then.
    """
    random = np.random.default_rng(SEED)
    near = dict.fromkeys(LAYER_NAMES, 0)
    cancelled = dict.fromkeys(LAYER_NAMES, 0)
    for drawing, (prepare, request) in DRAWINGS.items():
        asked = {
            name: random.choice(math.prod(shape), min(CELLS, math.prod(shape)), replace=False).tolist()
            for name, shape in SHAPES.items()
        }
        calculated = service_js.module(
            "core/walk/calculation",
            """const { byName } = await import("/static/js/core/layers.js");
            const { activations, sent } = await ask(a.prepare, a.request);
            const [weights, heat] = [await learn(), await temperature()];
            const size = (numbers) => numbers.reduce((sum, number) => sum + Math.abs(number), 0);
            return JSON.stringify(Object.entries(a.asked).map(([name, places]) => {
              const { rows, cols } = byName[name];
              const [mine, theirs, added] = [[], [], []];
              for (const at of places) {
                const map = Math.floor(at / (rows * cols));
                const cell = { layer: name, map, row: Math.floor(at / cols) % rows, col: at % cols };
                const { computed, value, kind, bias, terms, channels } = m.calculate(cell, activations, weights, heat);
                if (value !== sent[name].data[at]) throw new Error(`${name} is shown as another number`);
                const products = channels?.flatMap((channel) => channel.terms) ?? (kind === "linear" ? terms : []);
                mine.push(computed);
                theirs.push(sent[name].data[at]);
                added.push(products.length ? size([bias, ...products.map(({ product }) => product)]) : 0);
              }
              return [name, mine, theirs, added];
            }));""",
            {"prepare": prepare, "request": request, "asked": asked},
        )
        for name, *lists in json.loads(calculated):  # one text, because Playwright is slow with many numbers
            mine, theirs, added = (np.array(numbers) for numbers in lists)
            off = np.abs(mine - theirs)
            close = off <= 1e-4 * np.abs(theirs)
            wrong = ~close & (off > 1e-6 * added)
            assert not wrong.any(), (drawing, name, mine[wrong][:3], theirs[wrong][:3])
            near[name] += int(close.sum())
            cancelled[name] += int((~close).sum())
    sums = {name: near[name] + cancelled[name] for name in SUMS}
    needed = sum(cancelled[name] for name in SUMS)
    with capsys.disabled():
        print(
            f"\n  {sum(near.values()) + needed} numbers calculated by the page, {sum(sums.values())} of them sums; "
            f"not within 1e-4, but within 1e-6 of what was added: {needed} "
            f"({', '.join(f'{name} {cancelled[name]} of {count}' for name, count in sums.items())})"
        )
    assert sum(near.values()) + needed == sum(min(CELLS, math.prod(shape)) for shape in SHAPES.values()) * len(DRAWINGS)
    assert needed < 0.01 * sum(sums.values())
    assert {name for name, count in cancelled.items() if count} <= set(SUMS)


@pytest.mark.parametrize("drawing", ["the sample 5", "a 2 by hand", "a dot"])
def test_every_calculation_gives_the_number_that_numpy_computes_from_the_ink(service_js: Visitor, drawing: str) -> None:
    """NumPy finds mistakes that the page and the service share."""
    random = np.random.default_rng(SEED + 1)
    prepare, request = DRAWINGS[drawing]
    asked = {
        name: [cell_at(name, int(at)) for at in random.choice(math.prod(shape), min(60, math.prod(shape)), False)]
        for name, shape in SHAPES.items()
    }
    answer = service_js.module(
        "core/walk/calculation",
        """const { activations, stages } = await ask(a.prepare, a.request);
        const weights = await learn();
        return {
          image: Array.from(stages.images.shifted.data),
          values: Object.entries(a.asked).map(([name, cells]) =>
            [name, cells.map((cell) => m.calculate(cell, activations, weights).computed)]),
        };""",
        {"prepare": prepare, "request": request, "asked": asked},
    )
    truth = network(np.array(answer["image"], np.uint8).reshape(28, 28))
    for name, values in answer["values"]:
        numbers, added = (part.reshape(SHAPES[name]) for part in truth[name])
        for cell, value in zip(asked[name], values, strict=True):
            at = cell["map"], cell["row"], cell["col"]
            # The page's operands are the service's float32 numbers, which are rounded at each layer.
            assert abs(value - numbers[at]) <= max(1e-4 * abs(numbers[at]), 2e-6 * added[at]), (name, cell)
