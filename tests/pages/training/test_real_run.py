"""On real MNIST: train on the page, look back at the epochs, put the weights into service, and go back."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from tests.support.servers import LiveServer
from tests.support.visitor import SEVEN, Opener

TRAINING_MS = 240_000  # far longer than the ten seconds that two cores need, for a busy machine
DRAWING = {"strokes": [[[60, 70], [200, 68], [120, 250]]], "pen": 26}


@pytest.fixture(scope="module")
def trainer(data_dir: Path) -> Iterator[LiveServer]:
    """A service that trains."""
    server = LiveServer(environment={"INKLING_DATA": str(data_dir)})
    server.start()
    yield server
    server.stop()


def test_a_student_trains_serves_and_returns(visitors: Opener, trainer: LiveServer) -> None:
    def answering() -> str:
        """The name of the weights that answer a program."""
        name: str = httpx2.post(f"{trainer.url}/predict", json=DRAWING).json()["model"]
        return name

    before = answering()
    visitor = visitors("/training", url=trainer.url, settled="#now")
    visitor.draw(SEVEN)
    visitor.find(".settings summary").click()
    visitor.find(".fields").get_by_label("share of the training images").fill("8")
    visitor.find("#guess").fill("97")
    visitor.choose("curve", "test").press("#start")
    expect(visitor.find(".files a").first).to_be_visible(timeout=TRAINING_MS)
    expect(visitor.find("#outcome")).to_contain_text("You were right about the curve. The loss went down")
    expect(visitor.find("#outcome")).to_contain_text("You expected 97 %; it is 9")
    expect(visitor.find("#digit")).to_have_text("7")
    expect(visitor.find("#view-filters canvas")).to_have_attribute("aria-label", re.compile("after epoch 1|now"))
    visitor.find("#epoch").focus()
    visitor.key("Home")
    expect(visitor.find("#now-why")).to_contain_text("about 10 % each")
    visitor.key("End")
    expect(visitor.find("#epoch-says")).to_have_text("1 of 1")
    visitor.press("#serve")
    expect(visitor.find("#served")).to_contain_text("fast")
    assert answering() != before
    visitor.find('.top nav a[data-page="network"]').click()
    expect(visitor.find("#weights option").first).to_contain_text("fast")
    expect(visitor.find("#digit")).to_have_text("7")
    visitor.page.go_back()
    visitor.press("#serve-shipped")
    expect(visitor.find("#served")).to_have_text(before)
    assert answering() == before
