"""The classifier returns a prediction and feature maps for each drawing of a batch."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from model.inference import engines
from model.inference.classifier import Classifier, softmax
from model.layers import LAYER_NAMES
from model.preprocess.pipeline import from_pixels, from_strokes
from tests import ROOT

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def test_a_blank_drawing_gets_no_digit() -> None:
    classifier = Classifier.load(engine="onnx")
    blank, seven = classifier.predict(
        [from_pixels(np.zeros((28, 28), np.uint8)), from_strokes([[[30, 40], [110, 40], [60, 150]]])]
    )
    assert (blank.verdict, blank.digit, blank.confidence) == ("blank", None, None)
    assert blank.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert (seven.verdict, seven.digit) == ("digit", 7)
    assert seven.confidence == pytest.approx(float(seven.probabilities.max()))


@pytest.mark.parametrize("engine", ["onnx", "torch"])
@pytest.mark.parametrize(
    "layers", [LAYER_NAMES, (), ("flatten", "relu3"), ("pool2", "flatten", "probabilities"), ("relu1",)]
)
def test_quantised_maps_equal_the_exact_maps_to_half_a_step(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]], engine: engines.EngineName, layers: tuple[str, ...]
) -> None:
    classifier = Classifier.load(engine=engine)
    drawings = [from_pixels(image) for image in mnist_test[0][:5]] + [from_pixels(np.zeros((28, 28), np.uint8))]
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


@pytest.mark.parametrize("engine", ["onnx", "torch"])
def test_without_the_calibration_the_probabilities_are_the_plain_softmax(
    mnist_test: Mnist, engine: engines.EngineName
) -> None:
    classifier = Classifier.load(engine=engine)
    drawings = [from_pixels(image) for image in mnist_test[0][:100]] + [from_pixels(np.zeros((28, 28), np.uint8))]
    calibrated = classifier.feature_maps(drawings)
    plain = classifier.feature_maps(drawings, ("probabilities", "logits"), calibrated=False)
    assert [each.prediction.confidence for each in calibrated] != [each.prediction.confidence for each in plain]
    for before, after in zip(calibrated, plain, strict=True):
        powers = np.exp(after.maps[1].astype(np.float64))
        np.testing.assert_allclose(after.prediction.probabilities, powers / powers.sum(), atol=1e-6)
        np.testing.assert_array_equal(after.maps[0], after.prediction.probabilities)
        assert (before.temperature, after.temperature) == (classifier.temperature, 1)
        assert after.prediction.digit == before.prediction.digit
        if after.prediction.digit is None:
            assert after.prediction.confidence is None
        else:
            assert after.prediction.confidence == after.prediction.probabilities.max()
        for field in ("verdict", "reasons", "familiarity", "model"):
            assert getattr(after.prediction, field) == getattr(before.prediction, field)


def test_very_large_logits_do_not_overflow() -> None:
    logits = np.array([[1000, 0, -1000, *[0] * 7], [-1000] * 10], np.float32)
    np.testing.assert_allclose(softmax(logits), np.array([[1.0, *[0.0] * 9], [0.1] * 10]), atol=1e-6)


def test_the_score_of_a_drawing_does_not_depend_on_its_batch(mnist_test: Mnist) -> None:
    classifier = Classifier.load(engine="onnx")
    drawings = [from_pixels(image) for image in mnist_test[0][:32]]
    together = [prediction.familiarity for prediction in classifier.predict(drawings)]
    alone = [classifier.predict([drawing])[0].familiarity for drawing in drawings]
    assert together == pytest.approx(alone, abs=1e-3)


def test_both_engines_give_the_same_verdicts(mnist_test: Mnist) -> None:
    drawings = [from_pixels(image) for image in mnist_test[0][:200]]
    by_onnx, by_torch = (Classifier.load(engine=name).predict(drawings) for name in ("onnx", "torch"))
    for a, b in zip(by_onnx, by_torch, strict=True):
        np.testing.assert_allclose(a.probabilities, b.probabilities, atol=1e-4)
        assert a.familiarity == pytest.approx(b.familiarity, abs=2e-3)
    assert sum(a.verdict != b.verdict for a, b in zip(by_onnx, by_torch, strict=True)) <= 1


def test_feature_maps_and_predict_return_the_same_prediction(mnist_test: Mnist) -> None:
    classifier = Classifier.load(engine="onnx")
    drawings = [from_pixels(image) for image in mnist_test[0][:5]]
    alone = classifier.predict(drawings)
    for quantised in (False, True):
        for layers in (("conv1",), ("pool2", "flatten", "relu3", "probabilities")):
            for a, b in zip(alone, classifier.feature_maps(drawings, layers, quantised=quantised), strict=True):
                assert (a.verdict, a.reasons, a.familiarity) == (
                    b.prediction.verdict,
                    b.prediction.reasons,
                    b.prediction.familiarity,
                )
                np.testing.assert_allclose(a.probabilities, b.prediction.probabilities, atol=1e-6)
                assert b.temperature == classifier.temperature


def test_sixteen_sets_of_weights_take_less_than_20_megabytes() -> None:
    script = """
import ctypes, gc, psutil
import numpy as np
from model.epochs import read_epoch
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_pixels

def load(count):
    sets = [Classifier(read_epoch(number % 5), "onnx", shared=True) for number in range(count)]
    for each in sets:
        each.predict(drawings)
        each.feature_maps(drawings)
    return sets

def memory():
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)  # returns what was used while reading the files
    return psutil.Process().memory_info().rss

drawings = [from_pixels(np.eye(28, dtype=np.uint8) * 255)] * 8
warm = load(2)  # loads the session that all sets share
before = memory()
sets = load(16)
print(memory() - before, sum(len(each.checkpoint.content) for each in sets))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    taken, numbers = map(int, done.stdout.split())
    assert numbers > 14e6
    assert numbers <= taken < 20e6
