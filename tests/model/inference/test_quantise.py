"""Layers as bytes: what they stand for, in both engines, for every kind of layer there can be."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference import calibration, engines
from model.inference.classifier import Classifier, normalise
from model.inference.quantise import Quantised
from model.layers import LAYER_NAMES
from model.preprocess.pipeline import from_pixels

Floats = NDArray[np.float32]
Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
Make = Callable[[checkpoint.Checkpoint], engines.Engine]

ENGINES = [engines.OnnxEngine, engines.TorchEngine]
RELUS = {"relu1": "conv1", "relu2": "conv2", "relu3": "dense1"}


@pytest.fixture(scope="module")
def pictures(mnist_test: Mnist) -> Floats:
    return normalise([from_pixels(picture) for picture in mnist_test[0][:6]])


def made(tensors: dict[str, Floats]) -> checkpoint.Checkpoint:
    """A checkpoint of these tensors."""
    return checkpoint.Checkpoint(tensors, {}, "0" * 64, b"", "made")


def ends_of(found: Quantised, layer: int) -> tuple[Floats, Floats]:
    low, high = np.array(found.ends[layer], np.float32).T
    return low, high


def bytes_of(values: Floats) -> NDArray[np.float64]:
    """The formula, in double precision."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    rounded: NDArray[np.float64] = np.rint((flat - low) / np.maximum((high - low) / 255, 1e-30))
    return rounded.reshape(values.shape)


def check(engine: engines.Engine, pictures: Floats) -> Quantised:
    """Every layer's bytes and ends are those of its own numbers."""
    exact = engine.run(pictures, LAYER_NAMES)
    found = engine.quantised(pictures, LAYER_NAMES)
    for i, (name, values) in enumerate(zip(LAYER_NAMES, exact, strict=True)):
        own = found.maps[i]
        assert own.dtype == np.uint8, name
        assert own.shape == values.shape, name
        low, high = ends_of(found, i)
        flat = values.reshape(len(values), -1)
        np.testing.assert_array_equal((low, high), (flat.min(axis=1), flat.max(axis=1)), name)
        off = np.abs(own - bytes_of(values))  # float32 may come to lie on the other side of a half
        assert off.max() <= 1, name
        assert (off > 0).mean() < 1e-3, name
    return found


@pytest.mark.parametrize("kind", ENGINES)
def test_bytes_are_what_the_formula_makes_of_the_layers(kind: Make, pictures: Floats) -> None:
    check(kind(checkpoint.read(checkpoint.SHIPPED)), pictures)


@pytest.mark.parametrize("kind", ENGINES)
def test_where_nothing_is_negative_relu_changes_nothing(
    kind: Make, pictures: Floats, tensors: dict[str, Floats]
) -> None:
    """The ends of a ReLU's layer are not 0 and the largest then, but the smallest and the largest."""
    high = {key: values + 30 if key.endswith("bias") else values for key, values in tensors.items()}
    high["features.3.bias"] = high["features.3.bias"] + 1000
    high["classifier.1.bias"] = high["classifier.1.bias"] + 100_000
    found = check(kind(made(high)), pictures)
    for relu, before in RELUS.items():
        a, b = LAYER_NAMES.index(relu), LAYER_NAMES.index(before)
        assert (ends_of(found, a)[0] > 0).all()
        np.testing.assert_array_equal(found.maps[a], found.maps[b])


@pytest.mark.parametrize("kind", ENGINES)
def test_some_pictures_of_a_batch_may_have_negative_numbers_and_others_none(
    kind: Make, pictures: Floats, tensors: dict[str, Floats]
) -> None:
    some = {**tensors, "features.0.weight": np.abs(tensors["features.0.weight"])}
    some["features.0.bias"] = np.full(32, 0.5, np.float32)
    light = np.concatenate([pictures[:2], np.maximum(pictures[2:4], 0.0)])
    check(kind(made(some)), light)
    conv1 = kind(made(some)).run(light, ["conv1"])[0].min(axis=(1, 2, 3))
    assert (conv1[:2] < 0).all()
    assert (conv1[2:] > 0).all()


@pytest.mark.parametrize("kind", ENGINES)
def test_a_layer_whose_numbers_are_all_equal_is_all_zero(
    kind: Make, pictures: Floats, tensors: dict[str, Floats]
) -> None:
    dead = {key: np.zeros_like(values) for key, values in tensors.items()}
    dead["features.0.bias"] = np.full(32, -2.5, np.float32)
    found = check(kind(made(dead)), pictures)
    conv1, relu1 = (LAYER_NAMES.index(name) for name in ("conv1", "relu1"))
    assert found.ends[conv1] == [(-2.5, -2.5)] * len(pictures)
    assert found.ends[relu1] == [(0, 0)] * len(pictures)
    assert not found.maps[conv1].any()
    assert not found.maps[relu1].any()


@pytest.mark.parametrize("kind", ENGINES)
def test_bytes_come_with_the_answer_and_for_the_layers_asked_for(kind: Make, pictures: Floats) -> None:
    weights = checkpoint.read(checkpoint.SHIPPED)
    engine = engines.load(
        weights, "onnx" if kind is engines.OnnxEngine else "torch", calibration.read(checkpoint.SHIPPED, weights)
    )
    everything = engine.quantised(pictures, LAYER_NAMES)
    some = engine.quantised(pictures, ("pool2", "relu1"))
    none = engine.quantised(pictures, ())
    assert (none.maps, none.ends) == ([], [])
    for layer, name in enumerate(("pool2", "relu1")):
        np.testing.assert_array_equal(some.maps[layer], everything.maps[LAYER_NAMES.index(name)])
        assert some.ends[layer] == everything.ends[LAYER_NAMES.index(name)]
    probabilities, scores = engine.run(pictures, engines.ANSWER)
    for found in (everything, some, none):
        np.testing.assert_allclose(found.probabilities, probabilities, atol=1e-6)
        np.testing.assert_allclose(found.scores, scores, atol=1e-4)


def test_a_batch_gives_what_each_picture_gives_alone(pictures: Floats) -> None:
    engine = engines.OnnxEngine(checkpoint.read(checkpoint.SHIPPED))
    together = engine.quantised(pictures, LAYER_NAMES)
    for i in range(len(pictures)):
        alone = engine.quantised(pictures[i : i + 1], LAYER_NAMES)
        for layer, name in enumerate(LAYER_NAMES):
            np.testing.assert_array_equal(alone.maps[layer][0], together.maps[layer][i], name)
            assert alone.ends[layer][0] == together.ends[layer][i], name


@pytest.mark.parametrize("engine", ["onnx", "torch"])
@pytest.mark.parametrize(
    "layers", [LAYER_NAMES, ("flatten", "relu3"), ("pool2", "flatten", "probabilities"), ("relu1",)]
)
def test_quantised_maps_are_the_maps_to_half_a_step(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]], engine: engines.EngineName, layers: tuple[str, ...]
) -> None:
    classifier = Classifier.load(engine=engine)
    drawings = [from_pixels(picture) for picture in mnist_test[0][:5]] + [from_pixels(np.zeros((28, 28), np.uint8))]
    exact = classifier.feature_maps(drawings, layers)
    small = classifier.feature_maps(drawings, layers, quantised=True)
    for a, b in zip(exact, small, strict=True):
        np.testing.assert_array_equal(a.prediction.probabilities, b.prediction.probabilities)
        for values, quantised, (low, high) in zip(a.maps, b.maps, b.scales, strict=True):
            assert quantised.dtype == np.uint8
            assert quantised.shape == values.shape
            assert (np.float32(low), np.float32(high)) == (values.min(), values.max())
            step = (high - low) / 255
            np.testing.assert_allclose(low + quantised * step, values, atol=step * 0.51 + 1e-6)
