"""The texts of the pages fit a mouse, a finger and the keyboard."""

import re

from app.settings import STATIC, TEMPLATES

ONE_DEVICE = re.compile(
    r"\bpoint at\b|\b(?:click|tap)\b (?:an?|it|one|the|them|to)\b|; click\b|\bor (?:click|tap)\b", re.IGNORECASE
)
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*|\{#.*?#\}", re.DOTALL)


def test_the_pages_say_choose_instead_of_click_tap_or_point_at() -> None:
    files = [*TEMPLATES.rglob("*.html"), *(STATIC / "js").rglob("*.js")]
    found = {
        file.name: texts
        for file in files
        if (texts := ONE_DEVICE.findall(COMMENT.sub("", file.read_text(encoding="utf-8"))))
    }
    assert found == {}
