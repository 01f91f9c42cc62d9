"""Two engines, one network: they agree on every layer, and what is not there is said."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from model import checkpoint
from model.inference import engines
from model.inference.calibration import read as read_calibration
from model.inference.classifier import Classifier, normalise
from model.layers import LAYER_NAMES, LAYERS, PARAMETERS
from model.preprocess.pipeline import from_pixels, from_strokes
from tests import ROOT


@pytest.fixture(scope="module")
def shipped() -> checkpoint.Checkpoint:
    return checkpoint.read(checkpoint.SHIPPED)


@pytest.fixture(scope="module")
def drawings(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> NDArray[np.float32]:
    return normalise([from_pixels(picture) for picture in mnist_test[0][:200]])


@pytest.mark.parametrize("calibrated", [False, True])
def test_the_engines_agree_on_every_layer_to_one_in_ten_thousand(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32], calibrated: bool
) -> None:
    calibration = read_calibration(checkpoint.SHIPPED, shipped) if calibrated else None
    temperature = calibration.temperature if calibration else 1
    outputs = (*LAYER_NAMES, "score")
    ours, theirs = (
        dict(zip(outputs, kind(shipped, calibration).run(drawings, outputs), strict=True))
        for kind in (engines.OnnxEngine, engines.TorchEngine)
    )
    for layer in LAYERS:
        assert ours[layer.name].shape == theirs[layer.name].shape == (200, *layer.shape)
    for name in outputs:
        assert ours[name].dtype == theirs[name].dtype == np.float32
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-4, rtol=1e-4, err_msg=name)
    powers = np.exp(ours["logits"] / temperature)
    np.testing.assert_allclose(ours["probabilities"], powers / powers.sum(axis=1, keepdims=True), atol=1e-5)
    by_hand = calibration.score(ours["flatten"], ours["relu3"]) if calibration else np.zeros(200)
    np.testing.assert_allclose(ours["score"], by_hand, atol=1e-4)
    assert (ours["score"] != 0).any() == calibrated


def test_the_answer_alone_is_the_answer_of_the_whole(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]
) -> None:
    engine = engines.OnnxEngine(shipped, read_calibration(checkpoint.SHIPPED, shipped))
    alone = engine.run(drawings, engines.ANSWER)
    _, *whole = engine.run(drawings, ("conv1", *engines.ANSWER))
    for a, b in zip(alone, whole, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_last_two_rows_and_columns_reach_no_cell_of_the_last_pooling(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]
) -> None:
    other = drawings.copy()
    other[:, :, 26:] = other[:, :, :, 26:] = 1.5
    engine = engines.OnnxEngine(shipped, read_calibration(checkpoint.SHIPPED, shipped))
    for layers in (("conv1", "pool2", "probabilities"), ("pool2", "relu3", "probabilities"), engines.ANSWER):
        for layer, a, b in zip(layers, engine.run(drawings, layers), engine.run(other, layers), strict=True):
            assert (a == b).all() == (layer != "conv1")


@pytest.mark.parametrize("outputs", [LAYER_NAMES, engines.ANSWER])
@pytest.mark.parametrize("count", [2, 20])  # few, and as many as a second thread helps with
def test_a_batch_gives_what_each_picture_gives_alone(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32], outputs: tuple[str, ...], count: int
) -> None:
    engine = engines.OnnxEngine(shipped, read_calibration(checkpoint.SHIPPED, shipped))
    together = engine.run(drawings[:count], outputs)
    for i in range(count):
        for a, b in zip(engine.run(drawings[i : i + 1], outputs), together, strict=True):
            np.testing.assert_allclose(a[0], b[i], atol=1e-5)


def test_on_one_core_there_is_no_second_thread(shipped: checkpoint.Checkpoint) -> None:
    for cores in (1, 2):
        engine = engines.OnnxEngine(shipped, cores=cores)
        for sessions in (engine._maps, engine._bytes, engine._answer):
            threads = [session.get_session_options().intra_op_num_threads for session in sessions]
            assert threads == [1, 2][:cores]


def test_layers_come_in_the_order_asked_for(shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]) -> None:
    for engine in (engines.OnnxEngine(shipped), engines.TorchEngine(shipped)):
        logits, picture, pool = engine.run(drawings[:2], ("logits", "input", "pool2"))
        assert (logits.shape, picture.shape, pool.shape) == ((2, 10), (2, 1, 28, 28), (2, 64, 5, 5))
        np.testing.assert_array_equal(picture, drawings[:2])


def test_a_layer_computed_by_hand_from_the_weights_is_the_layer_of_the_engine(
    shipped: checkpoint.Checkpoint, drawings: NDArray[np.float32]
) -> None:
    weight, bias = shipped.tensors["features.0.weight"], shipped.tensors["features.0.bias"]
    picture, conv1, pool2, flatten, dense1 = engines.OnnxEngine(shipped).run(
        drawings[:1], ("input", "conv1", "pool2", "flatten", "dense1")
    )
    # O(k, y, x) = Σ I(y + i, x + j) K(k, i, j) + b(k): cross-correlation, the kernel is not flipped
    by_hand = sum(
        picture[0, 0, i : i + 26, j : j + 26] * weight[:, 0, i, j, None, None] for i in range(3) for j in range(3)
    )
    np.testing.assert_allclose(conv1[0], by_hand + bias[:, None, None], atol=1e-5)
    np.testing.assert_array_equal(flatten[0], pool2[0].ravel())
    dense = shipped.tensors["classifier.1.weight"] @ flatten[0] + shipped.tensors["classifier.1.bias"]
    np.testing.assert_allclose(dense1[0], dense, atol=1e-4)


def test_auto_is_onnx_runtime_where_there_is_no_gpu(
    shipped: checkpoint.Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert engines.load(shipped).name == "onnx"


def test_auto_is_torch_where_there_is_a_gpu(shipped: checkpoint.Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    class OnGpu:
        name, device = "torch", "cuda"

    monkeypatch.setattr(engines, "_cuda_is_likely", lambda: True)
    monkeypatch.setattr(engines, "TorchEngine", lambda *_: OnGpu())
    assert engines.load(shipped).device == "cuda"


def test_torch_without_torch_is_refused_in_a_sentence(
    shipped: checkpoint.Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    with pytest.raises(engines.EngineError, match="PyTorch"):
        engines.load(shipped, "torch")
    assert engines.load(shipped).name == "onnx"


def test_onnx_runtimes_telemetry_is_switched_off_before_it_is_loaded() -> None:
    # A fresh process, without the variable CI, which would switch it off too.
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


def test_the_layers_arithmetic_is_that_of_the_weights(shipped: checkpoint.Checkpoint) -> None:
    counted = {
        layer.name: sum(v.size for k, v in shipped.tensors.items() if k.startswith(f"{layer.module}."))
        for layer in LAYERS
    }
    assert {layer.name: layer.parameters for layer in LAYERS} == counted
    assert sum(counted.values()) == 225_034
    assert {key: value.shape for key, value in shipped.tensors.items()} == PARAMETERS
    formulas = [layer.formula for layer in LAYERS if layer.formula]
    assert formulas == [
        "(28 − 3 + 2·0)/1 + 1 = 26",
        "(26 − 2 + 2·0)/2 + 1 = 13",
        "(13 − 3 + 2·0)/1 + 1 = 11",
        "⌊(11 − 2 + 2·0)/2⌋ + 1 = 5",
    ]


def test_a_blank_drawing_gets_no_digit() -> None:
    classifier = Classifier.load(engine="onnx")
    blank, seven = classifier.predict(
        [from_pixels(np.zeros((28, 28), np.uint8)), from_strokes([[[30, 40], [110, 40], [60, 150]]])]
    )
    assert (blank.verdict, blank.digit, blank.confidence) == ("blank", None, None)
    assert blank.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert (seven.verdict, seven.digit) == ("digit", 7)
    assert seven.confidence == pytest.approx(float(seven.probabilities.max()))
