"""Layers are quantised to uint8 by one formula, whatever the signs and magnitudes of their values."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference.classifier import normalise
from model.inference.engines import OnnxEngine
from model.inference.quantise import Scale, quantise
from model.layers import LAYER_NAMES

Floats = NDArray[np.float32]
Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture(scope="module")
def images(mnist_test: Mnist) -> Floats:
    return normalise(mnist_test[0][:6])


def activations(tensors: dict[str, Floats], images: Floats) -> dict[str, Floats]:
    engine = OnnxEngine(checkpoint.Checkpoint(tensors, {}, "0" * 64, b"", "test"))
    return dict(zip(LAYER_NAMES, engine.run(images, LAYER_NAMES), strict=True))


def quantised(values: Floats) -> tuple[NDArray[np.uint8], list[Scale]]:
    """The levels of one layer for N images, N×shape, and N pairs (min, max)."""
    pairs = [quantise([image]) for image in values]
    return np.array([levels for (levels,), _ in pairs]), [scale for _, (scale,) in pairs]


def by_the_formula(values: Floats) -> NDArray[np.float64]:
    """The expected levels, round(255 (x − min)/(max − min)), computed in double precision for each image."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    rounded: NDArray[np.float64] = np.rint((flat - low) / np.maximum((high - low) / 255, 1e-30))
    return rounded.reshape(values.shape)


def check(values: Floats, name: str = "") -> NDArray[np.uint8]:
    """Quantise the values, and check that the levels and scales are right. Returns the levels."""
    levels, scales = quantised(values)
    assert levels.dtype == np.uint8, name
    assert levels.shape == values.shape, name
    flat = values.reshape(len(values), -1)
    np.testing.assert_array_equal(np.array(scales, np.float32).T, (flat.min(axis=1), flat.max(axis=1)), name)
    off = np.abs(levels - by_the_formula(values))  # in float32, a value near ½ may be rounded differently
    assert off.max() <= 1, name
    assert (off > 0).mean() < 1e-3, name
    return levels


def test_the_levels_of_every_layer_follow_the_formula(images: Floats) -> None:
    for name, values in activations(checkpoint.read(checkpoint.SHIPPED).tensors, images).items():
        check(values, name)


def test_relu_changes_no_level_if_no_value_is_negative(images: Floats, tensors: dict[str, Floats]) -> None:
    high = {key: values + 30 if key.endswith("bias") else values for key, values in tensors.items()}
    high["features.3.bias"] = high["features.3.bias"] + 1000
    high["classifier.1.bias"] = high["classifier.1.bias"] + 100_000
    layers = activations(high, images)
    for relu, before in {"relu1": "conv1", "relu2": "conv2", "relu3": "dense1"}.items():
        assert (layers[relu].reshape(len(images), -1).min(axis=1) > 0).all()
        np.testing.assert_array_equal(check(layers[relu]), check(layers[before]))


def test_images_with_and_without_negative_values_can_share_a_batch(images: Floats, tensors: dict[str, Floats]) -> None:
    some = {**tensors, "features.0.weight": np.abs(tensors["features.0.weight"])}
    some["features.0.bias"] = np.full(32, 0.5, np.float32)
    layers = activations(some, np.concatenate([images[:2], np.maximum(images[2:4], 0.0)]))
    for name, values in layers.items():
        check(values, name)
    lowest = layers["conv1"].min(axis=(1, 2, 3))
    assert (lowest[:2] < 0).all()
    assert (lowest[2:] > 0).all()


def test_a_layer_whose_values_are_all_equal_is_all_zero(images: Floats, tensors: dict[str, Floats]) -> None:
    dead = {key: np.zeros_like(values) for key, values in tensors.items()}
    dead["features.0.bias"] = np.full(32, -2.5, np.float32)
    layers = activations(dead, images)
    for name, value in (("conv1", -2.5), ("relu1", 0.0)):
        levels, scales = quantised(layers[name])
        assert scales == [(value, value)] * len(images)
        assert not levels.any()


@pytest.mark.parametrize("values", [1e-35, 1e-10, 1.0, 1e30])
def test_the_smallest_value_is_0_and_the_largest_255_at_any_magnitude(values: float) -> None:
    layer = np.array([[0, values / 4, values]], np.float32)
    levels, ((low, high),) = quantised(layer)
    assert (low, high) == (0, float(np.float32(values)))
    assert levels.tolist() == ([[0, 0, 0]] if values < 1e-30 else [[0, 64, 255]])


def test_the_levels_of_a_layer_do_not_depend_on_the_layers_quantised_with_it(images: Floats) -> None:
    for image in images:
        layers = [
            values[0] for values in activations(checkpoint.read(checkpoint.SHIPPED).tensors, image[None]).values()
        ]
        levels, scales = quantise(layers)
        for layer, together, scale in zip(layers, levels, scales, strict=True):
            (alone,), (own,) = quantise([layer])
            np.testing.assert_array_equal(alone, together)
            assert own == scale
