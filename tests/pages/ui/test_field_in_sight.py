"""Text fields on a phone whose keyboard leaves less of the window for the page."""

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.support.visitor import PHONE, Opener, Visitor

ABOVE_THE_KEYBOARD = ViewportSize(width=390, height=450)


def ask_me(visitor: Visitor) -> None:
    for part in ("#why", "#work"):
        visitor.find(part).tap()


def answer_questions(visitor: Visitor) -> None:
    visitor.find("#work").tap()


@pytest.mark.parametrize(
    ("path", "settled", "prepare", "field"),
    [
        ("/", "#answer", ask_me, ".asked .answer-box"),
        ("/lesson", "#yours", answer_questions, ".answer-box >> nth=2"),
        ("/training", "#now", None, "#guess"),
        ("/lab#e=fool", "#yours", None, '#fool [data-part="guess"]'),
    ],
)
def test_the_field_with_the_focus_stays_in_sight_above_the_keyboard(
    visitors: Opener, path: str, settled: str, prepare: object, field: str
) -> None:
    visitor = visitors(path, settled=settled, viewport=PHONE, has_touch=True, is_mobile=True)
    if callable(prepare):
        prepare(visitor)
    box = visitor.find(field)
    box.tap()
    expect(box).to_be_focused()
    visitor.page.set_viewport_size(ABOVE_THE_KEYBOARD)
    expect(box).to_be_in_viewport(ratio=1)
