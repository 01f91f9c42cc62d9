"""The images that the in-distribution score is trained on."""

from pathlib import Path

import numpy as np
import pytest

from model.data import mnist
from model.synthetic import hard_digits
from model.training.score import images as score_images
from model.training.score.images import ImageFile


def test_the_images_in_the_file_are_read_back_unchanged() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)
    with ImageFile() as stored:
        stored.extend(images[:20])
        assert (stored.read([19, 3]) == images[[19, 3]]).all()
        stored.extend(images[20:])
        assert len(stored) == 50
        assert (stored.read([7, 49, 7]) == images[[7, 49, 7]]).all()
        assert (stored.read(range(0, 50, 9)) == images[::9]).all()


def test_the_numbers_of_images_are_known_in_advance(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "STROKES": 130,
        "OUTLIERS": 90,
        "DEFORMED": 50,
        "THICKENED": 9000,
        "CARELESS": 120,
        "SCANNED": 40,
    }.items():
        monkeypatch.setattr(score_images, name, value)
    monkeypatch.setattr(hard_digits, "BLOCK", 100)
    train = mnist.load(data_dir)[0].first(200)
    images, labels = train.images.numpy(), train.labels.numpy()
    parts = list(score_images.digits(images, 0))
    digits = np.concatenate(parts)
    assert max(map(len, parts[1:])) <= 100  # new images come some at a time: 30,000 would take 24 MB
    assert len(digits) == score_images.number_of_digits(200) == 200 + 50 + 200 + 40 + 130 + 120
    assert len(np.concatenate(list(score_images.others(images, labels, 0)))) == 90
