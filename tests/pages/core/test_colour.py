"""Numbers to colours."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.visitor import Visitor


def test_cividis_agrees_with_matplotlib(js: Visitor) -> None:
    from matplotlib import colormaps

    expected = [
        "#" + "".join(f"{round(255 * part):02x}" for part in colour)
        for colour in colormaps["cividis"].colors  # type: ignore[attr-defined]
    ]
    assert js.module("core/colour", "return Array.from(m.SEQUENTIAL, m.css)") == expected


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_blue_and_orange_are_equally_strong_on_both_sides_of_zero(js: Visitor, theme: str) -> None:
    colours = js.module("core/colour", "return Array.from(m.DIVERGING[a], m.css)", theme)
    assert len(colours) % 2 == 1
    middle = len(colours) // 2
    rgb = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in colours])
    assert np.ptp(rgb[middle]) <= 12, "zero is grey"
    assert (rgb[: middle - 20, 2] > rgb[: middle - 20, 0]).all()
    assert (rgb[middle + 21 :, 0] > rgb[middle + 21 :, 2]).all()
    luminance = ((rgb / 255) ** 2.2) @ [0.2126, 0.7152, 0.0722]
    rising = 1 if theme == "dark" else -1
    assert (np.diff(luminance[middle:]) * rising > -1e-3).all()
    assert (np.diff(luminance[: middle + 1]) * rising < 1e-3).all()
    assert np.abs(luminance[:middle] - luminance[:middle:-1]).max() < 0.13


def test_the_range_is_that_of_the_map_the_layer_or_fixed(js: Visitor) -> None:
    script = """const layer = { signed: a, rows: 1, cols: 2, fixed: 9 };
    const values = [1, -2, 3, -5];
    return [["map", 0], ["map", 1], ["layer"], ["fixed"]].map((mode) => m.range(layer, values, ...mode))"""
    assert js.module("core/colour", script, True) == [[-2, 2], [-5, 5], [-5, 5], [-9, 9]]
    assert js.module("core/colour", script, False) == [[0, 2], [0, 5], [0, 5], [0, 9]]


def test_99_of_100_test_images_stay_within_the_fixed_scale_and_use_it(js: Visitor, data_dir: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from model.checkpoint import SHIPPED
    from model.data.mnist import load
    from model.network import CNN

    fixed = js.module("core/layers", "return Object.fromEntries(m.LAYERS.map((layer) => [layer.name, layer.fixed]))")
    network = CNN()
    network.load_state_dict(load_file(SHIPPED))
    _, test = load(data_dir)
    with torch.inference_mode():
        for name, values in network.activations(test.first(1000).normalised()).items():
            largest = values.abs().flatten(1).amax(1).numpy()
            assert np.quantile(largest, 0.99) <= fixed[name] <= 1.6 * np.quantile(largest, 0.99), name


def test_a_map_of_zeros_has_the_colour_of_zero(js: Visitor) -> None:
    script = """const pixels = new Uint32Array(4);
    const colours = a ? m.DIVERGING.light : m.SEQUENTIAL;
    m.paintMap(pixels, 2, 0, [0, 0, 0, 0], 0, 2, 2, [0, 0], colours);
    return [...pixels].every((pixel) => pixel === colours[a ? 127 : 0])"""
    assert js.module("core/colour", script, True)
    assert js.module("core/colour", script, False)
