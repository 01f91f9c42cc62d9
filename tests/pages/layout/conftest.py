"""A Chromium with scrollbars, which the tests of a module share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from tests.support.layout.chromium import Chromium, chromium


@pytest.fixture(scope="module")
def driver(playwright: Playwright) -> Iterator[Chromium]:
    with chromium(playwright) as window:
        yield window
