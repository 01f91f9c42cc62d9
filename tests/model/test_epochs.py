"""The epochs of the shipped run."""

import json
from pathlib import Path

import numpy as np
import pytest

from model.checkpoint import LESSON, read
from model.epochs import FILE, MeasuredEpoch, encode_differences, measured_epochs, read_epoch
from model.layers import PARAMETERS
from model.network import CNN


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size < 2.5e6


def test_the_last_epoch_is_the_shipped_lesson() -> None:
    assert read_epoch(5).sha256 == read(LESSON).sha256


def test_the_first_epoch_is_the_untrained_network_of_the_runs_seed() -> None:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        untrained = CNN().state_dict()
    found = read_epoch(0)
    for key, values in untrained.items():
        np.testing.assert_allclose(found.tensors[key], values.numpy(), atol=2e-4)


def test_the_results_are_those_of_the_run() -> None:
    metadata = read(LESSON).metadata
    assert [each.epoch for each in measured_epochs()] == list(range(6))
    assert [each.accuracy for each in measured_epochs()] == json.loads(metadata["accuracy_per_epoch"])
    assert [each.loss for each in measured_epochs()] == json.loads(metadata["loss_per_epoch"])
    for epoch, accuracy, _ in measured_epochs()[:-1]:
        found = read_epoch(epoch)
        assert (found.name, float(found.metadata["accuracy"])) == (f"lesson-epoch-{epoch}", accuracy)


def test_another_number_is_no_epoch() -> None:
    for number in (-1, 6):
        with pytest.raises(KeyError):
            read_epoch(number)


def test_weights_survive_the_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    last = read(LESSON).tensors
    shapes = PARAMETERS.items()
    epochs = [
        {key: (last[key] + random.normal(0, 0.05, shape)).astype(np.float32) for key, shape in shapes} for _ in range(3)
    ]
    epochs.append(last)
    measured = [MeasuredEpoch(number, number / 10, 1.0) for number in range(4)]
    file = tmp_path / "epochs.safetensors"
    file.write_bytes(encode_differences(epochs, measured))
    monkeypatch.setattr("model.epochs.FILE", file)
    measured_epochs.cache_clear()
    try:
        for number, expected in enumerate(epochs):
            for key, values in read_epoch(number).tensors.items():
                np.testing.assert_allclose(values, expected[key], atol=2e-4)
    finally:
        measured_epochs.cache_clear()
