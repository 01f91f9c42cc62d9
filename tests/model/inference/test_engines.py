"""The two engines agree on every layer, and a missing engine is reported."""

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference import engines
from model.inference.classifier import normalise
from model.layers import LAYER_NAMES, LAYERS, PARAMETERS
from tests import ROOT


@pytest.fixture(scope="module")
def shipped() -> checkpoint.Checkpoint:
    return checkpoint.read(checkpoint.SHIPPED)


@pytest.fixture(scope="module")
def drawings(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> NDArray[np.float32]:
    return normalise(mnist_test[0][:200])


def shared_engine(weights: checkpoint.Checkpoint, temperature: float = 1.0) -> engines.Engine:
    return engines.SharedOnnxEngine(weights.tensors, temperature)


@pytest.mark.parametrize("temperature", [1.0, 1.3])
def test_the_engines_agree_on_every_layer_to_one_in_ten_thousand(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32], temperature: float
) -> None:
    by_onnx, by_torch = (
        dict(zip(LAYER_NAMES, engine(shipped, temperature).run(drawings, LAYER_NAMES), strict=True))
        for engine in (engines.OnnxEngine, engines.TorchEngine)
    )
    for layer in LAYERS:
        assert by_onnx[layer.name].shape == by_torch[layer.name].shape == (200, *layer.shape)
        assert by_onnx[layer.name].dtype == by_torch[layer.name].dtype == np.float32
        np.testing.assert_allclose(by_onnx[layer.name], by_torch[layer.name], atol=1e-4, rtol=1e-4, err_msg=layer.name)
    powers = np.exp(by_onnx["logits"] / temperature)
    np.testing.assert_allclose(by_onnx["probabilities"], powers / powers.sum(axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("layers", [LAYER_NAMES, engines.PREDICTION_LAYERS])
def test_sets_that_share_a_session_give_the_numbers_of_an_engine_of_their_own(
    drawings: NDArray[np.float32], layers: tuple[str, ...]
) -> None:
    sets = [
        (checkpoint.read(checkpoint.find(name)), temperature)
        for name, temperature in (("robust", 1.0), ("lesson", 1.9))
    ]
    shared = [shared_engine(*each) for each in sets]
    for count in (1, 4, 20):
        found = [engine.run(drawings[:count], layers) for engine in shared]
        assert not np.allclose(found[0][-1], found[1][-1])
        for each, outputs in zip(sets, found, strict=True):
            for layer, own, values in zip(
                layers, engines.OnnxEngine(*each).run(drawings[:count], layers), outputs, strict=True
            ):
                np.testing.assert_allclose(values, own, atol=1e-4, rtol=1e-5, err_msg=layer)


def test_weights_that_change_after_each_run_give_the_numbers_of_an_engine_of_their_own(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]
) -> None:
    for scale in (1.0, 0.5):
        tensors = {name: values * np.float32(scale) for name, values in shipped.tensors.items()}
        expected = engines.SharedOnnxEngine(tensors)
        for layers in (LAYER_NAMES, ("logits",)):
            for own, values in zip(
                expected.run(drawings[:5], layers), engines.run_weights(tensors, drawings[:5], layers), strict=True
            ):
                np.testing.assert_allclose(values, own, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("engine", [engines.OnnxEngine, shared_engine, engines.TorchEngine])
def test_the_values_of_a_layer_do_not_depend_on_which_other_layers_are_requested(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32], engine: Callable[..., engines.Engine]
) -> None:
    loaded = engine(shipped)
    everything = dict(zip(LAYER_NAMES, loaded.run(drawings[:4], LAYER_NAMES), strict=True))
    for layers in (("probabilities",), ("conv1", "probabilities"), ("relu2", "flatten"), ("input",), ()):
        for layer, values in zip(layers, loaded.run(drawings[:4], layers), strict=True):
            np.testing.assert_allclose(values, everything[layer], atol=1e-5)


def test_the_last_two_rows_and_columns_do_not_reach_the_last_pooling(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]
) -> None:
    other = drawings.copy()
    other[:, :, 26:] = other[:, :, :, 26:] = 1.5
    engine = engines.OnnxEngine(shipped)
    layers = ("conv1", "pool2", "relu3", "probabilities")
    for layer, a, b in zip(layers, engine.run(drawings, layers), engine.run(other, layers), strict=True):
        assert (a == b).all() == (layer != "conv1")


@pytest.mark.parametrize("outputs", [LAYER_NAMES, ("probabilities",)])
@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize("engine_of", [engines.OnnxEngine, shared_engine])
def test_the_layers_of_an_image_do_not_depend_on_its_batch(
    shipped: checkpoint.Checkpoint,
    drawings: NDArray[np.float32],
    outputs: tuple[str, ...],
    count: int,
    engine_of: Callable[..., engines.Engine],
) -> None:
    engine = engine_of(shipped)
    together = engine.run(drawings[:count], outputs)
    for i in range(count):
        for a, b in zip(engine.run(drawings[i : i + 1], outputs), together, strict=True):
            np.testing.assert_allclose(a[0], b[i], atol=1e-5)


def test_layers_come_in_the_requested_order(shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]) -> None:
    for engine in (engines.OnnxEngine(shipped), shared_engine(shipped), engines.TorchEngine(shipped)):
        logits, image, pool = engine.run(drawings[:2], ("logits", "input", "pool2"))
        assert (logits.shape, image.shape, pool.shape) == ((2, 10), (2, 1, 28, 28), (2, 64, 5, 5))
        np.testing.assert_array_equal(image, drawings[:2])


def test_a_layer_computed_by_hand_from_the_weights_equals_the_engines(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]
) -> None:
    weight, bias = shipped.tensors["features.0.weight"], shipped.tensors["features.0.bias"]
    image, conv1, pool2, flatten, dense1 = engines.OnnxEngine(shipped).run(
        drawings[:1], ("input", "conv1", "pool2", "flatten", "dense1")
    )
    # O(k, y, x) = Σ I(y + i, x + j) K(k, i, j) + b(k). This is a cross-correlation: the kernel is not flipped.
    by_hand = sum(
        image[0, 0, i : i + 26, j : j + 26] * weight[:, 0, i, j, None, None] for i in range(3) for j in range(3)
    )
    np.testing.assert_allclose(conv1[0], by_hand + bias[:, None, None], atol=1e-5)
    np.testing.assert_array_equal(flatten[0], pool2[0].ravel())
    dense = shipped.tensors["classifier.1.weight"] @ flatten[0] + shipped.tensors["classifier.1.bias"]
    np.testing.assert_allclose(dense1[0], dense, atol=1e-4)


def test_auto_is_onnx_runtime_without_a_gpu(shipped: checkpoint.Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert engines.load(shipped).name == "onnx"


def test_auto_is_torch_with_a_gpu(shipped: checkpoint.Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    class OnGpu:
        name, device = "torch", "cuda"

    monkeypatch.setattr(engines, "_cuda_is_likely", lambda: True)
    monkeypatch.setattr(engines, "TorchEngine", lambda *_: OnGpu())
    assert engines.load(shipped).device == "cuda"


def test_the_torch_engine_is_refused_if_torch_is_not_installed(
    shipped: checkpoint.Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    with pytest.raises(engines.EngineError, match="PyTorch"):
        engines.load(shipped, "torch")
    assert engines.load(shipped).name == "onnx"


@pytest.mark.timing
def test_predictions_with_torch_need_little_processor_time_on_a_busy_machine() -> None:
    script = """
import os, subprocess, sys, time
import numpy as np
from model import checkpoint
from model.inference import engines
engine = engines.load(checkpoint.read(checkpoint.SHIPPED), "torch")
image = np.zeros((1, 1, 28, 28), np.float32)
busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
try:
    for repetitions in (20, 200):
        before = time.process_time()
        for _ in range(repetitions):
            engine.run(image, ("probabilities",))
finally:
    for process in busy:
        process.kill()
        process.wait()
print(time.process_time() - before)
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    # Here it is 0.1 s. With threads that spin while they wait for a core, it was 5 s, and the predictions took a
    # minute.
    assert float(done.stdout) < 1


def test_onnx_runtimes_telemetry_is_switched_off_before_it_is_loaded() -> None:
    # Use a new process without the variable CI, because CI also switches the telemetry off.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    script = (
        "import os, sys\n"
        "from model.inference.classifier import Classifier\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "Classifier.load(engine='onnx').warm_up()\n"
        "assert 'onnxruntime' in sys.modules\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"


def test_the_graph_has_every_layer_as_an_output_and_no_weights() -> None:
    model = onnx.load_model(str(engines.GRAPH), load_external_data=False)
    graph, external = model.graph, onnx.TensorProto.EXTERNAL
    assert [value.name for value in graph.input] == ["input"]
    assert tuple(value.name for value in graph.output) == LAYER_NAMES[1:]
    for value, layer in zip(graph.output, LAYERS[1:], strict=True):
        batch, *shape = value.type.tensor_type.shape.dim
        assert batch.dim_param == "batch"
        assert tuple(size.dim_value for size in shape) == layer.shape
    supplied = {t.name: tuple(t.dims) for t in graph.initializer if t.data_location == external}
    assert supplied == PARAMETERS | {"temperature": ()}
    assert engines.GRAPH.stat().st_size < 4096
