"""The calibration file of the weights: the score is a rank, and a wrong or damaged file is refused."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from model import checkpoint
from model.checkpoint import SHIPPED, CheckpointError
from model.inference.calibration import Calibration, calibration_path, read
from model.inference.classifier import Classifier
from model.inference.engines import OnnxEngine
from model.preprocess.pipeline import from_strokes

SEVEN = from_strokes([[[30, 40], [110, 40], [60, 150]]], 12)


@pytest.fixture(scope="module")
def shipped() -> Calibration:
    calibration = read(SHIPPED, checkpoint.read(SHIPPED))
    assert calibration is not None
    return calibration


def copy(folder: Path, name: str = "mine.safetensors") -> Path:
    weights = folder / name
    weights.write_bytes(SHIPPED.read_bytes())
    return weights


def test_the_score_is_a_rank_among_held_out_digits(shipped: Calibration) -> None:
    engine = OnnxEngine(checkpoint.read(SHIPPED))
    flatten, relu3 = engine.run(np.zeros((1, 1, 28, 28), np.float32), ("flatten", "relu3"))
    score = shipped.score(flatten, relu3)
    (familiar,) = shipped.familiarity(score)
    below = int((shipped.digits <= score[0]).sum())
    assert familiar == pytest.approx((below + 1) / (len(shipped.digits) + 1), abs=1e-4)


def test_weights_without_a_calibration_are_served_without_a_score(tmp_path: Path) -> None:
    classifier = Classifier.load(copy(tmp_path), "onnx")
    (seven,) = classifier.predict([SEVEN])
    assert classifier.temperature == 1
    assert (seven.digit, seven.verdict, seven.familiarity, seven.reasons) == (7, "digit", None, ())
    (dot,) = classifier.predict([from_strokes([[[5, 5]]])])
    assert dot.verdict == "unsure"


def test_a_calibration_of_other_weights_is_refused(tmp_path: Path) -> None:
    known = checkpoint.read(SHIPPED)
    changed = dict(known.tensors) | {"classifier.3.bias": known.tensors["classifier.3.bias"] + np.float32(0.1)}
    weights = tmp_path / "mine.safetensors"
    checkpoint.write(weights, changed, {})
    calibration_path(weights).write_bytes(calibration_path(SHIPPED).read_bytes())
    with pytest.raises(CheckpointError, match=r"mine\.calibration\.safetensors does not belong to"):
        Classifier.load(weights, "onnx")


def test_equal_weights_in_another_file_keep_their_calibration(tmp_path: Path) -> None:
    known = checkpoint.read(SHIPPED)
    torch.save({key: torch.from_numpy(v.copy()) for key, v in known.tensors.items()}, tmp_path / "mnist_cnn.pth")
    calibrated = calibration_path(tmp_path / "mnist_cnn.pth")
    calibrated.write_bytes(calibration_path(SHIPPED).read_bytes())
    assert Classifier.load(tmp_path / "mnist_cnn.pth", "onnx").calibration is not None


@pytest.mark.parametrize("damage", [b"", b"not a file", None])
def test_a_damaged_calibration_is_refused(tmp_path: Path, damage: bytes | None) -> None:
    weights = copy(tmp_path)
    whole = calibration_path(SHIPPED).read_bytes()
    calibration_path(weights).write_bytes(whole[:-100] if damage is None else damage)
    with pytest.raises(CheckpointError, match=r"is damaged\. Make it again: .*inkling calibrate --weights"):
        Classifier.load(weights, "onnx")


def test_a_calibration_with_a_value_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    weights = copy(tmp_path)
    content = calibration_path(SHIPPED).read_bytes()
    broken = content[:-4] + struct.pack("<f", float("nan"))
    calibration_path(weights).write_bytes(broken)
    with pytest.raises(CheckpointError, match="does not have the format of this version"):
        Classifier.load(weights, "onnx")


def test_the_shipped_calibration_names_its_origin(shipped: Calibration) -> None:
    known = checkpoint.read(SHIPPED)
    assert shipped.metadata["weights"] == known.model
    assert shipped.metadata["sha256"] == known.sha256
    assert float(shipped.metadata["temperature"]) == shipped.temperature
    assert {"seed", "held_back", "auroc", "python", "numpy", "torch"} <= set(shipped.metadata)
    assert not any("/" in value or "\\" in value for value in shipped.metadata.values())


def test_the_score_is_computed_by_the_formula(shipped: Calibration) -> None:
    generator = np.random.default_rng(0)
    flatten, relu3 = (generator.random((3, size), dtype=np.float32) for size in (1600, 128))
    a, b = shipped.scoring["flatten.weight"].astype(float), shipped.scoring["relu3.weight"].astype(float)
    hidden = np.maximum(flatten @ a + relu3 @ b + shipped.scoring["hidden.bias"], 0)
    expected = hidden @ shipped.scoring["score.weight"].astype(float)  # w · max(0, A flatten + B relu3 + b)
    assert (expected != 0).all()
    np.testing.assert_allclose(shipped.score(flatten, relu3), expected, rtol=1e-3, atol=1e-3)
