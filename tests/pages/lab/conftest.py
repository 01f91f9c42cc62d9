"""Opens the lab."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.visitor import Opener, Visitor

OpenLab = Callable[..., Visitor]


@pytest.fixture
def lab(visitors: Opener) -> OpenLab:
    """A function that opens an experiment and waits until it shows its numbers."""

    def open_lab(experiment: str, settings: str = "", *, search: str = "", ready: bool = True) -> Visitor:
        fragment = f"e={experiment}{'&' if settings else ''}{settings}"
        visitor = visitors(f"/lab{search}#{fragment}", settled="#yours")
        if ready:
            expect(visitor.find(f'#{experiment}[data-settled="true"]')).to_be_visible()
        return visitor

    return open_lab
