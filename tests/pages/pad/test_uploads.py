"""Images that are opened, dropped or pasted."""

import base64
import re
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.pages.page_helpers import HAND_OVER, photograph
from tests.support.visitor import SEVEN, Visitor


def test_an_image_opened_with_the_button_is_predicted(visitor: Visitor, image: Path) -> None:
    with visitor.page.expect_file_chooser() as chooser:
        visitor.press("#upload")
    chooser.value.set_files(image)
    expect(visitor.find("#digit")).to_have_text("4")
    visitor.settle()
    assert visitor.feature_map_requests()[-1]["type"] == "image/png"
    assert "640 × 480 px" in visitor.text('[data-stage="grey"]')
    assert "inverted, because" in visitor.text('[data-stage="ink"]')
    assert re.search(r"Ink: \d+ × \d+ px", visitor.text('[data-stage="box"]'))
    visitor.press("#undo").settle()
    assert visitor.digit == "7"


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_an_image_can_be_dropped_anywhere_or_pasted(visitor: Visitor, kind: str) -> None:
    visitor.run(HAND_OVER, [base64.b64encode(photograph(6)).decode(), kind, "image/png"])
    expect(visitor.find("#digit")).to_have_text("6")
    expect(visitor.find("#drop")).to_be_hidden()


@pytest.mark.parametrize(
    ("content", "type_", "sentence"),
    [
        (
            b"just words",
            "text/plain",
            "Only PNG, JPEG or WebP images can be opened. Try a screenshot of this file. Nothing was changed.",
        ),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "image/svg+xml",
            "Only PNG, JPEG or WebP images can be opened. Try a screenshot of this file. Nothing was changed.",
        ),
        (b"", "image/png", "This file is empty. Nothing was changed."),
    ],
)
def test_a_file_that_is_not_an_image_is_refused_with_a_message_that_can_be_closed(
    visitor: Visitor, content: bytes, type_: str, sentence: str
) -> None:
    count = len(visitor.feature_map_requests())
    visitor.run(HAND_OVER, [base64.b64encode(content).decode(), "drop", type_])
    expect(visitor.find("#message")).to_have_text(sentence)
    assert len(visitor.feature_map_requests()) == count
    assert visitor.digit == "7"
    message, network = visitor.bounds("#message"), visitor.bounds(".network")
    assert message["y"] + message["height"] <= network["y"], "no map is covered"
    visitor.press("#close-message")
    expect(visitor.find("#message")).to_be_hidden()


def test_an_image_without_ink_is_called_blank(visitor: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    Image.new("L", (60, 60), 255).save(path)
    visitor.find("#file").set_input_files(path)
    expect(visitor.find("#verdict")).to_have_text("no ink found in this image")
    expect(visitor.find("#announce")).to_have_text("No ink found in this image.")


def test_an_unreadable_image_shows_the_servers_message_and_keeps_the_drawing(
    visitor: Visitor, live_server: str
) -> None:
    content, type_ = b"\x89PNG\r\n\x1a\nbroken", "image/png"
    visitor.expect_in_console(r"status of 4\d\d")
    visitor.clear().draw(SEVEN)
    reply = httpx2.post(f"{live_server}/feature-maps", content=content, headers={"Content-Type": type_})
    visitor.run(HAND_OVER, [base64.b64encode(content).decode(), "drop", type_])
    expect(visitor.find("#message")).to_have_text(reply.json()["detail"])
    visitor.settle()
    assert visitor.digit == "7"
    expect(visitor.find("#pad-canvas")).to_have_attribute("aria-label", re.compile("one stroke"))
    visitor.draw([(40, 40), (60, 40)])
    expect(visitor.find("#message")).to_have_text("")


def test_a_photo_that_is_too_large_is_reduced_first(visitor: Visitor, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(215, 255, (1800, 2400), np.uint8)
    noise[500:1300, 1100:1190] = 20
    path = tmp_path / "photo.png"
    Image.fromarray(noise).save(path)
    assert path.stat().st_size > 1024 * 1024
    visitor.find("#file").set_input_files(path)
    expect(visitor.find("#message")).to_contain_text("1280 × 960 px")
    expect(visitor.find("#digit")).to_have_text("1")


@pytest.mark.parametrize("transparent", [False, True])
def test_a_scan_with_too_many_pixels_is_reduced_first_although_its_file_is_small(
    visitor: Visitor, tmp_path: Path, transparent: bool
) -> None:
    scan = Image.new("LA", (4960, 7016), (0, 0)) if transparent else Image.new("1", (4960, 7016), 1)
    draw, ink = ImageDraw.Draw(scan), (0, 255) if transparent else 0
    draw.line([(1800, 2500), (2900, 2500), (2300, 4300)], ink, 140)  # a 7, 1,800 px high
    path = tmp_path / "scan.png"
    scan.save(path)
    assert path.stat().st_size < 200_000
    visitor.find("#file").set_input_files(path)
    expect(visitor.find("#message")).to_contain_text("905 × 1280 px")
    expect(visitor.find("#digit")).to_have_text("7")
    visitor.settle()
    assert visitor.feature_map_requests()[-1]["type"] == "image/png"


def test_an_image_with_an_alias_of_its_type_is_opened(visitor: Visitor) -> None:
    content = base64.b64encode(photograph(6, "JPEG")).decode()
    visitor.run(HAND_OVER, [content, "drop", "image/jpg"])
    expect(visitor.find("#digit")).to_have_text("6")
    assert visitor.feature_map_requests()[-1]["type"] == "image/jpeg"


def test_the_address_reopens_an_upload_and_the_next_image_is_preprocessed(visitor: Visitor, image: Path) -> None:
    visitor.find("#file").set_input_files(image)
    expect(visitor.find("#digit")).to_have_text("4")
    visitor.page.wait_for_url(re.compile("p=none.*d=grey"))
    visitor.page.reload()
    visitor.settle()
    assert visitor.digit == "4"
    expect(visitor.find('input[name="prepare"][value="none"]')).to_be_checked()
    visitor.find("#file").set_input_files(image)  # a photo must be preprocessed
    expect(visitor.find('input[name="prepare"][value="mnist"]')).to_be_checked()
    visitor.settle()
    assert visitor.digit == "4"
    expect(visitor.find("#message")).to_have_text("")


def test_an_image_is_recognised_without_the_ending_of_its_name(visitor: Visitor, image: Path) -> None:
    visitor.run(HAND_OVER, [base64.b64encode(image.read_bytes()).decode(), "drop", ""])
    expect(visitor.find("#digit")).to_have_text("4")
    visitor.run(HAND_OVER, [base64.b64encode(b"\0\0\0\x18ftypheic").decode(), "drop", ""])
    expect(visitor.find("#message")).to_have_text(
        "Only PNG, JPEG or WebP images can be opened. Try a screenshot of this file. Nothing was changed."
    )
    assert visitor.digit == "4"
