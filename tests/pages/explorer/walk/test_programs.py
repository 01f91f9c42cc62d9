"""The calculation as a program."""

import json
import re

from playwright.sync_api import expect

from tests.pages.explorer.walk.helpers import pin
from tests.support.visitor import SEVEN, Visitor


def test_the_code_computes_the_number_on_the_screen(visitor: Visitor) -> None:
    visitor.clear().draw(SEVEN)
    pin(visitor, "conv1", 7, 12, 13)
    for tab, word in (("numpy", "import numpy as np"), ("torch", "import torch"), ("curl", "curl")):
        visitor.press(f"#tab-{tab}")
        expect(visitor.find("#code")).to_contain_text(word)
        expect(visitor.find("#calculation")).to_be_hidden()
    visitor.press("#tab-numpy")
    code = visitor.text("#code")
    assert visitor.text("#value") in code.replace("-", "−")
    drawing = re.search(r"^drawing = (.*)$", code, re.MULTILINE)
    assert drawing is not None
    assert json.loads(drawing[1]) == json.loads(visitor.feature_map_requests()[-1]["body"])
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.press("#copy-code")
    expect(visitor.find("#message")).to_contain_text("copied")
    assert visitor.run("navigator.clipboard.readText()") == visitor.seen("#code").text_content()
    visitor.press("#tab-numbers")
    expect(visitor.find("#calculation")).to_be_visible()
