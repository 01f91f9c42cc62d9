"""Fixtures that several test files share."""

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from model.data import mnist
from model.layers import PARAMETERS
from tests import ROOT
from tests.servers import LiveServer
from tests.visitor import PROJECTOR, Opener, Visitor, embed_facts
from tools.browser import FLAGS, find

# OpenMP's threads should sleep while they wait, not spin; it reads this when PyTorch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_collection_finish() -> None:
    """Spare every garbage collection what the tests' modules have loaded, PyTorch among it: it stays in any case."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def tensors() -> dict[str, NDArray[np.float32]]:
    """Weights of the network, at random."""
    random = np.random.default_rng(0)
    return {key: random.normal(0, 0.1, shape).astype(np.float32) for key, shape in PARAMETERS.items()}


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
    return browser_type_launch_args | {"executable_path": find(), "args": list(FLAGS)}


@pytest.fixture(autouse=True)
def no_loop_of_the_browsers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let tests without a browser start an event loop, whether or not one with a browser ran before.

    Once Playwright has started, its loop counts as the running one of this thread, also while nothing runs in it.
    """
    loop = asyncio._get_running_loop()
    if loop is None or "browser" in request.fixturenames:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="module")
def js(browser: Browser, live_server: str) -> Iterator[Visitor]:
    """A page of the service in which modules can be imported; none of them is running."""
    page = browser.new_page()
    page.goto(f"{live_server}/livez")
    embed_facts(page)
    yield Visitor(page, live_server)
    page.close()


@pytest.fixture
def context_options() -> dict[str, Any]:
    """What pages are opened with unless a test says otherwise."""
    return {"viewport": PROJECTOR}


@pytest.fixture
def visitors(browser: Browser, live_server: str, context_options: dict[str, Any]) -> Iterator[Opener]:
    """Open the page in a context of its own; at the end its console has to be empty."""
    opened: list[Visitor] = []

    def visit(path: str | None = "/", *, url: str = live_server, settled: str = "#answer", **options: Any) -> Visitor:
        visitor = Visitor(browser.new_context(**(context_options | options)).new_page(), url, settled)
        opened.append(visitor)
        return visitor.open(path) if path else visitor

    yield visit
    complaints = [line for visitor in opened for line in visitor.complaints()]
    for visitor in opened:
        visitor.page.context.close()
    assert complaints == []


@pytest.fixture
def visitor(visitors: Opener) -> Visitor:
    """The page as it opens."""
    return visitors()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds MNIST, whole and verified: $INKLING_DATA, else `data` beside the tests."""
    folder = mnist.root(os.environ.get("INKLING_DATA") or ROOT / "data")
    if wrong := mnist.problems(folder):
        pytest.fail(f"These tests need MNIST in {folder}: {wrong}. Run `make test`, or `inkling fetch`.", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def mnist_test(data_dir: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test pictures, uint8 (10000, 28, 28), and labels, uint8 (10000,), both read-only."""
    raw = mnist.raw(data_dir)
    # an IDX file is a header of 16 bytes (pictures) or 8 (labels), then the values
    pictures = np.frombuffer((raw / mnist.IMAGES["test"]).read_bytes()[16:], np.uint8).reshape(-1, 28, 28)
    labels = np.frombuffer((raw / mnist.LABELS["test"]).read_bytes()[8:], np.uint8)
    return pictures, labels
