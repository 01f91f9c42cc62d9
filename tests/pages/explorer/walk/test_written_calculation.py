"""Calculations written out with their numbers."""

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.pages.explorer.walk.helpers import activations, near, pin
from tests.support.visitor import ONE, SEVEN, Visitor, number, seen


def numbers(locator: Locator) -> list[float]:
    return [number(text) for text in seen(locator).all_inner_texts()]


def test_a_pinned_cell_of_the_first_convolution_is_nine_products_and_a_bias(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, "conv1", 7, 12, 13)
    patch, kernel, products = (numbers(visitor.find(f"#calculation .grid >> nth={i} >> .num")) for i in range(3))
    found = activations(visitor, live_server)
    assert patch == near(found["input"][0, 12:15, 13:16].ravel())
    assert products == pytest.approx((np.array(patch) * kernel).tolist(), abs=3e-4)
    total, bias, z, passed = numbers(visitor.find("#calculation .sums .num"))
    assert total == pytest.approx(sum(products), abs=1e-3)
    assert z == pytest.approx(total + bias, abs=1.1e-4)
    assert z == near(found["conv1"][7, 12, 13])
    assert passed == max(0, z)
    assert "Shown to four decimals" in visitor.text("#calculation")


def test_the_second_convolution_can_show_each_of_its_32_channels(visitor: Visitor, live_server: str) -> None:
    pin(visitor, "conv2", 20, 5, 6)
    bars = visitor.find(".channels button")
    labels: list[str] = seen(bars).evaluate_all("(bars) => bars.map((bar) => bar.ariaLabel)")
    sums = [number(label.rpartition("sum ")[2]) for label in labels]
    assert len(sums) == 32
    assert all(abs(a) >= abs(b) for a, b in pairwise(sums)), "the largest magnitude comes first"
    found = activations(visitor, live_server)
    for i in (0, 3, 31):
        bars.nth(i).click()
        expect(bars.nth(i)).to_have_attribute("aria-pressed", "true")
        channel = int(seen(bars.nth(i)).inner_text())
        patch = numbers(visitor.find("#calculation .grid >> nth=0 >> .num"))
        assert patch == near(found["pool1"][channel, 5:8, 6:9].ravel())
        own, total, bias, z, _ = numbers(visitor.find("#calculation .sums .num"))
        assert own == pytest.approx(sums[i], abs=1e-4)
        assert total == pytest.approx(sum(sums), abs=2e-3)
        assert z == pytest.approx(total + bias, abs=1.1e-4)
        assert z == near(found["conv2"][20, 5, 6])


@pytest.mark.parametrize(("layer", "unit", "count"), [("dense1", 34, 1600), ("logits", 7, 128)])
def test_a_dense_unit_shows_its_ten_largest_products_and_the_sum_of_the_others(
    visitor: Visitor, live_server: str, layer: str, unit: int, count: int
) -> None:
    pin(visitor, layer, unit)
    products = numbers(visitor.find(".contributions li > .num"))
    assert len(products) == 10
    assert all(abs(a) >= abs(b) - 1e-4 for a, b in pairwise(products))
    ten, others, bias, z = numbers(visitor.find("#calculation .sums .num"))[:4]
    assert f"the other {count - 10:,}" in visitor.text("#calculation")
    assert ten == pytest.approx(sum(products), abs=6e-4)
    assert z == pytest.approx(ten + others + bias, abs=2e-4)
    assert z == near(activations(visitor, live_server)[layer][unit])


def test_softmax_shows_ten_exponentials_and_the_division(visitor: Visitor, live_server: str) -> None:
    visitor.clear().draw(ONE)
    found = activations(visitor, live_server)
    for digit in (1, 7):
        pin(visitor, "probabilities", digit)
        logits = numbers(visitor.find(".powers button"))
        assert logits == near(found["logits"])
        temperature = visitor.facts["model"]["temperature"]
        scaled = found["logits"] / temperature
        powers = numbers(visitor.find('.powers [data-part="P"]'))
        assert powers == pytest.approx(np.exp(scaled - scaled.max()).tolist(), rel=6e-3, abs=6e-5)
        *_, own, total, p = numbers(visitor.find("#calculation .sums .num"))
        assert p == pytest.approx(own / total, rel=6e-3, abs=1e-4)
        assert p == pytest.approx(found["probabilities"][digit], rel=6e-3, abs=6e-5)


def test_a_calibrated_softmax_shows_the_division_by_the_temperature(visitor: Visitor) -> None:
    temperature = visitor.facts["model"]["temperature"]
    assert temperature != 1
    pin(visitor, "probabilities", 7)
    logits = np.array(numbers(visitor.find(".powers button")))
    assert numbers(visitor.find('.powers [data-part="T"]')) == near(logits / temperature)
    assert visitor.text('.sums [data-part="T"]') == f"{temperature:.4f}"
    assert "calibrated on digits not used in training" in visitor.text("#calculation")
    powers = np.exp((logits - logits.max()) / temperature)
    shown = number(visitor.seen('#calculation .sums [data-part="O"] .num').inner_text())
    assert shown == near(powers[7] / powers.sum())
    letter = visitor.find('#formula [data-means="T"]').first
    letter.hover()
    expect(visitor.find('.powers [data-part="T"]').first).to_have_class(re.compile("lit"))
    for spare in ("#calculation", "#formula"):
        cut = visitor.seen(spare).evaluate("(e) => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]")
        assert cut[0] <= 0, spare
        assert cut[1] <= 0 or spare == "#formula", spare
    assert visitor.violations("#strip") == []
    visitor.press("#tab-numpy")
    assert f"T = {temperature}" in visitor.text("#code")


def test_other_calculations_name_their_operands(visitor: Visitor, live_server: str) -> None:
    found = activations(visitor, live_server)
    map_, row, col = np.unravel_index(int(found["pool1"].argmax()), found["pool1"].shape)
    pin(visitor, "pool1", int(map_), int(row), int(col))
    four = numbers(visitor.find("#calculation .grid .num"))
    block = found["relu1"][map_, 2 * row : 2 * row + 2, 2 * col : 2 * col + 2]
    assert four == near(block.ravel())
    assert number(visitor.text("#calculation .winner")) == max(four)
    pin(visitor, "relu1", 3, 10, 10)
    assert "max(0," in visitor.text("#calculation")
    pin(visitor, "flatten", 423)
    assert "423 = 25 · 16 + 5 · 4 + 3, so this number is a copy of pool2[16, 4, 3]" in visitor.text("#calculation")
    pin(visitor, "input", 0, 14, 14)
    assert "You have reached the" in visitor.text("#calculation")


def adds_up(parts: list[float], result: float) -> bool:
    """Whether printed numbers with four decimals add up to a printed result."""
    return round(sum(parts) * 10**4) == round(result * 10**4)


def test_a_printed_sum_says_whether_the_printed_numbers_add_up(visitor: Visitor) -> None:
    signs = set()
    for layer, index in [
        ("conv1", (7, 12, 13)),
        ("conv1", (3, 9, 9)),
        ("conv2", (20, 5, 6)),
        ("logits", (7,)),
        ("logits", (2,)),
    ]:
        pin(visitor, layer, *index)
        parts = ".contributions li > .num" if layer == "logits" else "#calculation .grid >> nth=2 >> .num"
        products = numbers(visitor.find(parts))
        lines = [text.split("\n")[0] for text in seen(visitor.find("#calculation .sums p")).all_inner_texts()]
        values = numbers(visitor.find("#calculation .sums .num"))
        name = next(line for line in lines if line.startswith(("sum", "ten largest")))
        assert ("≈" in name) != adds_up(products, values[0]), (layer, index)
        count = {"conv1": 2, "conv2": 3, "logits": 3}[layer]
        total = values[count - 2 : count] if layer == "conv2" else values[:count]
        result = next(line for line in lines if line.startswith(("=", "≈")))
        assert result.startswith("≈") != adds_up(total, values[count]), (layer, index)
        signs |= {name[-1], result[0]}
    assert signs >= {"≈"}


def test_a_number_has_the_same_last_digit_everywhere(visitor: Visitor) -> None:
    for unit in (37, 34, 2, 90):
        pin(visitor, "dense1", unit)
        headline = visitor.text("#value")
        result = visitor.seen('#calculation .sums [data-part="O"] .num').inner_text()
        after = visitor.seen('#calculation [data-part="next"]').inner_text()
        assert result == headline
        pin(visitor, "relu3", unit)
        assert visitor.text("#value") == after
        assert visitor.seen("#calculation .worked button").inner_text() == headline
        assert visitor.seen("#calculation .worked .result").inner_text() == after
