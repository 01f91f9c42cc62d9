"""Opens the lab."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.support.visitor import PROJECTOR, Opener, Visitor

OpenLab = Callable[..., Visitor]

CLOSE_PAD = "document.querySelector('#open-pad[aria-expanded=true]')?.click()"  # in narrow windows


@pytest.fixture(scope="module")
def shared_lab(module_visitors: Opener) -> Visitor:
    return module_visitors("/lab#e=replay", settled="#yours")


@pytest.fixture
def lab(shared_lab: Visitor) -> Iterator[OpenLab]:
    """A function that opens an experiment, in a window of a given `size`, and waits until it shows its numbers.

    The tests of a module share the page, because opening it takes longer than most tests. A test that leaves the page,
    or that needs what a link does not restore, opens a page of its own with `visitors`. After the test, the page's
    console must be empty.
    """

    def open_lab(
        experiment: str, settings: str = "", *, ready: bool = True, size: dict[str, int] = PROJECTOR
    ) -> Visitor:
        shared_lab.start_again(f"e={experiment}{'&' if settings else ''}{settings}", size=size)
        shared_lab.run(CLOSE_PAD)
        if ready:
            expect(shared_lab.find(f'#{experiment}[data-settled="true"]')).to_be_visible()
        return shared_lab

    yield open_lab
    shared_lab.check_console()
