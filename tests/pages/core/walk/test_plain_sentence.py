"""The plain sentence about the number of a cell: true, complete and grammatical for every cell."""

import json
import re
from typing import Any

import numpy as np
import pytest

from model.layers import LAYER_NAMES
from tests.pages.walk_helpers import DRAWINGS
from tests.support.visitor import Visitor

NUMBER = r"−?\d+(\.\d+)?(·10\S+)?"
SHARE = r"(more than 99\.9 %|less than 0\.1 %|\d+\.\d %)"
THING = (
    r"(((upper|lower)-)?(left|right|upper|lower) edges|(vertical|horizontal|falling|rising) (lines|gaps)"
    r"|spots|holes|ink|empty places|a mixed pattern)"
)
ONE = (
    r"(an? ((upper|lower)-)?(left|right|upper|lower) edge|a (vertical|horizontal|falling|rising) (line|gap)"
    r"|a spot|a hole|ink)"
)
FOUND = (
    rf"here it found (one|a weak one|a lot|a little|the opposite, {ONE})|here there is too little of it"
    r"|there is (none|ink|a little ink|almost no ink|no clear one) here|there is no ink in its window"
    r"|the ink here (fits it well|fits it a little|does not fit it|fits, but it is not a clear one)"
    r"|its window is evenly full of ink"
)
RANK = r"((second |third |fourth |fifth |sixth |seventh )?largest|(third |second )?smallest)"
FORMS = {
    "input": r"There is no ink here: this pixel is black \(0 of 255\)\."
    r"|There is ink here: the grey level of this pixel is \d+ of 255\.",
    "conv1": rf"This filter responds to {THING}; ({FOUND})\.",
    "relu1": rf"ReLU (keeps {NUMBER}, because it is above zero\."
    rf"|makes this 0, because {NUMBER} is below zero\. Later layers get nothing from it\."
    r"|keeps 0: it changes only numbers below zero\.)",
    "pool1": rf"All four numbers are 0, so pooling keeps a 0\."
    rf"|Pooling keeps the largest of four numbers, {NUMBER}(, which occurs more than once"
    r"|: the one at the (upper|lower) (left|right))\.",
    "conv2": rf"Filter \d+ (found much of|found a little of|did not find) its pattern here"
    rf"(: its bias decides|; most of it comes from map \d+ \({THING}\)|; map \d+ \({THING}\) counts against it most)\.",
    "flatten": rf"Nothing is computed here: this is a copy of {NUMBER} in map \d+ of pool2\.",
    "dense1": rf"(A number from map \d+ adds the most \(\+{NUMBER}\)|Nothing adds to it), "
    rf"((one|a number) from map \d+ takes away the most \({NUMBER}\)|nothing takes away from it)\.",
    "logits": rf"The logit of \d is the {RANK} of the ten: (unit \d+ adds the most \(\+{NUMBER}\)|nothing adds to it), "
    rf"(unit \d+ takes away the most \({NUMBER}\)|nothing takes away from it)\.",
    "probabilities": rf"\d is (far|clearly|only just) (ahead with {SHARE}; next comes \d"
    rf"|behind with {SHARE}; the most likely digit is \d) with {SHARE}\."
    rf"|\d and \d are equally likely, with {SHARE} each\.",
}
SAMES = {"relu2": "relu1", "relu3": "relu1", "pool2": "pool1"}


WALK = """
  const { calculate } = await import("/static/js/core/walk/calculation.js");
  const { byName } = await import("/static/js/core/layers.js");
  const [{ activations }, weights] = [await ask(a.prepare, a.request), await learn()];
  const { maps, rows, cols } = byName[a.layer];
  const most = Array.from({ length: maps }, (_, map) =>
    Math.max(...activations[a.layer].subarray(map * rows * cols, (map + 1) * rows * cols)));
  const cells = [];
  for (let i = 0; i < maps * rows * cols; i += a.every) {
    const row = Math.floor((i % (rows * cols)) / cols);
    cells.push({ layer: a.layer, map: Math.floor(i / (rows * cols)), row, col: i % cols });
  }
  const said = cells.map((cell) => {
    const calculation = calculate(cell, activations, weights);
    return { text: m.plainSentence(calculation, activations, weights), calculation, most: most[cell.map] };
  });
"""
# The parts of a calculation that the tests need, as one text. Playwright takes long to return thousands of objects.
PARTS = """
  return JSON.stringify(said.filter(({ text }) => new RegExp(a.only).test(text)).map(({ text, most, calculation }) => {
    const { value, channels, terms, source, grey, cell } = calculation;
    const numbers = (channels?.[0].terms ?? terms ?? []).slice(0, 9).map((term) => term.value);
    return { text, most, value, numbers, source: source?.value, grey, map: cell.map };
  }));
"""


def sentences(
    js: Visitor, layer: str, every: int, only: str = "", end: str = PARTS, drawing: str = "the sample 7"
) -> Any:
    """The sentences that contain the regular expression `only`, of every n-th cell of a layer, with their numbers."""
    prepare, request = DRAWINGS[drawing]
    argument = {"prepare": prepare, "request": request, "layer": layer, "every": every, "only": only}
    found = js.module("core/walk/plain-sentence", WALK + end, argument)
    return json.loads(found) if end is PARTS else found


@pytest.mark.parametrize("drawing", ["the sample 7", "a 9 by hand, squashed", "a faint speck"])
def test_every_sentence_has_one_of_the_forms_that_were_read_through(service_js: Visitor, drawing: str) -> None:
    steps = {"input": 3, "conv1": 41, "relu1": 41, "pool1": 11, "conv2": 131, "relu2": 31, "pool2": 7, "flatten": 17}
    for layer in LAYER_NAMES:
        form = FORMS[SAMES.get(layer, layer)]
        end = "return [...new Set(said.map(({ text }) => text))]"
        said = sentences(service_js, layer, steps.get(layer, 1), end=end, drawing=drawing)
        assert said != []
        assert [text for text in said if not re.fullmatch(form, text)] == []


def test_a_filter_found_its_pattern_only_where_its_number_is_positive_and_large_in_its_map(
    service_js: Visitor,
) -> None:
    found = sentences(service_js, "conv1", 3, only="here it found one")
    assert len(found) > 20
    for each in found:
        assert each["value"] > 0
        assert each["value"] >= 0.5 * each["most"]
    assert len({each["map"] for each in found}) >= 10, "in many maps"
    for each in sentences(service_js, "conv1", 5, only="there is none here|does not fit it|opposite"):
        assert each["value"] <= 0
    for each in sentences(service_js, "conv1", 5, only="no ink in its window"):
        assert np.ptp(each["numbers"]) == 0


def test_an_edge_is_found_on_the_side_that_its_name_says(service_js: Visitor) -> None:
    for side, without, ink in (("left", 0, 2), ("right", 2, 0)):
        found = sentences(service_js, "conv1", 1, only=f"responds to {side} edges; here it found one")
        assert found, side
        for each in found:
            window = np.reshape(each["numbers"], (3, 3))
            assert window[:, ink].mean() > window[:, without].mean(), f"the {side} edge of a line"


def test_the_sentences_about_relu_pooling_and_the_ink_agree_with_the_numbers(service_js: Visitor) -> None:
    for each in sentences(service_js, "relu1", 41):
        assert ("keeps" in each["text"]) == (each["source"] >= 0)
        assert ("makes this 0" in each["text"]) == (each["source"] < 0 == each["value"])
    corners = ["upper left", "upper right", "lower left", "lower right"]
    for each in sentences(service_js, "pool1", 7):
        assert ("All four numbers are 0" in each["text"]) == (each["numbers"] == [0, 0, 0, 0])
        if "at the" in each["text"]:
            assert each["text"].endswith(f"{corners[each['numbers'].index(max(each['numbers']))]}.")
    for each in sentences(service_js, "input", 5):
        assert ("no ink" in each["text"]) == (each["grey"] == 0)


def test_the_answer_is_ahead_and_all_other_digits_are_behind(service_js: Visitor) -> None:
    said = sentences(service_js, "probabilities", 1)
    assert [each["text"].split(" with ")[0] for each in said] == [
        "7 is far ahead" if digit == 7 else f"{digit} is far behind" for digit in range(10)
    ]
    ranked = sorted(sentences(service_js, "logits", 1), key=lambda each: -float(each["value"]))
    assert "is the largest of the ten:" in ranked[0]["text"]
    assert "is the second largest of the ten:" in ranked[1]["text"]
    assert "is the smallest of the ten:" in ranked[9]["text"]


INVENTED = """
  const weights = { kernel: () => a.nine ?? Array(9).fill(0) };
  const logits = Float32Array.of(5, 4, 3, 2, 1, 0, -1, -2, -3, -4);
  const activations = { logits, conv1: new Float32Array(32 * 676).fill(1) };
  return m.plainSentence(a.calculation, activations, weights);
"""


@pytest.mark.parametrize(
    ("calculation", "text"),
    [
        (
            {"kind": "relu", "source": {"value": 0}},
            "ReLU keeps 0: it changes only numbers below zero.",
        ),
        (
            {"kind": "max_pool", "terms": [{"value": 2}, {"value": 1}, {"value": 2}, {"value": 0}], "value": 2},
            "Pooling keeps the largest of four numbers, 2.00, which occurs more than once.",
        ),
        (
            {
                "kind": "linear",
                "cell": {"layer": "logits", "row": 3},
                "terms": [{"product": -1.5, "cell": {"map": 0, "row": 1, "col": 2}}, {"product": 0}],
                "value": 2,
            },
            "The logit of 3 is the fourth largest of the ten: nothing adds to it, unit 10 takes away the most (−1.50).",
        ),
        (
            {
                "kind": "linear",
                "cell": {"layer": "dense1"},
                "terms": [{"product": 0}, {"product": 0}],
                "bias": 0.05,
                "value": 0.05,
            },
            "All 2 numbers are 0, so only the bias is left: 0.05.",
        ),
        (
            {"kind": "softmax", "cell": {"row": 0}, "terms": [{"power": 1}] * 10, "sum": 10},
            "0 and 1 are equally likely, with 10.0 % each.",
        ),
        (
            {"kind": "softmax", "cell": {"row": 1}, "terms": [{"power": p} for p in (5, 3, *[0.25] * 8)], "sum": 10},
            "1 is only just behind with 30.0 %; the most likely digit is 0 with 50.0 %.",
        ),
    ],
)
def test_rare_cases_have_a_sentence_of_their_own(js: Visitor, calculation: dict[str, Any], text: str) -> None:
    assert js.module("core/walk/plain-sentence", INVENTED, {"calculation": calculation}) == text


@pytest.mark.parametrize(
    ("nine", "window", "value", "found"),
    [
        ([-1, 0, 1] * 3, [0, 0, 1] * 3, 1, "left edges; here it found one"),
        ([-1, 0, 1] * 3, [0, 0, 1] * 3, 0.2, "left edges; here it found a weak one"),
        ([-1, 0, 1] * 3, [1, 0, 0] * 3, -1, "left edges; here it found the opposite, a right edge"),
        ([-1, 0, 1] * 3, [0, 1, 0] * 3, -1, "left edges; there is none here"),
        ([-1, 0, 1] * 3, [0, 1, 0] * 3, 0.2, "left edges; there is no clear one here"),
        ([-1, 0, 1] * 3, [0, 1, 0] * 3, 1, "left edges; the ink here fits, but it is not a clear one"),
        ([-1, 0, 1] * 3, [1] * 9, 1, "left edges; its window is evenly full of ink"),
        ([-1, 0, 1] * 3, [-0.4243] * 9, 1, "left edges; there is no ink in its window"),
        ([-1] * 9, [-0.4243] * 9, 1, "empty places; here it found one"),
        ([-1] * 9, [-0.4243] * 9, 0.2, "empty places; there is no ink in its window"),
        ([-1] * 9, [0] + [-0.4243] * 8, 1, "empty places; there is almost no ink here"),
        ([-1] * 9, [1] * 9, 0.2, "empty places; there is a little ink here"),
        ([-1] * 9, [1] * 9, -1, "empty places; there is ink here"),
        ([1] * 9, [1] * 9, 1, "ink; here it found a lot"),
        ([1] * 9, [1] * 9, 0.2, "ink; here it found a little"),
        ([1] * 9, [0] * 9, -1, "ink; here there is too little of it"),
        ([0] * 9, [1] * 9, 1, "a mixed pattern; the ink here fits it well"),
        ([0] * 9, [1] * 9, 0.2, "a mixed pattern; the ink here fits it a little"),
        ([0] * 9, [1] * 9, -1, "a mixed pattern; the ink here does not fit it"),
    ],
)
def test_a_filter_says_what_it_responds_to_and_what_it_found(
    js: Visitor, nine: list[float], window: list[float], value: float, found: str
) -> None:
    cell = {"layer": "conv1", "map": 0, "row": 0, "col": 0}
    terms = [{"value": each} for each in window]
    calculation = {"kind": "convolution", "cell": cell, "channels": [{"terms": terms}], "value": value}
    said = js.module("core/walk/plain-sentence", INVENTED, {"calculation": calculation, "nine": nine})
    assert said == f"This filter responds to {found}."
