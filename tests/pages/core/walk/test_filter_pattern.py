"""The names of filters: what nine weights respond to."""

from typing import Any

import numpy as np
import pytest

from tests.support.visitor import Visitor

LEFT = [-1, 0, 1] * 3
VERTICAL = [-1, 2, -1] * 3
NOISE = [0.3, -0.2, 0.5, -0.4, 0.1, 0.2, 0.35, -0.5, 0.1]
FILTERS = "Array.from({ length: 32 }, (_, map) => weights.kernel('conv1', map))"


def said(js: Visitor, script: str, argument: Any = None) -> Any:
    return js.module("core/walk/filter-pattern", script, argument)


@pytest.mark.parametrize(
    ("nine", "name"),
    [
        (LEFT, "left edges"),
        ([-weight for weight in LEFT], "right edges"),
        ([-3, -3, -2, 0, 0.5, 0, 3, 2, 3], "upper edges"),
        ([0, -1, -2, 1, 0, -1, 2, 1, 0], "upper-right edges"),
        ([10 * weight for weight in VERTICAL], "vertical lines"),
        ([-weight for weight in VERTICAL], "vertical gaps"),
        ([-1, -1, -1, -1, 6, -1, -1, -1, -1], "spots"),
        ([0.1, 0.2] * 4 + [0.1], "ink"),
        ([-0.5, -0.4, -0.5] * 3, "empty places"),
        (NOISE, "a mixed pattern"),
        ([0] * 9, "a mixed pattern"),
    ],
)
def test_a_filter_gets_the_name_of_the_pattern_that_it_resembles(js: Visitor, nine: list[float], name: str) -> None:
    assert said(js, "return m.nameOf(a)", nine) == name


def test_a_pattern_responds_most_to_itself_and_its_opposite_is_its_negative(js: Visitor) -> None:
    """For example, the ink of a left edge is on the right, so its largest weights are there too."""
    found = said(js, "return [m.patternOf(a), m.patternOf(a.map((weight) => -weight))]", LEFT)
    assert [each["one"] for each in found] == ["a left edge", "a right edge"]
    assert [each["opposite"]["one"] for each in found] == ["a right edge", "a left edge"]
    assert found[0]["nine"] == [-weight for weight in found[1]["nine"]] == LEFT
    assert [each["clarity"] for each in found] == pytest.approx([1, 1])


def test_named_filters_of_the_network_resemble_their_pattern_and_no_other_more(service_js: Visitor) -> None:
    script = (
        f"const weights = await learn(); return {FILTERS}.map((filter) => [Array.from(filter), m.patternOf(filter)])"
    )
    filters = said(service_js, script)
    named = [(np.array(weights), found) for weights, found in filters if found]
    assert 16 <= len(named) < 32, "some have a name, and some honestly do not"
    for weights, found in named:
        nine = np.array(found["nine"])
        cosine = float(weights @ nine / np.linalg.norm(weights) / np.linalg.norm(nine))
        assert cosine == pytest.approx(found["clarity"])
        assert cosine >= 0.7


def test_eight_distinct_filters_have_eight_different_names(service_js: Visitor) -> None:
    script = f"const weights = await learn(); const filters = {FILTERS};"
    script += "const chosen = m.distinctFilters(filters, 8); return [chosen, filters.map(m.nameOf), m.NAMES]"
    chosen, names, order = said(service_js, script)
    found = [names[index] for index in chosen]
    assert len(set(chosen)) == len(set(found)) == 8
    assert found == sorted(found, key=order.index)


def test_without_eight_patterns_the_clearest_others_fill_the_list(js: Visitor) -> None:
    filters = [NOISE, LEFT, [2 * weight + 0.1 for weight in LEFT], VERTICAL]
    assert said(js, "return m.distinctFilters(a, 3)", filters) == [1, 2, 3]
    assert said(js, "return m.distinctFilters(a, 4)", filters) == [1, 2, 3, 0], "the mixed one comes last"
