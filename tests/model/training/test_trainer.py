"""The trainer computes what the lesson's training loop computes."""

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


def test_an_epoch_uses_every_image_once_and_reports_the_mean_loss(few: Both) -> None:
    digits, images = few[0], few[0].normalised()
    trainer = Trainer(recipes.LESSON, 3, "cpu")
    reports = list(trainer.epoch(images, digits.labels, 1))
    reference = Trainer(recipes.LESSON, 3, "cpu")
    shuffled = epoch_order(len(digits), 3, 1)
    assert sorted(shuffled.tolist()) == list(range(1100))
    batches = torch.split(shuffled, 64)
    losses = [reference.step(images[batch], digits.labels[batch]).item() * len(batch) for batch in batches]
    assert [images for images, _ in reports] == [16 * 64, 1100]
    assert reports[0][1] == pytest.approx(sum(losses[:16]) / (16 * 64))
    assert reports[1][1] == pytest.approx(sum(losses) / 1100)


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
