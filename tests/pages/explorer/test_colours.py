"""The colours of the maps and their legend."""

import numpy as np
from playwright.sync_api import expect

from model.layers import LAYERS
from tests.pages.page_helpers import cell
from tests.support.visitor import Visitor, number


def test_an_empty_cell_of_the_input_looks_the_same_with_and_without_a_digit(visitor: Visitor) -> None:
    canvas = '[data-layer="input"] .maps'
    corner = visitor.pixels(canvas)[0, 0]
    assert np.array_equal(visitor.clear().pixels(canvas)[0, 0], corner)


def test_the_scale_switch_changes_the_colours_and_the_legend(visitor: Visitor) -> None:
    cell(visitor, "pool1", (1, 5, 6))
    canvas = '[data-layer="pool1"] .maps'
    layer, high = visitor.pixels(canvas), number(visitor.text("#high"))
    assert "this layer" in visitor.text("#legend-text")
    visitor.choose("scale", "map")
    expect(visitor.find("#legend-text")).to_contain_text("Each map has its own scale")
    own, own_high = visitor.pixels(canvas), number(visitor.text("#high"))
    visitor.choose("scale", "fixed")
    end = visitor.module("core/layers", "return m.byName.pool1.fixed")
    expect(visitor.find("#legend-text")).to_contain_text(f"Always 0 to {end}")
    fixed = visitor.pixels(canvas)
    assert not np.array_equal(layer, own)
    assert not np.array_equal(layer, fixed)
    assert not np.array_equal(own, fixed)
    assert own_high < high
    assert number(visitor.text("#high")) == end


def test_signed_layers_have_zero_in_the_middle_of_their_legend(visitor: Visitor) -> None:
    for name in ("input", "conv1", "conv2", "dense1", "logits"):
        shape = next(layer.shape for layer in LAYERS if layer.name == name)
        cell(visitor, name, tuple(0 for _ in shape))
        assert number(visitor.text("#low")) == -number(visitor.text("#high"))
        assert visitor.text("#middle") == "0"
