"""Links from the page to the part of the lesson about what is on the screen, with the drawing."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.visitor import PHONE, SEVEN, Opener, Visitor

WHERE = {  # a layer, the section that explains it, and the experiment of the lab that continues from there
    "input": ("network.input", "e=matter"),
    "conv1": ("correlation", "e=break&break.at=conv1_"),
    "relu1": ("network.relu1", "e=map&map.layer=pool1"),
    "pool1": ("pooling", "e=map&map.layer=pool1"),
    "conv2": ("correlation", "e=break&break.at=conv2_"),
    "flatten": ("network.flatten", "e=map&map.layer=pool2"),
    "dense1": ("dense", "e=break&break.at=dense1_"),
    "logits": ("dense", "e=teach"),
    "probabilities": ("softmax.yours", "e=replay"),
}


def test_the_cell_panel_links_to_the_section_and_the_experiment_about_its_layer(visitor: Visitor) -> None:
    link = visitor.find("#in-lesson")
    for layer, (place, experiment) in WHERE.items():
        plot = visitor.find(f'.layer[data-layer="{layer}"] .plot')
        plot.press("ArrowDown")
        expect(visitor.find("#where")).to_have_text(re.compile(f"^{layer}\\["))
        expect(link).to_have_attribute("href", f"/lesson#at={place}")
        expect(visitor.find("#in-lab")).to_have_attribute("href", re.compile(f"^/lab#{experiment}"))
        plot.press("Enter")
        expect(visitor.find("#kept")).to_be_visible()
        assert visitor.seen("#formula").evaluate("(part) => part.scrollWidth - part.clientWidth") <= 0, layer
        visitor.press("#kept")
    assert visitor.violations("#strip") == []


def test_the_lesson_and_the_network_open_with_the_drawing_of_the_other_page(visitors: Opener) -> None:
    visitor = visitors()
    visitor.clear().draw(SEVEN)
    reads = visitor.digit
    visitor.find('[data-layer="probabilities"] .plot').press("ArrowDown")
    expect(visitor.find("#where")).to_have_text(re.compile("^probabilities"))
    visitor.press("#in-lesson")
    expect(visitor.page).to_have_url(re.compile(r"/lesson#at=softmax\.yours&d=ink\."))
    visitor.settled = '#yours[data-settled="true"]'
    visitor.settle()
    expect(visitor.find(".reads .yours-says")).to_have_text(re.compile(f"^{reads} · "))
    expect(visitor.find("#softmax-title")).to_be_in_viewport()
    expect(visitor.find("#softmax .program")).to_have_count(1)
    visitor.clear().draw([(140, 40), (140, 240)])
    expect(visitor.find(".yours-says").first).to_contain_text("1")
    visitor.find('nav[aria-label="Other pages"] a').first.click()
    visitor.find('#answer[data-settled="true"]').wait_for(state="attached")
    expect(visitor.find("#digit")).to_have_text("1")


@pytest.mark.parametrize(("tab", "section"), [("costs", "size"), ("trust", "mistakes"), ("network", None)])
def test_the_header_and_two_views_link_to_the_lesson(visitor: Visitor, tab: str, section: str | None) -> None:
    visitor.press(f"#tab-{tab}")
    link = visitor.find(f"#view-{tab} a[data-lesson]" if section else "header a[data-lesson]")
    link.focus()
    place = f"at={section}&" if section else ""
    expect(link).to_have_attribute("href", f"/lesson#{place}d=digit.7.0.mnist")


def test_every_place_is_a_part_of_the_lesson(js: Visitor) -> None:
    script = """const { SECTIONS } = await import('/static/js/lesson/sections.js');
    return Object.entries(m.LESSON_PLACES).filter(([, [section, step]]) =>
      !(section in SECTIONS) || (step && !(step in SECTIONS[section].STEPS)))"""
    assert js.module("core/links/lesson-places", script) == []


def test_the_link_stays_small_on_a_phone(visitor: Visitor) -> None:
    visitor.change_screen("light", PHONE)
    visitor.press("#sheet")
    visitor.find('[data-layer="probabilities"] .plot').press("Enter")
    box = visitor.bounds("#in-lesson")
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
