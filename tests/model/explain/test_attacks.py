"""The attacks give the results of plain PyTorch code, and these results are what they claim to be."""

from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from model.checkpoint import LESSON, read
from model.digit_sheets import digit_sheet
from model.explain.attack_curves import correct_under_attack
from model.explain.attacks import Attacker, Goal
from model.inference.engines import OnnxEngine
from model.layers import MEAN, STD
from model.network import CNN

CHECKPOINT = read(LESSON)
ENGINE = OnnxEngine(CHECKPOINT)
ATTACKER = Attacker(CHECKPOINT.tensors, ENGINE.run)
SHEET = digit_sheet("test")
Image = NDArray[np.uint8]


@cache
def network() -> CNN:
    cnn = CNN()
    cnn.load_state_dict({key: torch.from_numpy(values.copy()) for key, values in CHECKPOINT.tensors.items()})
    return cnn.eval()


def logits(levels: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = network()((levels.reshape(-1, 1, 28, 28) / 255 - MEAN) / STD)
    return result


def read_as(images: Image) -> list[int]:
    with torch.inference_mode():
        digits: list[int] = logits(torch.from_numpy(images.astype(np.float32))).argmax(dim=1).tolist()
    return digits


def signs(images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The sign of ∂J/∂g by autograd, in float64: with a probability near 1, float32 loses the digits of 1 − p."""
    leaf = images.double().requires_grad_()
    copy = CNN().double()
    copy.load_state_dict(network().state_dict())
    loss = F.cross_entropy(copy((leaf.reshape(-1, 1, 28, 28) / 255 - MEAN) / STD), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, leaf)
    return gradient.sign().float()


@pytest.mark.parametrize(("towards", "epsilon"), [(None, 20), (3, 60)])
def test_one_step_follows_the_sign_of_the_gradient(towards: int | None, epsilon: int) -> None:
    for image, label in zip(SHEET.images[:4], SHEET.labels[:4].tolist(), strict=True):
        found = ATTACKER.attack(image, Goal(label, towards), "fgsm", epsilon)
        levels = torch.from_numpy(image.astype(np.float32))
        direction = signs(levels, torch.tensor([label if towards is None else towards]))
        expected = (levels + (1 if towards is None else -1) * epsilon * direction).clamp(0, 255).round()
        assert (found.image != expected.numpy()).mean() < 0.005  # a gradient of nearly 0 may have either sign
        digit = read_as(found.image[None])[0]
        assert found.succeeded == (digit != label if towards is None else digit == towards)


def test_the_accuracy_under_attack_is_that_of_pytorch() -> None:
    digits, labels = SHEET.images[:32], SHEET.labels[:32]
    levels, wanted = torch.from_numpy(digits.astype(np.float32)), torch.from_numpy(labels.astype(np.int64))
    epsilons = [0, 16, 48]
    direction = signs(levels, wanted)
    one, ten = [], []
    fooled = torch.zeros(32, dtype=torch.bool)
    for epsilon in epsilons:
        changed = levels
        for _ in range(10 if epsilon else 1):
            changed = (changed + epsilon / 4 * signs(changed, wanted)).clamp(levels - epsilon, levels + epsilon)
            changed = changed.clamp(0, 255)
            with torch.inference_mode():
                fooled |= logits(changed.round()).argmax(dim=1) != wanted
        with torch.inference_mode():
            attacked = logits((levels + epsilon * direction).clamp(0, 255)).argmax(dim=1)
        one.append(int((attacked == wanted).sum()))
        ten.append(int((~fooled).sum()))
    for method, expected in (("fgsm", one), ("iterated", ten)):
        found = correct_under_attack(ATTACKER, digits, labels, epsilons, method)  # type: ignore[arg-type]
        assert np.abs(np.subtract(found, expected)).max() <= 1
        assert found[0] > found[1] > found[2]


def test_no_pixel_of_the_iterated_attack_changes_by_more_than_epsilon_and_it_beats_one_step() -> None:
    reached = {"fgsm": 0, "iterated": 0}
    for image, label in zip(SHEET.images[:12], SHEET.labels[:12].tolist(), strict=True):
        for method in reached:
            found = ATTACKER.attack(image, Goal(label), method, 24)  # type: ignore[arg-type]
            assert np.abs(found.image.astype(int) - image).max() <= 24
            assert found.succeeded == (read_as(found.image[None])[0] != label)
            reached[method] += found.succeeded
    assert reached["iterated"] > reached["fgsm"]


@pytest.mark.parametrize("towards", [None, 8])
def test_the_smallest_epsilon_succeeds_and_one_less_does_not(towards: int | None) -> None:
    image, label = SHEET.images[0], int(SHEET.labels[0])
    goal = Goal(label, towards)
    found = ATTACKER.attack(image, goal, "smallest_epsilon")
    assert found.succeeded
    assert found.epsilon is not None
    digit = read_as(found.image[None])[0]
    assert digit == towards if towards is not None else digit != label
    assert not ATTACKER.attack(image, goal, "iterated", found.epsilon - 1).succeeded


def test_every_changed_pixel_of_the_fewest_is_needed() -> None:
    image, label = SHEET.images[3], int(SHEET.labels[3])
    found = ATTACKER.attack(image, Goal(label), "fewest_pixels")
    changed = np.argwhere(found.image != image)
    assert found.succeeded
    assert 0 < len(changed) < 30
    assert {int(found.image[row, column]) for row, column in changed} <= {0, 255}
    for row, column in changed:
        without = found.image.copy()
        without[row, column] = image[row, column]
        assert read_as(without[None])[0] == label


def test_one_or_two_pixels_are_proven_to_be_the_fewest() -> None:
    """A plain loop over all pixels agrees: one pixel is enough exactly if the search needs only one."""
    proven = 0
    for position in np.flatnonzero(ENGINE.run(inputs(SHEET.images[:400]), ("probabilities",))[0].max(axis=1) < 0.8)[:3]:
        image, label = SHEET.images[position], read_as(SHEET.images[position][None])[0]
        found = ATTACKER.attack(image, Goal(label), "fewest_pixels")
        single = np.repeat(image[None], 1568, axis=0)
        for i, (place, level) in enumerate(product(range(784), (0, 255))):
            single[i].flat[place] = level
        one_is_enough = any(digit != label for digit in read_as(single))
        count = int((found.image != image).sum())
        assert one_is_enough == (count == 1)
        assert (found.certainty == "proven") == (count <= 2)
        proven += found.certainty == "proven"
    assert proven > 0


def inputs(images: Image) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = ((images[:, None] / 255 - MEAN) / STD).astype(np.float32)
    return scaled


def test_the_smallest_change_is_shorter_than_that_of_the_other_attacks() -> None:
    image, label = SHEET.images[5], int(SHEET.labels[5])
    lengths = {}
    for method in ("smallest_change", "smallest_epsilon", "fewest_pixels"):
        found = ATTACKER.attack(image, Goal(label), method)
        assert found.succeeded
        assert read_as(found.image[None])[0] != label
        lengths[method] = float(np.linalg.norm(found.image.astype(float) - image))
    assert lengths["smallest_change"] == min(lengths.values())


def test_an_image_that_is_read_as_wanted_needs_no_change() -> None:
    image, label = SHEET.images[0], int(SHEET.labels[0])
    for method in ("smallest_epsilon", "fewest_pixels", "smallest_change"):
        found = ATTACKER.attack(image, Goal(label, label), method)
        assert (found.succeeded, found.certainty) == (True, "proven")
        np.testing.assert_array_equal(found.image, image)
