"""The trainer computes what the lesson's training loop computes."""

import base64
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from model.training import recipes
from model.training.images import TrainingImages, epoch_order
from model.training.trainer import Trainer, TrainingError, pick_device
from tests.model.test_network import lesson
from tests.model.training.test_recipes import AUGMENTED
from tests.support.training_runs import Both


def test_training_gives_the_results_of_the_lessons_loop_for_the_same_batches(few: Both) -> None:
    digits = few[0]
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    expected_network = lesson()
    expected_network.load_state_dict(trainer.weights())
    shuffled = epoch_order(len(digits), 3, 1)
    loader = DataLoader(TensorDataset(digits.normalised(), digits.labels), batch_size=64, sampler=shuffled.tolist())
    optimiser = torch.optim.Adam(expected_network.parameters(), lr=0.001)
    losses = []
    for data, target in loader:
        optimiser.zero_grad()
        loss = F.cross_entropy(expected_network(data), target)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
    images = digits.normalised()
    ours = [trainer.step(images[batch], digits.labels[batch]).item() for batch in torch.split(shuffled, 64)]
    assert len(ours) == len(losses) == 18
    assert losses[-1] < losses[0] / 2
    assert ours == pytest.approx(losses, rel=1e-3)
    for key, values in expected_network.state_dict().items():
        assert torch.allclose(trainer.weights()[key], values, atol=2e-4), key


def test_label_smoothing_changes_the_target_of_the_gradient_but_not_the_reported_loss(few: Both) -> None:
    images, labels = few[0].first(64).normalised(), few[0].first(64).labels
    plain, smooth = (Trainer(replace(recipes.LESSON, smoothing=each), 3, "cpu") for each in (0.0, 0.1))
    assert plain.step(images, labels) == smooth.step(images, labels)
    reference = lesson()
    reference.load_state_dict(Trainer(recipes.LESSON, 3, "cpu").weights())
    target = 0.9 * F.one_hot(labels, 10) + 0.1 / 10
    (-(target * reference(images).log_softmax(1)).sum(1).mean()).backward()
    for expected, found in zip(reference.parameters(), smooth.network.parameters(), strict=True):
        assert expected.grad is not None
        assert found.grad is not None
        assert torch.allclose(expected.grad, found.grad, atol=1e-5)


def test_an_epoch_uses_every_image_once_and_reports_the_mean_loss(few: Both) -> None:
    digits, images = few[0], few[0].normalised()
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    reports = list(trainer.epoch(images, digits.labels, 1))
    reference = Trainer(recipes.LESSON, 3, "cpu")
    shuffled = epoch_order(len(digits), 3, 1)
    assert sorted(shuffled.tolist()) == list(range(1100))
    batches = torch.split(shuffled, 64)
    losses = [reference.step(images[batch], digits.labels[batch]).item() * len(batch) for batch in batches]
    assert [report.images for report in reports] == [16 * 64, 1100]
    assert [report.batch for report in reports] == [16, 18]
    assert reports[0].loss == reports[0].recent_loss == pytest.approx(sum(losses[:16]) / (16 * 64))
    assert reports[1].loss == pytest.approx(sum(losses) / 1100)
    assert reports[1].recent_loss == pytest.approx(sum(losses[16:]) / (1100 - 16 * 64))
    assert 0 < reports[0].recent_accuracy < reports[1].recent_accuracy <= 1
    assert reports[1].correct == round(reports[0].recent_accuracy * 1024 + reports[1].recent_accuracy * (1100 - 1024))


def test_following_a_step_shows_how_one_weight_changes_and_changes_nothing(few: Both) -> None:
    digits, images = few[0].first(200), few[0].first(200).normalised()
    plain, followed = (Trainer(replace(recipes.LESSON, optimiser="sgd", learning_rate=0.1), 3, "cpu") for _ in range(2))
    list(plain.epoch(images, digits.labels, 1))
    reports = list(followed.epoch(images, digits.labels, 1, lambda: True))
    assert [report.batch for report in reports] == [1, 2, 3, 4]
    value = Trainer(recipes.LESSON, 3, "cpu").network.get_parameter("features.0.weight")[0, 0, 1, 1].item()
    for report in reports:
        assert report.step is not None
        weight = report.step.weight
        assert (weight.parameter, weight.index, weight.value) == ("features.0.weight", (0, 0, 1, 1), value)
        assert weight.step == pytest.approx(-0.1 * weight.gradient, rel=1e-4)
        assert weight.new_value == pytest.approx(weight.value + weight.step)
        assert report.step.loss == pytest.approx(report.recent_loss, rel=1e-6)
        assert sum(report.step.first.probabilities) == pytest.approx(1)
        assert report.step.gradient_norms.keys() == {"conv1", "conv2", "dense1", "logits"}
        value = weight.new_value
    first = epoch_order(200, 3, 1)[0]
    step = reports[0].step
    assert step is not None
    assert base64.b64decode(step.first.pixels) == digits.images[first].numpy().tobytes()
    assert step.first.label == digits.labels[first]
    for key, values in plain.weights().items():
        assert torch.equal(followed.weights()[key], values), key


def test_training_does_not_change_the_state_of_the_callers_random_numbers(few: Both) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    list(trainer.epoch(few[0].normalised(), few[0].labels, 1))
    assert torch.equal(torch.rand(3), expected)


def test_a_missing_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == pick_device("cpu") == "cpu"
    with pytest.raises(TrainingError, match="no CUDA device"):
        pick_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == pick_device("cuda") == "cuda"


def test_the_result_has_the_averaged_weights(few: Both) -> None:
    trainer = Trainer(AUGMENTED, 1, "cpu")
    expected = {key: values.clone() for key, values in trainer.network.state_dict().items()}
    images, labels = TrainingImages(AUGMENTED, few[0], 1).epoch(1)
    for step in range(1, 4):
        trainer.step(images[:64], labels[:64])
        decay = min(AUGMENTED.average, (1 + step) / (10 + step))
        for key, values in trainer.network.state_dict().items():
            expected[key] = decay * expected[key] + (1 - decay) * values
    for key, values in trainer.weights().items():
        assert torch.allclose(values, expected[key], atol=1e-6), key
        assert not torch.equal(values, trainer.network.state_dict()[key])
