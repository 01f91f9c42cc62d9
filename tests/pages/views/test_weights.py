"""The weights beside a map: kernels, and rows of weights."""

import re

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from playwright.sync_api import expect

from tests.pages.views.panels import Numbers, activations_of, open_view, plot, short
from tests.support.visitor import Visitor, bounds, number, seen


@pytest.fixture(scope="module")
def weights(live_server: str) -> dict[str, Numbers]:
    return safetensors.numpy.load(httpx2.get(f"{live_server}/model/weights").content)


def test_a_kernel_of_conv1_shows_its_nine_numbers_and_its_bias(visitor: Visitor, weights: dict[str, Numbers]) -> None:
    for layer in ("conv1", "pool1"):
        panel = open_view(visitor, "map", layer, 4)
        kernel = weights["features.0.weight"][4, 0].ravel()
        expect(panel.locator(".nine span")).to_have_text([short(float(weight)) for weight in kernel])
        bias = f"bias {float(weights['features.0.bias'][4]):.4f}".replace("-", "−")
        expect(panel.locator(".map-weights .caption")).to_contain_text(bias)
        panel.locator(".film button").first.click()


def test_a_kernel_of_conv2_shows_its_32_channels_on_one_scale(visitor: Visitor, weights: dict[str, Numbers]) -> None:
    panel = open_view(visitor, "map", "conv2", 6)
    kernels = weights["features.3.weight"][6].reshape(32, 9)
    sums = np.abs(kernels).sum(axis=1)
    says = panel.locator(".tile-says")
    expect(says).to_have_text(f"Largest: channel {sums.argmax()}, Σ|weights| = {short(sums.max())}")
    most = np.abs(kernels).max()
    expect(panel.locator(".map-weights .caption")).to_contain_text(
        f"Colour scale for all 32: {short(-most)} to {short(most)}"
    )
    tiles = panel.locator(".tiles")
    tiles.focus()
    visitor.key("ArrowRight")
    expect(says).to_have_text(f"channel 1: Σ|weights| = {short(sums[1])}")
    visitor.key("ArrowDown")
    expect(says).to_have_text(f"channel 9: Σ|weights| = {short(sums[9])}")
    box = bounds(tiles)
    tiles.hover(position={"x": box["width"] - 3, "y": box["height"] - 3})
    expect(says).to_have_text(f"channel 31: Σ|weights| = {short(sums[31])}")
    visitor.key("ArrowLeft")
    visitor.key("Enter")
    expect(panel.locator(".view-value code")).to_contain_text("pool1[30, ")


def test_a_units_weights_show_their_products(visitor: Visitor, weights: dict[str, Numbers]) -> None:
    truth = activations_of(visitor)
    for layer, index, key, source in (("dense1", 2, "classifier.1", "flatten"), ("logits", 7, "classifier.3", "relu3")):
        panel = open_view(visitor, "map", layer)
        rows, cols = (16, 8) if layer == "dense1" else (10, 1)
        canvas = plot(panel, layer).locator(".map-plot canvas")
        box = bounds(canvas)
        canvas.click(
            position={
                "x": (index % cols + 0.5) * box["width"] / cols,
                "y": (index // cols + 0.5) * box["height"] / rows,
            }
        )
        visitor.page.mouse.move(5, 5)
        panel.locator(".tiles").focus()
        visitor.key("ArrowDown")
        visitor.key("ArrowDown")
        visitor.key("ArrowRight")
        at = 2 * (5 if layer == "dense1" else 8) + 1
        text = seen(panel.locator(".tile-says")).inner_text()
        value, weight, product = (number(part) for part in re.findall(r"[−\d.]+(?:e[−+]?\d+)?(?= ·| =|$)", text))
        assert value == pytest.approx(float(truth[source][at]), abs=6e-5)
        assert weight == pytest.approx(float(weights[f"{key}.weight"][index, at]), abs=6e-5)
        assert product == pytest.approx(value * weight, abs=1e-4)
        bias = f"{float(weights[f'{key}.bias'][index]):.4f}".replace("-", "−")
        expect(panel.locator(".map-weights .caption")).to_contain_text(f"bias {bias}.")


def test_the_first_tap_shows_a_weights_product_and_the_second_opens_its_number(phone: Visitor) -> None:
    panel = open_view(phone, "map", "dense1", 0)
    says, value = panel.locator(".tile-says"), panel.locator(".view-value code")
    expect(says).to_have_text("Choose a weight to see its product.")
    tiles = panel.locator(".tiles")
    tiles.tap(position={"x": 20, "y": 20})
    expect(says).to_have_text(re.compile("pool2 map .* weight .* = "))
    expect(value).to_contain_text("dense1[0]")
    place = re.search(r"map (\d+), row (\d+), column (\d+)", seen(says).inner_text())
    assert place is not None
    tiles.tap(position={"x": 22, "y": 21})
    expect(value).to_contain_text(f"pool2[{', '.join(place.groups())}]")
