"""The terms of each layer's calculation, and the strongest path."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.layers import LAYER_NAMES, MEAN, STD
from tests.pages.walk_helpers import DRAWINGS, SHAPES, Cell, cell_at, parameters, random_cells
from tests.support.visitor import Visitor


def index_of(cell: Cell) -> int:
    return int(np.ravel_multi_index((cell["map"], cell["row"], cell["col"]), SHAPES[cell["layer"]]))


@dataclass(frozen=True, slots=True)
class Walked:
    """The activations of a drawing, and the page's calculations for its cells."""

    service_js: Visitor
    prepare: str
    request: dict[str, Any]
    activations: dict[str, NDArray[np.float32]]

    def calculate(self, *cells: Cell, temperature: float = 1.0) -> list[dict[str, Any]]:
        what = f"a.cells.map((cell) => m.calculate(cell, activations, weights, {temperature}))"
        found: list[dict[str, Any]] = self._say(what, cells)
        return found

    def strongest(self, *cells: Cell) -> list[dict[str, Any]]:
        """The operands of each cell, and the strongest of them."""
        found: list[dict[str, Any]] = self._say(
            """a.cells.map((cell) => {
              const calculation = m.calculate(cell, activations, weights);
              const operands = m.operands(calculation).map((operand) => operand.cell);
              return { operands, strongest: m.strongest(calculation) };
            })""",
            cells,
        )
        return found

    def path(self, cell: Cell) -> list[Cell]:
        """The strongest path from a cell back to the ink, beginning with that cell."""
        found: list[Cell] = self._say(
            """(() => {
                const path = [a.cells[0]];
                for (let at = path[0]; (at = m.strongest(m.calculate(at, activations, weights))); ) path.push(at);
                return path;
            })()""",
            (cell,),
        )
        return found

    def value(self, cell: Cell) -> float:
        return float(self.activations[cell["layer"]].ravel()[index_of(cell)])

    def _say(self, what: str, cells: Sequence[Cell]) -> Any:
        # As one text, because Playwright needs seconds for thousands of objects.
        script = f"""const {{ activations }} = await ask(a.prepare, a.request);
            const weights = await learn();
            return JSON.stringify({what})"""
        asked = {"prepare": self.prepare, "request": self.request, "cells": list(cells)}
        return json.loads(self.service_js.module("core/walk/calculation", script, asked))


@pytest.fixture(scope="module", params=["the sample 7", "a 4 by hand"])
def walked(service_js: Visitor, request: pytest.FixtureRequest) -> Walked:
    prepare, drawing = DRAWINGS[request.param]
    lists = service_js.run(
        """async ([prepare, request]) => {
          const { sent } = await ask(prepare, request);
          return JSON.stringify(Object.entries(sent).map(([name, { data }]) => [name, Array.from(data)]));
        }""",
        [prepare, drawing],
    )
    return Walked(
        service_js, prepare, drawing, {name: np.array(values, np.float32) for name, values in json.loads(lists)}
    )


def test_the_calculation_of_a_pixel_is_its_grey_level(walked: Walked) -> None:
    for cell, said in zip(cells := random_cells("input", 80, 1), walked.calculate(*cells), strict=True):
        assert said["value"] == walked.value(cell)
        assert said["value"] == pytest.approx((said["grey"] / 255 - MEAN) / STD, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "source", "module"), [("conv1", "input", "features.0"), ("conv2", "pool1", "features.3")]
)
def test_the_terms_of_a_convolution_are_3_by_3_cells_of_every_input_map(
    walked: Walked, name: str, source: str, module: str
) -> None:
    cells = random_cells(name, 12, 2)
    weight, bias = parameters()[f"{module}.weight"], parameters()[f"{module}.bias"]
    for cell, said in zip(cells, walked.calculate(*cells), strict=True):
        channels = said["channels"]
        assert [channel["channel"] for channel in channels] == list(range(SHAPES[source][0]))
        for channel in channels:
            terms = channel["terms"]
            assert [(term["i"], term["j"]) for term in terms] == [(i, j) for i in range(3) for j in range(3)]
            for term in terms:
                i, j = term["i"], term["j"]
                place = {"map": channel["channel"], "row": cell["row"] + i, "col": cell["col"] + j}
                assert term["cell"] == {"layer": source, **place}
                assert term["value"] == walked.value(term["cell"])
                assert term["weight"] == weight[cell["map"], channel["channel"], i, j]
                assert term["product"] == term["value"] * term["weight"]
            assert channel["sum"] == pytest.approx(math.fsum(term["product"] for term in terms), abs=1e-12)
        assert said["bias"] == bias[cell["map"]]
        assert said["computed"] == pytest.approx(said["bias"] + math.fsum(one["sum"] for one in channels), abs=1e-12)
        assert said["value"] == walked.value(cell), "the number that all pages show"
        magnitudes = [abs(channels[channel]["sum"]) for channel in said["order"]]
        assert magnitudes == sorted(magnitudes, reverse=True)
        assert sorted(said["order"]) == list(range(len(channels)))


@pytest.mark.parametrize("name", ["relu1", "relu2", "relu3"])
def test_a_relu_uses_the_same_cell_of_the_layer_before(walked: Walked, name: str) -> None:
    cells = random_cells(name, 60, 3)
    for cell, said in zip(cells, walked.calculate(*cells), strict=True):
        before = LAYER_NAMES[LAYER_NAMES.index(name) - 1]
        assert said["source"] == {"cell": {**cell, "layer": before}, "value": walked.value({**cell, "layer": before})}
        assert said["value"] == max(0.0, said["source"]["value"]) == walked.value(cell)


@pytest.mark.parametrize("name", ["pool1", "pool2"])
def test_max_pooling_keeps_the_largest_of_four_cells(walked: Walked, name: str) -> None:
    cells = random_cells(name, 120, 4)
    for cell, said in zip(cells, walked.calculate(*cells), strict=True):
        before = LAYER_NAMES[LAYER_NAMES.index(name) - 1]
        places = [(2 * cell["row"] + i, 2 * cell["col"] + j) for i in (0, 1) for j in (0, 1)]
        four = [{"layer": before, "map": cell["map"], "row": row, "col": col} for row, col in places]
        assert [term["cell"] for term in said["terms"]] == four
        assert [term["value"] for term in said["terms"]] == [walked.value(one) for one in four]
        values = [term["value"] for term in said["terms"]]
        assert said["winner"] == values.index(max(values)), "the first of equals"
        assert said["value"] == max(values) == walked.value(cell)


def test_flatten_copies_the_cell_of_pool2_that_it_names(walked: Walked) -> None:
    cells = [cell_at("flatten", index) for index in range(1600)]
    for index, said in enumerate(walked.calculate(*cells)):
        assert said["index"] == index == 25 * said["map"] + 5 * said["row"] + said["col"]
        place = {part: said[part] for part in ("map", "row", "col")}
        assert said["source"]["cell"] == {"layer": "pool2", **place}
        assert said["value"] == said["source"]["value"] == walked.activations["flatten"][index]
        assert index_of(said["source"]["cell"]) == index


@pytest.mark.parametrize(
    ("name", "source", "module"), [("dense1", "flatten", "classifier.1"), ("logits", "relu3", "classifier.3")]
)
def test_the_terms_of_a_dense_unit_are_sorted_by_size_and_add_up(
    walked: Walked, name: str, source: str, module: str
) -> None:
    cells = random_cells(name, 3, 5)
    weight, bias = parameters()[f"{module}.weight"], parameters()[f"{module}.bias"]
    for cell, said in zip(cells, walked.calculate(*cells), strict=True):
        terms, unit = said["terms"], index_of(cell)
        assert sorted(index_of(term["cell"]) for term in terms) == list(range(math.prod(SHAPES[source])))
        for term in terms:
            assert term["cell"]["layer"] == source
            assert term["value"] == walked.value(term["cell"])
            assert term["weight"] == weight[unit, index_of(term["cell"])]
            assert term["product"] == term["value"] * term["weight"]
        magnitudes = [abs(term["product"]) for term in terms]
        assert magnitudes == sorted(magnitudes, reverse=True)
        assert said["bias"] == bias[unit]
        assert said["computed"] == pytest.approx(bias[unit] + math.fsum(term["product"] for term in terms), abs=1e-11)
        assert said["value"] == walked.value(cell), "the number that all pages show"


def test_softmax_uses_all_ten_logits_and_its_values_sum_to_one(walked: Walked) -> None:
    said = walked.calculate(*(cell_at("probabilities", digit) for digit in range(10)))
    logits = [float(value) for value in walked.activations["logits"]]
    for digit, one in enumerate(said):
        assert [term["cell"] for term in one["terms"]] == [cell_at("logits", i) for i in range(10)]
        assert [term["value"] for term in one["terms"]] == logits
        assert one["largest"] == max(logits)
        assert [term["power"] for term in one["terms"]] == pytest.approx([math.exp(z - max(logits)) for z in logits])
        assert one["sum"] == pytest.approx(math.fsum(term["power"] for term in one["terms"]))
        assert one["own"] == one["terms"][digit]
        assert one["computed"] == one["own"]["power"] / one["sum"]
    assert math.fsum(one["computed"] for one in said) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.8531])
def test_a_calibrated_softmax_divides_the_logits_by_the_temperature(walked: Walked, temperature: float) -> None:
    logits = [float(value) for value in walked.activations["logits"]]
    powers = [math.exp((z - max(logits)) / temperature) for z in logits]
    for digit in range(10):
        (said,) = walked.calculate(cell_at("probabilities", digit), temperature=temperature)
        assert said["temperature"] == temperature
        assert [term["value"] for term in said["terms"]] == logits, "the operands stay the network's own"
        assert [term["scaled"] for term in said["terms"]] == pytest.approx([z / temperature for z in logits])
        assert said["largest"] == pytest.approx(max(logits) / temperature)
        assert said["computed"] == pytest.approx(powers[digit] / math.fsum(powers))


def test_the_strongest_path_goes_from_the_answer_to_the_ink_one_layer_at_a_time(walked: Walked) -> None:
    digit = int(walked.activations["probabilities"].argmax())
    path = walked.path(cell_at("probabilities", digit))
    assert [cell["layer"] for cell in path] == list(reversed(LAYER_NAMES))
    steps = walked.strongest(*path)
    for (step, _), (_, following) in pairwise(zip(steps, path, strict=True)):
        assert following in step["operands"]
        assert following == step["strongest"]
    assert steps[-1] == {"operands": [], "strongest": None}
    for cell in path:
        maps, rows, columns = SHAPES[cell["layer"]]
        assert 0 <= cell["map"] < maps
        assert 0 <= cell["row"] < rows
        assert 0 <= cell["col"] < columns


@pytest.mark.parametrize("name", ["conv1", "conv2", "dense1", "logits"])
def test_the_strongest_operand_is_the_largest_product_with_the_sign_of_the_sum(walked: Walked, name: str) -> None:
    cells = random_cells(name, 3 if name == "dense1" else 10, 6)
    for said, found in zip(walked.calculate(*cells), walked.strongest(*cells), strict=True):
        way = -1 if said["value"] < 0 else 1
        count = len(said["terms"]) if "terms" in said else 9 * len(said["channels"])
        # For a convolution it is the largest product in the strongest channel, which is the one shown.
        terms = said["terms"] if "terms" in said else max(said["channels"], key=lambda one: way * one["sum"])["terms"]
        pushes = [way * term["product"] for term in terms]
        assert found["strongest"] in [term["cell"] for term in terms if way * term["product"] == max(pushes)]
        assert len(found["operands"]) == count
