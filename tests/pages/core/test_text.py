"""Numbers and sentences that the page shows."""

import pytest

from tests.support.visitor import Visitor


def test_numbers_are_written_with_the_right_decimals(js: Visitor) -> None:
    assert js.module("core/text", "return [1.23456, -0.5, 0, 2e-7].map((v) => m.number(v))") == [
        "1.2346",
        "−0.5000",
        "0.0000",
        "2.00·10⁻⁷",
    ]
    assert js.module("core/text", "return [1.23456, -0.0001].map((v) => m.number(v, false))") == ["≈ 1.23", "≈ 0.00"]
    assert js.module("core/text", "return [1, 0.99996, 0.5, 0.00001, 0].map(m.percent)") == [
        "> 99.9 %",
        "> 99.9 %",
        "50.0 %",
        "< 0.1 %",
        "< 0.1 %",
    ]


def test_a_shift_is_described_in_words(js: Visitor) -> None:
    assert js.module("core/text", "return [[0, 3], [1, 3], [-2, 0], [-1, -4], [0, 0]].map(m.shiftInWords)") == [
        "3 px down",
        "1 px right and 3 px down",
        "2 px left",
        "1 px left and 4 px up",
        "",
    ]


def test_the_legend_says_what_shares_a_scale(js: Visitor) -> None:
    script = "const { byName } = await import('/static/js/core/layers.js'); return m.legendText(byName[a[0]], a[1])"
    assert "All maps in this layer share one scale" in js.module("core/text", script, ["conv1", "layer"])
    assert "All units in this layer share one scale" in js.module("core/text", script, ["dense1", "layer"])
    assert "only one map" in js.module("core/text", script, ["dense1", "map"])
    assert "scale always ends at ±2.82" in js.module("core/text", script, ["input", "layer"])


CASES = [
    (0.1 + 0.2, "0.3", "="),
    (9.5 - 3.2501, "6.2499", "="),
    (9.5 - 3.2501, "6.2500", "≈"),
    (1 / 3, "0.3333", "≈"),
    (100352, "100,352", "="),
    (-2, "−2", "="),
    (2e-7, "2.00·10⁻⁷", "="),
    (2.001e-7, "2.00·10⁻⁷", "≈"),
    (1.23, "≈ 1.23", "≈"),
    (0, "0.0000", "="),
]


@pytest.mark.parametrize(("value", "result", "sign"), CASES)
def test_a_result_is_equal_only_if_the_printed_numbers_give_it(
    js: Visitor, value: float, result: str, sign: str
) -> None:
    asked = {"value": value, "result": result}
    assert js.module("core/text", "return m.equalsSign(a.value, a.result)", asked) == sign
    assert js.module("core/text", "return m.equation(a.value, a.result)", asked) == f"{sign} {result.lstrip('≈ ')}"


def test_a_printed_sum_says_whether_its_printed_parts_add_up(js: Visitor) -> None:
    script = "return m.sumSign(a, a.reduce((sum, value) => sum + value, 0))"
    assert js.module("core/text", script, [1.25, 2.5, -0.75]) == "="
    # The printed parts add up to 0.9999, the sum is 1.0000.
    assert js.module("core/text", script, [0.33333, 0.33333, 0.33333]) == "≈"
    assert js.module("core/text", "return m.sumSign([0.00004, 0.00004], 0.00008)") == "="  # printed as powers of ten


def test_a_number_and_its_unit_stay_on_one_line(js: Visitor) -> None:
    texts = ["7 · > 99.9 %", "in 5 s: 3 px, 640 kB", "7 strokes, 3 sets of 5 digits", "28 × 28", 12]
    assert js.module("core/text", "return a.map(m.unbroken)", texts) == [
        "7 · >\u00a099.9\u00a0%",
        "in 5\u00a0s: 3\u00a0px, 640\u00a0kB",
        "7 strokes, 3 sets of 5 digits",
        "28 × 28",
        "12",
    ]
