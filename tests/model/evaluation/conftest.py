"""Fixtures for the tests of the evaluation."""

from pathlib import Path

import pytest

from model import checkpoint
from model.data import mnist
from model.data.mnist import Digits
from model.network import Network
from model.training import trainer


@pytest.fixture(scope="module")
def few(data_dir: Path) -> Digits:
    """The first 100 of MNIST's test digits."""
    return mnist.load(data_dir)[1].first(100)


@pytest.fixture(scope="module")
def network() -> Network:
    """The lesson's weights."""
    return trainer.network_of(checkpoint.read(checkpoint.LESSON))
