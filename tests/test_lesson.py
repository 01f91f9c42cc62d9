"""The lesson's page as a whole: its frame, the student's digit, its links. Each section has a file of its own."""

import re

import pytest
from playwright.sync_api import expect

from tests.visitor import PHONE, SEVEN, Opener, Visitor

SECTIONS = ["dense", "correlation", "size", "edges", "pooling", "network", "softmax", "training", "mistakes"]


@pytest.fixture
def lesson(visitors: Opener) -> Visitor:
    return visitors("/lesson", settled="#yours")


def test_the_nine_sections_stand_in_the_lessons_order(lesson: Visitor) -> None:
    ids = lesson.run("[...document.querySelectorAll('.lesson-section')].map((section) => section.id)")
    assert ids == SECTIONS
    links = lesson.run("[...document.querySelectorAll('#contents li a')].map((link) => link.hash.slice(1))")
    assert links == SECTIONS
    assert lesson.find(".onwards a").count() == len(SECTIONS)


def test_the_students_digit_is_read_beside_the_lesson(lesson: Visitor) -> None:
    reads = lesson.find(".reads .yours-says")
    expect(reads).to_have_text(re.compile(r"^7 · "))
    lesson.press("#clear")
    expect(reads).to_have_text("nothing drawn")
    lesson.draw(SEVEN)
    expect(reads).to_have_text(re.compile(r"^7 · "))
    lesson.press("#undo")
    expect(reads).to_have_text("nothing drawn")


def test_a_link_opens_the_lesson_at_its_section_with_its_digit(lesson: Visitor, visitors: Opener) -> None:
    lesson.press("#clear").settle().draw(SEVEN).settle()
    lesson.find('#contents li a[href="#edges"]').click()
    expect(lesson.find("#edges-title")).to_be_focused()
    expect(lesson.page).to_have_url(re.compile(r"/lesson#at=edges&d=ink\."))
    other = visitors(f"/lesson#{lesson.page.url.partition('#')[2]}", settled="#yours")
    expect(other.find("#edges-title")).to_be_in_viewport()
    expect(other.find(".reads .yours-says")).to_have_text(lesson.text(".reads .yours-says"))


DAMAGED = ["at=nowhere", "at=edges&d=ink.26.!!", "d=digit.12.5.mnist", "at=size.none&work=x"]


@pytest.mark.parametrize("fragment", DAMAGED)
def test_a_damaged_link_opens_the_lesson_all_the_same(visitors: Opener, fragment: str) -> None:
    visitor = visitors(f"/lesson#{fragment}", settled="#yours")
    expect(visitor.find(".reads .yours-says")).to_have_text(re.compile(r"^7 · "))
    if "none" not in fragment:
        expect(visitor.find("#message")).not_to_be_empty()


def test_on_a_phone_the_pad_opens_as_a_sheet(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours", viewport=PHONE, has_touch=True)
    expect(visitor.find("#pad")).to_be_hidden()
    visitor.press("#open-pad")
    expect(visitor.find("#pad")).to_be_in_viewport()
    visitor.press("#clear").settle()
    expect(visitor.find(".yours-bar .yours-says")).to_have_text("nothing drawn")
    wide = visitor.run("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
