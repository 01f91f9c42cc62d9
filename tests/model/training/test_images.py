"""The images of every epoch and their order depend only on the recipe, the seed and the number of the epoch."""

from dataclasses import replace

import torch

from model.layers import MEAN, STD
from model.synthetic import handwriting
from model.training.images import TrainingImages, epoch_order
from tests.model.training.test_recipes import AUGMENTED
from tests.support.training_runs import Both


def test_every_epoch_and_every_seed_has_a_different_order() -> None:
    orders = [epoch_order(1000, seed, epoch).tolist() for seed in (0, 1) for epoch in (1, 2)]
    assert all(sorted(each) == list(range(1000)) for each in orders)
    assert len({tuple(each) for each in orders}) == 4
    assert orders[0] == epoch_order(1000, 0, 1).tolist()
    assert orders[0] != list(range(1000))


def test_held_out_images_are_never_used_for_training(few: Both) -> None:
    training = TrainingImages(AUGMENTED, few[0].first(500), seed=1)
    assert len(training) == 450 + 100
    images, labels = training.epoch(1)
    assert torch.equal(labels[:450], few[0].labels[:450])
    assert len(images) == len(labels) == 550
    again, labels_again = training.epoch(1)
    assert torch.equal(again, images)
    assert torch.equal(labels_again, labels)
    assert not torch.equal(training.epoch(2)[0], images)


def test_every_epoch_has_different_synthetic_digits(few: Both) -> None:
    unaugmented = TrainingImages(replace(AUGMENTED, augmented=0.0), few[0].first(500), seed=1)
    epochs = [unaugmented.epoch(number) for number in range(1, 13)]
    assert all(torch.equal(images[:450], epochs[0][0][:450]) for images, _ in epochs)
    seen = [{image.numpy().tobytes() for image in images[450:]} for images, _ in epochs]
    assert all(len(each) >= 98 for each in seen), "no image is shown twice in an epoch, but two may look the same"
    assert len(seen[0] & seen[1]) < 60
    assert len(set[bytes]().union(*seen)) > 280, "of the 300 in the pool"
    labels = torch.cat([labels[450:] for _, labels in epochs])
    assert torch.bincount(labels, minlength=10).min() > 60
    everything, digits = handwriting.images(300, 1)
    pool = {image.tobytes(): digit for image, digit in zip(everything, digits.tolist(), strict=True)}
    back = ((epochs[4][0][450:, 0] * STD + MEAN) * 255).round().to(torch.uint8)
    assert [pool[image.numpy().tobytes()] for image in back] == epochs[4][1][450:].tolist()
