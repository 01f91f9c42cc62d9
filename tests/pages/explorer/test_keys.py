"""Shortcuts, the focus, and what the pages do for keyboards, pens and phones."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.pages.explorer.walk.helpers import pin
from tests.support.visitor import ONE, PHONE, SEVEN, Opener, Visitor

FIELD_KEYS = """
const { target, key } = a;
const node = target === "body" ? document.body : document.querySelector(target);
node.focus();
const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...key });
node.dispatchEvent(event);
return event.defaultPrevented;
"""
UNDO = {"key": "z", "code": "KeyZ", "ctrlKey": True}
TEXT_FIELDS = """() => [...document.querySelectorAll("input, select, textarea")]
  .filter(({ type }) => !["range", "radio", "checkbox", "file"].includes(type))
  .map((field) => [field.getAttribute("aria-label"), parseFloat(getComputedStyle(field).fontSize), field.inputMode])
"""
LAYOUTS = [
    {"key": "я", "code": "KeyZ", "ctrlKey": True},  # Russian
    {"key": "ζ", "code": "KeyZ", "ctrlKey": True},  # Greek
    {"key": "ז", "code": "KeyZ", "ctrlKey": True},  # Hebrew
    {"key": "ئ", "code": "KeyZ", "ctrlKey": True},  # Arabic
    {"key": "z", "code": "KeyW", "ctrlKey": True},  # French
]


def taken(visitor: Visitor, target: str, key: dict[str, Any]) -> bool:
    """Whether the page handles a key that is pressed in a part of it."""
    return bool(visitor.run(f"(a) => {{ {FIELD_KEYS} }}", {"target": target, "key": key}))


def test_keys_in_a_field_belong_to_the_field(visitor: Visitor) -> None:
    visitor.press("#work")
    pin(visitor, "conv1", 3, 5, 6)
    visitor.press("#tab-table")
    drawn = visitor.run("location.hash")
    for field in ("#pen", "#view-table select", ".strip .answer-box"):
        for key in ({"key": "Delete"}, UNDO, {"key": "Escape"}):
            assert not taken(visitor, field, key), (field, key)
    assert visitor.run("location.hash") == drawn
    assert taken(visitor, "body", {"key": "Delete"})
    assert visitor.settle().digit == "draw a digit"


def test_undo_works_on_every_keyboard_layout(visitor: Visitor) -> None:
    for layout in LAYOUTS:
        visitor.sample(3)
        assert taken(visitor, "body", layout), layout
        assert visitor.settle().digit == "7", layout
    assert not taken(visitor, "body", {"key": "w", "code": "KeyZ", "ctrlKey": True}), "French: closes the window"


def test_tab_goes_from_a_pinned_cell_to_its_operands(visitor: Visitor) -> None:
    visitor.find('[data-layer="conv1"] .plot').focus()
    visitor.key("Enter")
    pinned = visitor.text("#where")
    visitor.key("Tab")
    assert visitor.run("document.activeElement.closest('#calculation') !== null")
    visitor.find('[data-layer="conv2"] .plot').focus()
    visitor.key("Shift+Tab")  # the keyboard's focus is in a layer that is not pinned
    expect(visitor.find("#calculation")).to_be_visible()
    assert visitor.text("#where") == pinned
    visitor.key("ArrowRight")
    expect(visitor.find("#calculation")).to_be_hidden()
    visitor.key("Shift+Tab")
    expect(visitor.find("#calculation")).to_be_visible()
    assert visitor.text("#where") == pinned


def test_a_walk_starts_again_from_the_new_prediction(visitor: Visitor) -> None:
    pin(visitor, "probabilities", 7)
    visitor.press(".powers .winner button")
    expect(visitor.find("#where")).to_have_text("logits[7]")
    visitor.press("#clear").settle()
    expect(visitor.find("#kept")).to_be_hidden()
    visitor.draw(SEVEN)
    pin(visitor, "probabilities", 7)
    visitor.sample(3)
    expect(visitor.find("#where")).to_have_text("probabilities[3]")
    pin(visitor, "probabilities", 5)  # why not a 5?
    visitor.sample(4)
    expect(visitor.find("#where")).to_have_text("probabilities[5]")


def test_a_skip_link_leads_to_the_pad(visitor: Visitor) -> None:
    link = visitor.run("location.hash")
    visitor.press("h1")
    visitor.run("() => { document.activeElement.blur(); document.body.tabIndex = -1; document.body.focus(); }")
    visitor.key("Tab")
    expect(visitor.find("#skip")).to_be_focused()
    visitor.key("Enter")
    expect(visitor.find("#pad-canvas")).to_be_focused()
    assert visitor.run("location.hash") == link


def test_without_a_clipboard_the_link_is_copied_or_selected_in_a_field(visitors: Opener) -> None:
    visitor = visitors()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.clear().draw(ONE)
    visitor.run("() => { navigator.clipboard.writeText = undefined; }")
    visitor.press("#copy-link")
    expect(visitor.find("#message")).to_contain_text("is copied")
    assert visitor.run("navigator.clipboard.readText()") == visitor.run("location.href")
    visitor.press("#close-message")  # it covers the button
    visitor.run("() => { document.execCommand = () => false; }")
    visitor.press("#copy-link")
    field = visitor.find("#message .copy-field")
    expect(field).to_be_focused()
    expect(field).to_have_value(visitor.run("location.href"))
    assert "&d=ink." in visitor.run("getSelection().toString()")
    visitor.press("#close-message")
    expect(visitor.find("#message")).to_be_hidden()


@pytest.fixture(scope="module")
def phones(module_visitors: Opener, shared_phone: Visitor) -> dict[str, Visitor]:
    """The network's page and the lesson on a phone."""
    lesson = module_visitors("/lesson", settled="#yours", viewport=PHONE, has_touch=True, is_mobile=True)
    return {"/": shared_phone, "/lesson": lesson}


def test_nothing_lies_under_the_notch_or_the_home_indicator(phones: dict[str, Visitor]) -> None:
    landscape = {"width": 844, "height": 390}
    for path, visitor in phones.items():
        visitor.start_again(size=PHONE)
        session = visitor.page.context.new_cdp_session(visitor.page)
        fixed = "#strip" if path == "/" else "#open-pad"
        session.send("Emulation.setSafeAreaInsetsOverride", {"insets": {"bottom": 34}})
        box = visitor.bounds(fixed)
        assert box["y"] + box["height"] <= PHONE["height"] - 34
        visitor.page.set_viewport_size({"width": landscape["width"], "height": landscape["height"]})
        session.send("Emulation.setSafeAreaInsetsOverride", {"insets": {"left": 47, "right": 47, "bottom": 21}})
        for part in ("h1, .home", "main"):
            box = visitor.bounds(f":is({part}) >> nth=0")
            assert box["x"] >= 47
            assert box["x"] + box["width"] <= landscape["width"] - 47
        session.send("Emulation.setSafeAreaInsetsOverride", {"insets": {}})


def test_fields_on_a_phone_do_not_make_it_zoom_in_and_accept_a_minus(phones: dict[str, Visitor]) -> None:
    for path, work in (("/", "work=true"), ("/lesson", "work=1")):
        visitor = phones[path].start_again(work, size=PHONE)
        expect(visitor.find("#work")).to_have_attribute("aria-pressed", "true")
        found = visitor.run(TEXT_FIELDS)
        assert found
        assert [name for name, size, mode in found if size < 16 or mode in ("decimal", "numeric")] == []


def test_the_address_of_the_lesson_changes_seldom_while_cells_are_painted(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours")
    visitor.run("""() => {
      window.changes = 0;
      const replace = history.replaceState;
      history.replaceState = function (...a) { changes++; return replace.apply(this, a); };
    }""")
    visitor.press("#clear")
    visitor.find("#pad-canvas").focus()
    # All at once: on a busy machine, the pauses between real keys are so long that the address may change for each.
    visitor.run("""() => {
      for (let i = 0; i < 40; i++) {
        const key = i % 2 === 0 ? "ArrowDown" : "ArrowUp";
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true }));
      }
    }""")
    expect(visitor.page).to_have_url(re.compile("d=grey"))
    assert visitor.run("changes") < 20
