"""The training page without training, on all screens, and its links to the other pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages.training.conftest import Start
from tests.support.recorded_runs import POSSIBLE, RUN
from tests.support.visitor import PHONE, PROJECTOR, SCREEN, Opener

MISSING = POSSIBLE | {"possible": False, "reason": "pytorch-missing", "detail": "PyTorch is not installed here."}
ZOOMED = {"width": 320, "height": 256}


def test_without_pytorch_the_page_says_so_and_shows_the_shipped_run(training: Start) -> None:
    visitor, _ = training("#run=lesson", possible=MISSING)
    expect(visitor.find("#legend")).to_contain_text("lesson (shipped)")
    expect(visitor.find(".unavailable-text")).to_have_text("PyTorch is not installed here.")
    expect(visitor.find("#start")).to_be_hidden()
    expect(visitor.find("#epoch-says")).to_have_text("5 of 5")
    expect(visitor.find("#view-filters .panel-says")).to_have_text(
        "The 32 filters of the first convolution after epoch 5."
    )
    visitor.press(visitor.find("#runs button").first)
    visitor.press("#look-at-lesson")
    expect(visitor.find("#epoch-says")).to_have_text("5 of 5")


def test_a_token_is_asked_for_if_the_server_needs_one(training: Start) -> None:
    visitor, recorded = training(
        possible=POSSIBLE | {"possible": False, "reason": "token", "detail": "Training needs a token here."}
    )
    expect(visitor.find("#serve")).to_be_hidden()
    recorded.defaults |= POSSIBLE  # with the token
    visitor.find("#token").fill("secret")
    with visitor.page.expect_request("**/runs/defaults"):
        visitor.key("Enter")
    expect(visitor.find("#token")).to_be_hidden()
    with visitor.page.expect_request(lambda sent: sent.method == "POST" and sent.url.endswith("/runs")) as request:
        visitor.press("#start")
    assert request.value.headers["authorization"] == "Bearer secret"
    recorded.expect_requests(("POST", "/runs", {"recipe": "fast"}))
    assert recorded.released == {RUN: 0}


@pytest.mark.parametrize("screen", [PROJECTOR, PHONE, ZOOMED], ids=["projector", "phone", "zoomed"])
def test_nothing_is_wider_than_the_window_and_axe_finds_nothing(training: Start, screen: dict[str, int]) -> None:
    visitor, _ = training(f"#run={RUN}&with=lesson-0001", runs=2, viewport=screen)
    assert visitor.run("() => document.documentElement.scrollWidth <= innerWidth")
    for view in ("mistakes", "compare", "table", "step", "filters"):
        visitor.press(f"#tab-{view}")
        assert visitor.run("() => document.documentElement.scrollWidth <= innerWidth"), view
        if screen is PROJECTOR and view != "filters":
            assert visitor.violations(f"#view-{view}") == []
    assert visitor.violations(rules=() if screen is PROJECTOR else SCREEN) == []


def test_one_screen_is_enough_for_a_projector(training: Start) -> None:
    visitor, _ = training(f"#run={RUN}", runs=1, viewport={"width": 1366, "height": 657})
    assert visitor.run("() => document.documentElement.scrollHeight <= innerHeight")
    for part in ("#pad", "#start", "#loss-figure", "#accuracy-figure", "#digit", "#epoch", "#multiples", "#runs"):
        box = visitor.bounds(part)
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= 657, part


def test_the_drawing_follows_to_the_other_pages_and_back(training: Start) -> None:
    visitor, _ = training("#d=digit.3.18.mnist")
    visitor.find('.top nav a[data-page="network"]').click()
    expect(visitor.find("#digit")).to_have_text("3")
    visitor.find('.top a[href^="/training"]').click()
    expect(visitor.page).to_have_url(re.compile("/training#.*d=digit[.]3[.]18[.]mnist"))


@pytest.mark.parametrize(
    "browser_lacks", ["delete window.PerformanceObserver", "PerformanceObserver.prototype.observe = () => {}"]
)
def test_a_page_starts_although_the_browser_reports_no_paint(visitors: Opener, browser_lacks: str) -> None:
    visitor = visitors(None, settled="#now")
    visitor.page.add_init_script(browser_lacks)
    visitor.open("/training")
    assert visitor.text("#digit") != ""
