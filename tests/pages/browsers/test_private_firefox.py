"""A Firefox that returns noise when a page reads the pixels of a canvas: the pages never rely on them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.limits import MAX_BODY
from tests.pages.page_helpers import photograph
from tests.support.browsers.driver import Driver
from tests.support.visitor import SEVEN

READ = """
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const context = canvas.getContext("2d");
context.fillStyle = "#0a64c8";
context.fillRect(0, 0, 1, 1);
return [...context.getImageData(0, 0, 1, 1).data];
"""


@pytest.fixture(scope="module")
def page(private_firefox: Driver, live_server: str) -> Driver:
    private_firefox.open(f"{live_server}/?view=full")
    private_firefox.settle()
    return private_firefox


def test_this_browser_does_not_let_pages_read_a_canvas(page: Driver) -> None:
    assert page.run(READ) != [10, 100, 200, 255]


def test_a_sample_digit_is_sent_as_it_is(page: Driver) -> None:
    page.click('#samples button[aria-label="Sample digit 4"]')
    page.settle()
    page.wait_for_text("#digit", "4")
    assert page.text("#verdict").startswith("> 99.9")


def test_strokes_become_pixels_that_the_keyboard_changes(page: Driver) -> None:
    page.click("#clear")
    page.settle()
    page.draw(SEVEN)
    page.settle()
    page.run("document.querySelector('#pad-canvas').focus()")
    page.keys("ArrowRight")
    page.keys("Shift", "ArrowRight")
    page.wait("return location.hash.includes('d=grey')")
    page.settle()
    assert page.text("#digit") == "7"


def test_uploads_are_sent_as_they_are(page: Driver, tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    small.write_bytes(photograph(4))
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (MAX_BODY // 2400, 1000, 3), np.uint8)
    Image.fromarray(noise).save(file, "PNG")
    large.write_bytes(file.getvalue())
    assert large.stat().st_size > MAX_BODY
    page.choose_file("#file", small)
    page.wait_for_text("#digit", "4")
    page.choose_file("#file", large)
    page.wait_for_text("#message", f"at most {MAX_BODY:,} bytes")
    page.wait_for_text("#digit", "4")
