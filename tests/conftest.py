"""Fixtures that several test files share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model import dataset
from tests.servers import LiveServer
from tools.browser import find

# OpenMP's threads should sleep while they wait, not spin; it reads this when PyTorch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Nothing may be fetched at run time, by the browser neither.
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def live_server() -> Iterator[str]:
    """The address of a service that runs for the whole test session."""
    server = LiveServer()
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's Chromium, headless."""
    return browser_type_launch_args | {"executable_path": find(), "args": BROWSER_ARGUMENTS}


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds MNIST, whole and verified: $INKLING_DATA, else `data` beside the tests."""
    folder = dataset.root(os.environ.get("INKLING_DATA") or Path(__file__).parent.parent / "data")
    if wrong := dataset.problems(folder):
        pytest.fail(f"These tests need MNIST in {folder}: {wrong}. Run `make test`, or `inkling fetch`.", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def mnist_test(data_dir: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test pictures, uint8 (10000, 28, 28), and labels, uint8 (10000,), both read-only."""
    raw = dataset.raw(data_dir)
    # an IDX file is a header of 16 bytes (pictures) or 8 (labels), then the values
    pictures = np.frombuffer((raw / dataset.PICTURES["test"]).read_bytes()[16:], np.uint8).reshape(-1, 28, 28)
    labels = np.frombuffer((raw / dataset.LABELS["test"]).read_bytes()[8:], np.uint8)
    return pictures, labels
