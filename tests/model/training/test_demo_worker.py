"""The training steps that the lesson's page shows: every number follows from the lesson's formulas."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from app.settings import STATIC
from model.training import demo_worker
from tests.model.test_network import lesson

MODULES = {"conv1": "features.0", "conv2": "features.3", "dense1": "classifier.1", "logits": "classifier.3"}


def steps(optimiser: demo_worker.Optimiser, rate: float, count: int) -> dict[str, Any]:
    return demo_worker.train_steps(demo_worker.samples(STATIC / "samples"), optimiser, rate, count)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """The sample digits, cut out and normalised by code of this test."""
    digits = json.loads((STATIC / "samples" / "digits.json").read_text())["digits"]
    sheet = np.asarray(Image.open(STATIC / "samples" / "digits.png").convert("L"), np.float32)
    rows = [
        [sheet[28 * each["row"] + y, 28 * each["column"] : 28 * each["column"] + 28] for y in range(28)]
        for each in digits
    ]
    images = (np.array(rows) / 255 - 0.1307) / 0.3081
    return torch.from_numpy(images[:, None].astype(np.float32)), torch.tensor([each["label"] for each in digits])


@pytest.mark.parametrize(("optimiser", "rate"), [("sgd", 0.1), ("adam", 0.001)])
def test_every_number_of_a_step_follows_from_the_formulas(optimiser: demo_worker.Optimiser, rate: float) -> None:
    """Compare with the lesson's network, PyTorch's gradients, and the update rule of each optimiser as a formula."""
    report = steps(optimiser, rate, 3)
    assert (report["diverged"], report["optimiser"], report["learning_rate"]) == (False, optimiser, rate)
    assert [each["step"] for each in report["steps"]] == [1, 2, 3]
    torch.manual_seed(report["seed"])
    network = lesson()
    images, labels = batch()
    assert report["labels"] == labels.tolist()
    state = [(torch.zeros_like(values), torch.zeros_like(values)) for values in network.parameters()]
    before = {"loss": report["loss"], "accuracy": report["accuracy"], "answers": report["answers"]}
    place = tuple(report["weight"]["index"])
    for t, step in enumerate(report["steps"], start=1):
        network.zero_grad()
        logits = network(images)
        loss = F.cross_entropy(logits, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        assert before["loss"] == pytest.approx(loss.item(), rel=1e-4)
        predictions = logits.argmax(1)
        assert np.mean(np.array(before["answers"]) != predictions.numpy()) <= 1 / 80  # one image may be a near tie
        assert before["accuracy"] == np.mean(np.array(before["answers"]) == labels.numpy())
        parameter = network.get_parameter(report["weight"]["parameter"])
        assert parameter.grad is not None
        weight = step["weight"]
        assert weight["before"] == pytest.approx(parameter[place].item(), rel=1e-3, abs=1e-6)
        assert weight["gradient"] == pytest.approx(parameter.grad[place].item(), rel=2e-2, abs=1e-6)
        for layer, module in MODULES.items():
            squares = [
                float((p.grad**2).sum()) for p in network.get_submodule(module).parameters() if p.grad is not None
            ]
            assert step["gradient_norms"][layer] == pytest.approx(math.sqrt(sum(squares)), rel=1e-2)
        with torch.no_grad():
            for values, (m, v) in zip(network.parameters(), state, strict=True):
                assert values.grad is not None
                m.mul_(0.9).add_(0.1 * values.grad)
                v.mul_(0.999).add_(0.001 * values.grad**2)
                if optimiser == "sgd":
                    values.sub_(rate * values.grad)
                else:
                    values.sub_(rate * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8))
        if optimiser == "sgd":
            assert report["adam"] is None
            assert {weight[name] for name in ("m", "v", "m_hat", "v_hat")} == {None}
            assert weight["after"] == pytest.approx(weight["before"] - rate * weight["gradient"], abs=1e-7)
        else:
            assert report["adam"] == {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
            assert weight["m_hat"] == pytest.approx(weight["m"] / (1 - 0.9**t), rel=1e-5)
            assert weight["v_hat"] == pytest.approx(weight["v"] / (1 - 0.999**t), rel=1e-5)
            size = rate * weight["m_hat"] / (math.sqrt(weight["v_hat"]) + 1e-8)
            assert weight["after"] == pytest.approx(weight["before"] - size, abs=1e-7)
        before = step


def test_the_steps_end_when_a_number_is_no_longer_finite() -> None:
    report = steps("sgd", 1e30, 5)
    assert report["diverged"]
    assert len(report["steps"]) < 5
    json.dumps(report, allow_nan=False)
