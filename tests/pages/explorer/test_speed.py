"""How fast the page explains a cell when it is pointed at or pinned."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.pages.browser import hovers, pins

HOVER_MS, PIN_MS = 16.0, 50.0


@pytest.fixture
def page(browser: Browser, live_server: str) -> Iterator[Page]:
    """The page on a projector, with the prediction for its first sample."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{live_server}/?view=full")
    page.wait_for_selector('#answer[data-settled="true"]')
    yield page
    page.close()


@pytest.mark.timing
def test_hovering_is_previewed_within_16_ms_and_pinning_calculated_within_50_ms(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the pointer's event until its effect is painted: medians, the best of up to three rounds."""
    count = 40  # the benchmark measures 200
    for measured, most in ((hovers, HOVER_MS), (pins, PIN_MS)):
        medians: list[float] = []
        while len(medians) < 3 and min(medians, default=most) >= most:
            response = measured(page, count)
            assert len(response.times) == count
            medians.append(response.median)
            with capsys.disabled():
                print(
                    f"\n  {response.name}: median {response.median:.1f} ms, "
                    f"p95 {response.p95:.1f} ms, {len(response.times)} events"
                )
        assert min(medians) < most
