"""The messages above a page."""

import pytest
from playwright.sync_api import expect

from tests.support.visitor import PHONE, Opener

DAMAGED = "d=ink.x"


@pytest.mark.parametrize(("path", "settled"), [("/", "#answer"), ("/lesson", "#yours"), ("/training", "#now")])
def test_on_a_phone_a_tap_on_a_message_closes_it_and_it_covers_only_the_header(
    visitors: Opener, path: str, settled: str
) -> None:
    visitor = visitors(f"{path}#{DAMAGED}", settled=settled, viewport=PHONE, has_touch=True, is_mobile=True)
    message = visitor.find("#message")
    expect(message).to_contain_text("This link is damaged")
    header = visitor.bounds(".top")
    banner = visitor.bounds(".banner.shown")
    assert banner["y"] + banner["height"] <= header["y"] + header["height"] + 2
    message.tap()
    expect(message).to_be_hidden()


def test_the_focus_returns_from_a_closed_message(visitors: Opener) -> None:
    visitor = visitors(f"/#{DAMAGED}")
    visitor.find("#pad-canvas").focus()
    visitor.find("#close-message").focus()
    visitor.key("Enter")
    expect(visitor.find("#message")).to_be_hidden()
    expect(visitor.find("#pad-canvas")).to_be_focused()


def test_a_mouse_can_select_the_text_of_a_message(visitors: Opener) -> None:
    visitor = visitors(f"/#{DAMAGED}")
    visitor.press("#message")
    expect(visitor.find("#message")).to_be_visible()
    visitor.press("#close-message")
    expect(visitor.find("#message")).to_be_hidden()
