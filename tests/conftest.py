"""Fixtures that several test files share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import LiveServer
from tools.browser import find

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
