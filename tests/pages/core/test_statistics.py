"""The largest values of lists and maps."""

from tests.support.visitor import Visitor


def test_the_first_of_equal_values_is_the_largest(js: Visitor) -> None:
    lists = [[0.2, 0.5, 0.5], [-3, -1, -2], [7]]
    assert js.module("core/statistics", "return a.map((values) => m.indexOfLargest(values))", lists) == [1, 1, 0]
    assert js.module("core/statistics", "return m.indexOfLargest(Float32Array.from(a), 1, 3)", [9, 1, 2, 9]) == 2
    assert js.module("core/statistics", "return m.topTwo(a)", [0.1, 0.6, 0, 0.3]) == [1, 3]


def test_the_strongest_cell_of_a_layer_or_a_map(js: Visitor) -> None:
    script = """const pool1 = new Float32Array(32 * 13 * 13);
    pool1[2 * 169 + 3 * 13 + 5] = 1;
    pool1[7 * 169 + 12 * 13 + 11] = 2;
    return [m.strongestCell("pool1", { pool1 }), m.strongestCell("pool1", { pool1 }, 2)]"""
    assert js.module("core/statistics", script) == [
        {"layer": "pool1", "map": 7, "row": 12, "col": 11},
        {"layer": "pool1", "map": 2, "row": 3, "col": 5},
    ]
