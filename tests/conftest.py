"""Fixtures that several test files share."""

import asyncio
import gc
import os
import ssl
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx2._config import DEFAULT_TIMEOUT_CONFIG
from numpy.typing import NDArray
from playwright.sync_api import Browser

from model.data import mnist
from model.layers import PARAMETERS
from tests import ROOT
from tests.support.browsers.contexts import FRUGAL, ContextPool, opener, page_for_modules
from tests.support.servers import PATIENCE, LiveServer
from tests.support.visitor import CONTEXT, Opener, Visitor
from tools.browser import FLAGS, find

# Waiting threads of OpenMP should sleep instead of spinning. OpenMP reads this variable when PyTorch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_configure(config: pytest.Config) -> None:
    """Let all services of the tests keep runs and uploads in a temporary folder instead of in the checkout.

    Garbage collection is off until pytest has found all tests. Otherwise Python would search the many new objects of
    imported modules again and again, which takes a second in each process.
    """
    gc.disable()
    # A request of httpx2 outside a client reads all certificates of the system, which takes most of its time.
    patch = pytest.MonkeyPatch()
    patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
    # By default, httpx2 waits for five seconds, which a busy machine may need for a response.
    for phase in ("connect", "read", "write", "pool"):
        patch.setattr(DEFAULT_TIMEOUT_CONFIG, phase, PATIENCE)
    config.add_cleanup(patch.undo)
    folder = tempfile.TemporaryDirectory(prefix="inkling-runs-")
    config.add_cleanup(folder.cleanup)
    os.environ["INKLING_RUNS"] = folder.name


def pytest_collection_finish() -> None:
    """Exclude all objects that exist now from garbage collection: imported modules such as PyTorch are never freed.

    Looking for garbage among them first would take half a second in each process and hardly free any memory.
    """
    gc.freeze()
    gc.enable()


@pytest.fixture
def tensors() -> dict[str, NDArray[np.float32]]:
    """Random weights of the network, float32, by their names in the state dict."""
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
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], pytestconfig: pytest.Config) -> dict[str, Any]:
    """Use the system's Chromium with the project's flags, and with `FRUGAL` if several tests run at a time."""
    flags = FLAGS + (FRUGAL if hasattr(pytestconfig, "workerinput") else ())
    return browser_type_launch_args | {"executable_path": find(), "args": list(flags)}


@pytest.fixture(autouse=True)
def no_loop_of_the_browsers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test without a browser start an event loop, even if a test with a browser ran before.

    Once Playwright has started, asyncio treats Playwright's event loop as the running loop of this thread, even between
    calls of Playwright.
    """
    loop = asyncio._get_running_loop()
    if loop is None or {"browser", "driver", "private_firefox"} & set(request.fixturenames):
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def contexts(browser: Browser, live_server: str) -> ContextPool:
    return ContextPool(browser, live_server, CONTEXT)


@pytest.fixture(scope="module")
def js(contexts: ContextPool) -> Iterator[Visitor]:
    """A page without scripts, in which a test can import the service's JavaScript modules."""
    with page_for_modules(contexts) as visitor:
        yield visitor


@pytest.fixture
def visitors(contexts: ContextPool) -> Iterator[Opener]:
    """A function that opens a page in a browser context. After the test, the console of each page must be empty."""
    with opener(contexts) as visit:
        yield visit


@pytest.fixture(scope="module")
def module_visitors(contexts: ContextPool) -> Iterator[Opener]:
    """As `visitors`, for pages that the tests of a module share because none of them disturbs the others."""
    with opener(contexts) as visit:
        yield visit


@pytest.fixture(scope="module")
def shared_page(module_visitors: Opener) -> Visitor:
    return module_visitors()


@pytest.fixture
def visitor(shared_page: Visitor) -> Iterator[Visitor]:
    """The network's page as it opens. After the test, its console must be empty.

    The tests of a module share the page, because opening one takes longer than most tests. A test that needs what a
    link does not restore, such as an empty history of drawings, opens a page of its own with `visitors`.
    """
    yield shared_page.start_again()
    shared_page.check_console()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the complete, verified MNIST: $INKLING_DATA, or `data` in the checkout. Fails without MNIST."""
    folder = mnist.root(os.environ.get("INKLING_DATA") or ROOT / "data")
    if wrong := mnist.problems(folder):
        pytest.fail(f"These tests need MNIST in {folder}: {wrong}. Run `make test`, or `inkling fetch`.", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def mnist_test(data_dir: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test images, uint8 (10000, 28, 28), and labels, uint8 (10000,), both read-only."""
    raw = mnist.raw(data_dir)
    # An IDX file has a header of 16 bytes (images) or 8 bytes (labels), and then the values.
    images = np.frombuffer((raw / mnist.IMAGES["test"]).read_bytes()[16:], np.uint8).reshape(-1, 28, 28)
    labels = np.frombuffer((raw / mnist.LABELS["test"]).read_bytes()[8:], np.uint8)
    return images, labels
