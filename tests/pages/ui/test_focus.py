"""The keyboard's focus on controls that are disabled, moved or hidden when they are pressed."""

from playwright.sync_api import expect

from tests.pages.conftest import Place
from tests.support.visitor import ONE, SEVEN, Opener, Visitor


def test_a_button_that_disables_itself_keeps_the_focus_and_has_no_effect(visitor: Visitor) -> None:
    visitor.draw(SEVEN).draw(ONE)
    visitor.find("#clear").focus()
    visitor.key("Enter").settle()
    expect(visitor.find("#clear")).to_be_disabled()
    expect(visitor.find("#clear")).to_be_focused()
    visitor.key("Enter")
    visitor.find("#undo").focus()
    visitor.key("Enter").settle()
    expect(visitor.find("#clear")).to_be_enabled()  # the second press on it was no step that could be undone
    for _ in range(20):
        visitor.key("Enter")
    expect(visitor.find("#undo")).to_be_disabled()
    expect(visitor.find("#undo")).to_be_focused()


def test_a_button_that_leads_to_another_view_keeps_the_focus(visitors: Opener) -> None:
    visitor = visitors()
    view = visitor.find("#page-view")
    for text in ("Show everything", "Simple view"):
        view.focus()
        visitor.key("Enter")
        expect(view).to_have_text(text, use_inner_text=True)
        expect(view).to_be_focused()


def test_the_focus_moves_from_a_view_to_the_one_that_its_button_opens(visitor: Visitor) -> None:
    visitor.press("#tab-path").find("#path-why-not").focus()
    visitor.key("Enter")
    expect(visitor.find("#view-contrast :is(button, select)").first).to_be_focused()


def test_a_table_of_sizes_keeps_the_focus_when_it_is_reset(lesson_at: Place) -> None:
    lesson = lesson_at("size")
    field = lesson.find(".size-scroll input").first
    field.fill("5")
    field.press("Tab")
    reset = lesson.find("#size").get_by_role("button", name="Reset to the loaded network")
    expect(reset).to_be_enabled()
    reset.press("Enter")
    expect(reset).to_be_disabled()
    expect(reset).to_be_focused()
