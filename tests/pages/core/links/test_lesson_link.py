"""The lesson's link holds the settings of all widgets: it opens them again, after a reload too."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import Place
from tests.support.lesson_page import matrix, set_number
from tests.support.visitor import ONE, START, Opener, Visitor, seen

Change = Callable[[Visitor], Any]


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    return lesson_at("correlation")


def fill(selector: str, text: str) -> Change:
    """Type into a text field, and leave it."""

    def change(visitor: Visitor) -> None:
        field = visitor.find(selector)
        field.fill(text)
        field.blur()

    return change


def press(selector: str) -> Change:
    return lambda visitor: visitor.press(selector)


def all_of(*changes: Change) -> Change:
    return lambda visitor: [change(visitor) for change in changes]


# Changes of widgets and what they add to the address. The changes of one group do not affect each other.
CHANGES: list[list[tuple[Change, str]]] = [
    [
        (lambda visitor: visitor.find("#dense .flatten .cells-plot").press("ArrowDown"), "dense.row=10"),
        (
            fill('#correlation [aria-label="Filter row 0, column 1"]', "-2.5"),
            "correlation.filter=1_-2.5~-1_2",
        ),
        (lambda visitor: set_number(visitor, "size", "Input width", 17), "size.W=17"),
        (lambda visitor: set_number(visitor, "size", "Stride", 3), "size.S=3"),
        (press("#program-size-torch"), "size.code=torch"),
        (press('#edges [value="magnitude"]'), "edges.how=magnitude"),
        (lambda visitor: set_number(visitor, "pooling", "Stride", 1), "pooling.S=1"),
        (press('#network [data-layer="pool2"]'), "network.layer=pool2"),
        (
            fill('#softmax [aria-label="Logit of digit 3, as a number"]', "7.5"),
            "softmax.logits=typed&softmax.z=0_1_2_7.5_-1_0_-2_5_1_3&softmax.digit=3",
        ),
        (fill('#training [aria-label="Learning rate, as a number"]', "0.5"), "training.rate=0.5"),
        (press('#mistakes [data-row="4"][data-column="9"]'), "mistakes.kind=4_9"),
        (press('#dense [value="shuffled"]'), "dense.shuffled=true"),
        (fill('#edges [aria-label="Filter K row 1, column 1"]', "3"), "edges.filter=1_0_-1~2_3_-2~1_0_-1"),
        (press('#pooling .compass [title="up"]'), "pooling.move=0_-1"),
        (press('#training [value="whole"]'), "training.scale=whole"),
    ],
    [
        (fill('#dense [aria-label="right (px), as a number"]', "4"), "dense.dx=4"),
        (press('#correlation [value="convolution"]'), "correlation.how=convolution"),
        (
            lambda visitor: set_number(visitor, "correlation", "Bias of the lesson’s filter", 4),
            "correlation.paperBias=4",
        ),
        (lambda visitor: set_number(visitor, "correlation", "Filter of conv1", 9), "correlation.kernel=9"),
        (fill('#size [aria-label="conv2, maps"]', "8"), "size.network=conv2.maps.8"),
        (all_of(press("#work"), press('#size >> text="Another question"')), "size.question=1"),
        (press('#edges [value="blur"]'), "edges.filter=blur"),
        (press('#pooling [value="mean"]'), "pooling.how=mean"),
        (fill('#softmax [aria-label="As a number: temperature"]', "2.5"), "softmax.T=2.5"),
        (press('#training [value="adam"]'), "training.rule=adam"),
    ],
]


def wait_for_fragment(visitor: Visitor, part: str) -> None:
    """Wait until the address contains this part."""
    visitor.page.wait_for_url(re.compile(rf"[#&]{re.escape(part)}(&|$)"))


@pytest.mark.parametrize("group", CHANGES, ids=["first", "second"])
def test_the_link_holds_what_the_widgets_show(lesson: Visitor, group: list[tuple[Change, str]]) -> None:
    fragments = [fragment for _, fragment in group]
    for change, fragment in group:
        lesson.find(f"#{fragment.partition('.')[0]}").scroll_into_view_if_needed()
        change(lesson)
        wait_for_fragment(lesson, fragment)
    names = [name for name in re.findall(r"[#&]([^=&]+)=", f"#{lesson.page.url.partition('#')[2]}") if "." in name]
    assert sorted(names) == sorted(re.findall(r"([\w.]+)=", "&".join(fragments))), "nothing but what has changed"
    lesson.page.reload()
    lesson.settle()
    lesson.find("#article h1").dispatch_event("click")  # this writes the address again
    lesson.run("new Promise((done) => setTimeout(done, 500))")
    for fragment in fragments:
        wait_for_fragment(lesson, fragment)


def test_the_numbers_of_a_link_are_on_the_page(visitors: Opener) -> None:
    filters = "correlation.filter=0.5_-3~2_1&edges.filter=0_0_0~0_-1_0~0_0_0"
    fragment = f"at=size&size.W=17&size.S=3&{filters}&pooling.S=1&softmax.T=2.5&d=digit.7.0.mnist"
    visitor = visitors(f"/lesson#{fragment}", settled="#yours")
    expect(visitor.find("#size-title")).to_be_in_viewport()
    expect(visitor.find('#size [aria-label="Input width, as a number"]')).to_have_value("17")
    expect(visitor.find("p.size-worked")).to_contain_text("17")
    assert matrix(visitor.find("#correlation-any ~ .widget table[aria-label=Filter]").first) == [[0.5, -3], [2, 1]]
    assert matrix(visitor.find('#edges table[aria-label="Filter K"]'))[1] == [0, -1, 0]
    expect(visitor.find('#edges [value="own"]')).to_be_checked()
    expect(visitor.find('#pooling [aria-label="Stride, as a number"]')).to_have_value("1")
    expect(visitor.find('#softmax [aria-label="As a number: temperature"]')).to_have_value("2.5")


def test_a_step_of_the_lesson_needs_no_settings_in_its_link(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours").stop_clock()
    visitor.page.route("**/lesson/step", lambda route: None)  # PyTorch would start, but no training step is needed here
    steps = visitor.module(
        "lesson/sections",
        "return Object.entries(m.SECTIONS).flatMap(([s, { STEPS }]) => Object.keys(STEPS).map((t) => `${s}.${t}`))",
    )
    assert len(steps) > 40
    for step in steps:
        if step in ("mistakes.commonest", "training.step"):  # known only after a request
            continue
        visitor.run("(at) => { location.hash = `at=${at}&d=digit.7.0.mnist` }", step)
        visitor.painted().find("#article h1").dispatch_event("click")
        visitor.page.clock.fast_forward(450)  # the address is written once in this time
        assert visitor.page.url.partition("#")[2] == f"at={step}&d=digit.7.0.mnist"


def test_a_change_after_a_step_is_relative_to_the_step(lesson_at: Place) -> None:
    visitor = lesson_at("edges.flipped")
    visitor.press('#edges [value="plain"]')
    wait_for_fragment(visitor, "edges.how=plain")
    visitor.page.reload()
    visitor.settle()
    expect(visitor.find('#edges input[name="edges-how"][value="plain"]')).to_be_checked()


WRONG = [
    ("size.W=99", "size.W must be a whole number from 1 to 32"),
    ("size.W=-3", "size.W must be"),
    ("size.W=1e1", "size.W must be"),
    ("size.S=", "size.S must be"),
    ("size.network=conv9.maps.3", "size.network must be"),
    ("size.network=logits.maps.3", "size.network must be"),
    ("size.network=conv1.maps.3.4", "size.network must be"),
    ("correlation.filter=1_2~3", "correlation.filter must be"),
    ("correlation.filter=1_9999", "correlation.filter must be"),
    ("correlation.image=" + "~".join(["1_1"] * 9), "correlation.image must be"),
    ("pooling.map=1_2_3~1_2_3", "pooling.map must be"),
    ("edges.filter=constructor", "edges.filter must be"),
    ("edges.how=<b>", "edges.how must be"),
    ("softmax.z=1_2", "softmax.z must be"),
    ("softmax.T=0", "softmax.T must be"),
    ("softmax.T=Infinity", "softmax.T must be"),
    ("training.rate=-1", "training.rate must be"),
    ("mistakes.kind=4_10", "mistakes.kind must be"),
    ("network.layer=conv7", "network.layer must be"),
    ("dense.row=28", "dense.row must be"),
]
UNKNOWN = ["size.Q=3", "size.__proto__=3", "size.constructor=3", "nowhere.W=3", "size=3"]


# Follows links one after another, and returns the message and the values of these parts after each.
FOLLOW_ALL = """async ([links, parts]) => {
  const shown = [];
  for (const link of links) {
    document.getElementById("close-message").click();
    const followed = new Promise((done) => addEventListener("popstate", done, { once: true }));
    location.hash = link;
    await followed;
    await new Promise(requestAnimationFrame);
    const values = parts.map((part) => document.querySelector(part).value);
    shown.push([document.getElementById("message").textContent, ...values]);
  }
  return shown;
}"""
WINDOW = '#pooling [aria-label="Window size, as a number"]'


def test_a_setting_that_cannot_be_used_is_named_and_the_usual_value_shown(visitors: Opener) -> None:
    fragment, says = WRONG[0]
    visitor = visitors(None, settled="#yours")
    visitor.page.goto(f"{visitor.url}/lesson#{fragment}&pooling.F=3&d=digit.7.0.mnist", wait_until="commit")
    expect(visitor.find("#message")).to_contain_text(says)  # checked first, because it disappears by itself
    visitor.settle()
    # The other settings are used.
    expect(visitor.find(WINDOW)).to_have_value("3")
    visitor.find("#article h1").dispatch_event("click")
    expect(visitor.page).to_have_url(re.compile(r"/lesson#pooling\.F=3&d=digit\.7\.0\.mnist$"))
    sides = [str(4 - number % 2) for number in range(len(WRONG))]  # each differs from the one before
    links = [f"{fragment}&pooling.F={side}&d=digit.7.0.mnist" for (fragment, _), side in zip(WRONG, sides, strict=True)]
    shown = visitor.run(FOLLOW_ALL, [links, [WINDOW]])
    for (fragment, says), side, (message, window) in zip(WRONG, sides, shown, strict=True):
        assert says in message.replace("\u00a0", " "), fragment
        assert "<b>" not in message
        assert window == side, fragment


def test_an_unknown_setting_is_ignored(lesson: Visitor) -> None:
    links = [link for setting in UNKNOWN for link in (f"{setting}&pooling.F=4&{START}", START)]
    width = '#size [aria-label="Input width, as a number"]'
    assert lesson.run(FOLLOW_ALL, [links, [WINDOW, width]]) == [["", "4", "28"], ["", "2", "28"]] * len(UNKNOWN)


def test_back_and_forward_return_to_the_settings_of_each_place(lesson: Visitor) -> None:
    set_number(lesson, "size", "Input width", 17)
    lesson.find('#contents li a[href="#pooling"]').click()
    set_number(lesson, "pooling", "Stride", 1)
    set_number(lesson, "size", "Input width", 20)
    wait_for_fragment(lesson, "pooling.S=1")
    lesson.find('#contents li a[href="#edges"]').click()
    width = lesson.find('#size [aria-label="Input width, as a number"]')
    stride = lesson.find('#pooling [aria-label="Stride, as a number"]')
    lesson.page.go_back()
    lesson.page.go_back()
    expect(width).to_have_value("17")
    expect(stride).to_have_value("2")
    lesson.page.go_forward()
    expect(width).to_have_value("20")
    expect(stride).to_have_value("1")
    set_number(lesson, "size", "Input width", 21)  # the address still follows
    wait_for_fragment(lesson, "size.W=21")


def test_a_link_within_the_lesson_keeps_the_widgets(lesson: Visitor) -> None:
    set_number(lesson, "size", "Input width", 17)
    lesson.press('#network [data-layer="probabilities"]')
    lesson.press("#network .net-facts a")
    expect(lesson.page).to_have_url(re.compile(r"at=softmax\.yours&.*size\.W=17"))
    expect(lesson.find('#size [aria-label="Input width, as a number"]')).to_have_value("17")
    expect(lesson.find('#softmax [value="yours"]')).to_be_checked()


def test_a_slider_that_is_dragged_changes_the_address_a_few_times_a_second(lesson: Visitor) -> None:
    script = """async () => {
      let calls = 0;
      const replace = history.replaceState.bind(history);
      history.replaceState = (...args) => { calls++; replace(...args); };
      const slider = document.querySelector('#softmax-temperature');
      const start = performance.now();
      for (let i = 0; performance.now() - start < 1000; i++) {
        slider.value = String(0.1 + (i % 400) / 100);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((done) => setTimeout(done, 5));
      }
      await new Promise((done) => setTimeout(done, 450)); // the last change is written, too
      return calls;
    }"""
    calls: int = lesson.run(script)
    assert 1 <= calls <= 3  # WebKit refuses the 101st call within ten seconds


def test_copied_links_hold_the_settings(lesson: Visitor) -> None:
    lesson.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    set_number(lesson, "size", "Stride", 3)
    lesson.press("#copy-link")
    expect(lesson.find("#message")).to_contain_text("copied")
    assert "size.S=3" in lesson.run("navigator.clipboard.readText()")


def test_the_teachers_page_offers_the_settings_of_the_lesson(visitors: Opener) -> None:
    lesson = visitors("/lesson", settled="#yours")
    lesson.press("#clear").settle().draw(ONE).settle()
    lesson.find('#contents li a[href="#size"]').click()
    set_number(lesson, "size", "Stride", 3)
    lesson.find("#to-teacher").click()
    teacher = Visitor(lesson.page, lesson.url, "#links").settle()
    own = teacher.find("#links [data-own]")
    expect(own).to_have_count(1)
    href = seen(own).get_attribute("href") or ""
    assert href.startswith("/lesson#at=size&size.S=3&d=ink.")
    expect(teacher.find('#links [data-section="edges"][data-step="hand"]')).to_have_attribute(
        "href", re.compile(r"^/lesson#at=edges\.hand&d=ink\.")
    )
    assert teacher.violations("#links li:has([data-own])") == []
    teacher.find("#digit").select_option("4")
    assert (seen(own).get_attribute("href") or "").startswith("/lesson#at=size&size.S=3&d=digit.4.")
    opened = visitors(href, settled="#yours")
    expect(opened.find('#size [aria-label="Stride, as a number"]')).to_have_value("3")
