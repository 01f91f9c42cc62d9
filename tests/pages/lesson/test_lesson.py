"""The lesson's page as a whole: its frame, the student's digit, its links. Each section has a file of its own."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Place
from tests.pages.page_helpers import change_predictions
from tests.support.visitor import COLOURS, PHONE, SEVEN, Opener, Visitor, seen

SECTIONS = ["dense", "correlation", "size", "edges", "pooling", "network", "softmax", "training", "mistakes"]


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    return lesson_at("dense")


def test_the_nine_sections_are_in_the_lessons_order(lesson: Visitor) -> None:
    ids = lesson.run("[...document.querySelectorAll('.lesson-section')].map((section) => section.id)")
    assert ids == SECTIONS
    links = lesson.run("[...document.querySelectorAll('#contents li a')].map((link) => link.hash.slice(1))")
    assert links == SECTIONS
    expect(lesson.find(".onwards a:not([data-experiment])")).to_have_count(len(SECTIONS))


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


DAMAGED_DRAWINGS = ["at=edges&d=ink.26.!!", "d=digit.12.5.mnist"]
DAMAGED_PLACES = ["at=nowhere", "at=size.none&work=x"]


def test_a_damaged_link_still_opens_the_lesson(visitors: Opener) -> None:
    visitor = visitors(None, settled="#yours")
    for fragment in DAMAGED_DRAWINGS:
        visitor.page.goto("about:blank")
        visitor.open(f"/lesson#{fragment}")
        expect(visitor.find(".reads .yours-says"), fragment).to_have_text(re.compile(r"^7 · "))
        expect(visitor.find("#message"), fragment).not_to_be_empty()
    for fragment in DAMAGED_PLACES:
        visitor.start_again(fragment)
        expect(visitor.find(".reads .yours-says"), fragment).to_have_text(re.compile(r"^7 · "))
        expect(visitor.find("#message"), fragment).to_have_text(
            re.compile("does not exist" if "where" in fragment else "^$")
        )


def test_on_a_phone_the_pad_opens_as_a_sheet(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours", viewport=PHONE, has_touch=True)
    expect(visitor.find("#pad")).to_be_hidden()
    visitor.press("#open-pad")
    expect(visitor.find("#pad")).to_be_in_viewport()
    visitor.press("#clear").settle()
    expect(visitor.find(".yours-bar .yours-says")).to_have_text("nothing drawn")
    wide = visitor.run("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]


def test_a_worksheet_prints_questions_of_the_links_digit_and_a_key(visitors: Opener) -> None:
    visitor = visitors("/lesson/worksheet#work=4&d=digit.7.0.mnist", settled="#questions")
    questions, key = visitor.find("#sheet-questions > li"), visitor.find("#sheet-key > li")
    expect(questions).to_have_count(10)
    expect(key).to_have_count(10)
    size = seen(questions.nth(1)).locator(".asks").inner_text()
    width, side, padding, stride = map(int, re.findall(r"\d+", size))
    answer = seen(key.nth(1)).locator("b").inner_text()
    assert int(answer) == len(range(0, width + 2 * padding - side + 1, stride))
    first = visitor.text("#sheet-questions")
    visitor.press("#another").settle()
    expect(visitor.find("#sheet-questions")).not_to_have_text(first)
    second = visitor.text("#sheet-questions")
    expect(visitor.page).to_have_url(re.compile(r"#work=5&d=digit\.7\.0\.mnist$"))
    visitor.find("#with-key").uncheck()
    expect(visitor.find("#key")).to_be_hidden()
    visitor.find("#with-lab").check()
    expect(visitor.find("#lab-sheet")).to_be_visible()
    expect(visitor.page).to_have_url(re.compile(r"#work=5&sheet\.key=false&sheet\.lab=true&d=digit\.7\.0\.mnist$"))
    visitor.page.reload()
    visitor.settle()
    expect(visitor.find("#key")).to_be_hidden()
    expect(visitor.find("#lab-sheet")).to_be_visible()
    assert visitor.text("#sheet-questions") == second, "the same link, the same numbers"
    assert visitor.violations() == []
    visitor.page.emulate_media(media="print")
    expect(visitor.find("#print")).to_be_hidden()


def test_a_worksheet_of_a_blank_pad_leaves_out_questions_about_a_digit(visitors: Opener) -> None:
    visitor = visitors("/lesson/worksheet#work=2&d=ink.26.A", settled="#questions")
    expect(visitor.find("#sheet-questions > li")).to_have_count(4)
    expect(visitor.find("#message")).to_have_text(re.compile("Nothing is drawn"))


def test_a_worksheet_that_gets_no_response_keeps_its_numbers(visitors: Opener) -> None:
    visitor = visitors("/lesson/worksheet#work=4&d=digit.7.0.mnist", settled="#questions")
    visitor.expect_in_console("ERR_FAILED")
    visitor.page.route("**/feature-maps*", lambda route: route.abort())
    visitor.press("#another")
    expect(visitor.find("#message")).to_contain_text("did not answer")
    visitor.page.unroute("**/feature-maps*")
    visitor.press("#another").settle()
    expect(visitor.page).to_have_url(re.compile("#work=5&"))


def test_the_pages_say_that_other_weights_have_been_put_into_service(visitors: Opener) -> None:
    lesson, sheet = visitors("/lesson", settled="#yours"), visitors("/lesson/worksheet", settled="#questions")
    for visitor in (lesson, sheet):
        change_predictions(visitor, lambda *_: {"model": "mine-01234567"})
    lesson.draw(SEVEN)
    sheet.press("#another")
    for visitor in (lesson, sheet):
        expect(visitor.find("#message")).to_contain_text("The server uses other weights now: mine-01234567.")


def test_the_lesson_ends_with_a_summary_and_the_next_pages(lesson: Visitor) -> None:
    expect(lesson.find(".ending li")).to_have_count(5)
    expect(lesson.find(".ending")).to_contain_text("finds all 225,034 parameters")
    assert lesson.violations(".ending") == []
    worksheet = lesson.find(".ending a").first
    lesson.run("(link) => addEventListener('click', (event) => event.preventDefault())")
    worksheet.click()
    expect(worksheet).to_have_attribute("href", re.compile(r"/lesson/worksheet#work=1&d=digit\.7\.0\.mnist$"))


def test_on_a_phone_the_contents_also_link_the_pages_that_the_header_has_no_room_for(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours", viewport=PHONE)
    for width in (390, 1366):
        visitor.page.set_viewport_size({"width": width, "height": 700})
        for page in ("/training", "/lab"):
            links = visitor.find(f"header a[href='{page}'], #contents a[href='{page}']")
            expect(links.locator("visible=true")).to_have_count(1)


def test_the_teachers_plan_fills_a_lesson_and_opens_its_steps_with_the_digit(visitors: Opener) -> None:
    visitor = visitors("/lesson/teacher", settled="#links")
    minutes = [int(text.removesuffix(" min")) for text in visitor.texts("#plan b")]
    assert sum(minutes) == 45
    visitor.find("#digit").select_option("3")
    steps = visitor.module("lesson/sections", "return Object.entries(m.SECTIONS).map(([s, { STEPS }]) => [s, STEPS])")
    known = {f"at={section}.{step}" for section, names in steps for step in names}
    for link in visitor.seen("#plan a[data-section]").evaluate_all("(links) => links.map((link) => link.hash)"):
        place, digit = link.removeprefix("#").split("&")
        assert place in known
        assert digit.startswith("d=digit.3.")
    expect(visitor.find("#plan a[data-experiment]")).to_have_attribute("href", re.compile(r"/lab#e=fool&d=digit\.3\."))


def test_the_teachers_page_has_every_step_as_a_link(visitors: Opener) -> None:
    visitor = visitors("/lesson/teacher", settled="#links")
    steps = visitor.module("lesson/sections", "return Object.entries(m.SECTIONS).map(([s, { STEPS }]) => [s, STEPS])")
    wanted = [f"at={section}.{step}" for section, names in steps for step in names]
    links = visitor.run("[...document.querySelectorAll('#links a')].map((link) => link.getAttribute('href'))")
    assert [link.split("#")[1].split("&")[0] for link in links] == wanted
    assert all("&d=digit.7." in link for link in links)
    visitor.find("#work").check()
    visitor.find("#digit").select_option("")
    links = visitor.run("[...document.querySelectorAll('#links a')].map((link) => link.getAttribute('href'))")
    assert all(link.endswith("&work=1") for link in links)
    assert visitor.violations() == []


def test_no_part_beside_the_sections_is_inaccessible_in_either_theme(lesson: Visitor) -> None:
    assert lesson.violations("aside, header") == []
    lesson.change_screen("dark")
    assert lesson.violations("aside, header", rules=COLOURS) == []
