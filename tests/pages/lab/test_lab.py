"""The lab's page: its tabs, its link, and the links from the other pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.support.visitor import ONE, PHONE, Opener, seen

EXPERIMENTS = ("break", "matter", "fool", "map", "replay", "teach")


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_has_no_accessibility_violations_and_fits_on_a_phone(lab: OpenLab, experiment: str) -> None:
    visitor = lab(experiment)
    for reveal in visitor.seen(f"#{experiment} :is([data-part=show], [data-reveal])").all():
        if seen(reveal).is_visible():
            reveal.click()
    expect(visitor.find(f'#{experiment}[data-settled="true"]')).to_be_visible()
    assert visitor.violations() == []
    visitor.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    assert visitor.run("document.documentElement.scrollWidth") <= PHONE["width"]
    visitor.press("#open-pad")
    expect(visitor.find("#pad-canvas")).to_be_visible()
    assert visitor.violations() == []


def test_the_tabs_work_with_the_arrow_keys_and_the_link_follows(lab: OpenLab) -> None:
    visitor = lab("break")
    visitor.find("#tab-break").press("ArrowRight")
    expect(visitor.find("#matter")).to_be_visible()
    expect(visitor.find("#break")).to_be_hidden()
    expect(visitor.find("#tab-matter")).to_be_focused()
    expect(visitor.page).to_have_url(re.compile("#e=matter&"))
    visitor.page.go_back()
    expect(visitor.find("#break")).to_be_visible()


def test_the_other_pages_lead_to_the_lab_with_the_drawing(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours")
    visitor.clear().draw(ONE)
    visitor.find("#correlation .onwards a[data-experiment]").press("Enter")
    expect(visitor.find("#break")).to_be_visible()
    expect(visitor.find("#yours .yours-says").first).to_contain_text("1")
    visitor.find('#break a[data-to="network.cell"]').press("Enter")  # to the strongest cell of the filter
    expect(visitor.find("#digit")).to_have_text("1")
    expect(visitor.find("#where")).to_have_text(re.compile(r"^conv1\[7, "))
    visitor.find("#in-lab").press("Enter")
    expect(visitor.find("#break")).to_be_visible()
    expect(visitor.page).to_have_url(re.compile("#e=break&d=ink"))


@pytest.mark.parametrize(("experiment", "shown"), [("matter", "picker"), ("fool", "results")])
def test_an_experiment_asks_for_a_drawing_if_nothing_is_drawn(lab: OpenLab, experiment: str, shown: str) -> None:
    visitor = lab(experiment, "fool.guess=40")
    part = visitor.find(f'#{experiment} [data-part="{shown}"]')
    expect(part).to_be_visible()
    visitor.clear()
    expect(part).to_be_hidden()
    expect(visitor.find(f"#{experiment} .when-blank")).to_be_visible()
    expect(visitor.find(f'#{experiment}[data-settled="true"]')).to_be_visible()
    visitor.draw(ONE)
    expect(part).to_be_visible()
    expect(visitor.find(f"#{experiment} .when-blank")).to_be_hidden()


def test_a_link_can_hide_what_a_class_does_not_need(lab: OpenLab) -> None:
    visitor = lab("matter", search="?hide=experiments,weights,code,tools", ready=False)
    for part in ("#experiments", ".lab-weights", "#matter .lab-code", ".tools"):
        expect(visitor.find(part)).to_be_hidden()
    expect(visitor.find("#copy-link")).to_be_visible()


def test_a_link_with_unknown_parts_says_so(lab: OpenLab) -> None:
    visitor = lab("break", "w=nobody", ready=False)
    expect(visitor.find("#message")).to_contain_text("weights that this server does not have")


def test_a_link_to_a_blank_pad_is_answered(visitors: Opener) -> None:
    visitor = visitors("/lab#e=matter&d=ink.26.A", settled="#yours")  # opening waits for the answer
    expect(visitor.find(".reads .yours-says")).to_have_text("nothing drawn")


def test_the_teachers_page_lists_the_experiments(visitors: Opener) -> None:
    visitor = visitors("/lesson/teacher", settled="#links")
    links = visitor.find("#lab-links a")
    expect(links).to_have_count(len(EXPERIMENTS))
    addresses = [seen(link).get_attribute("href") or "" for link in links.all()]
    assert [re.match(r"/lab#e=(\w+)&d=digit\.7", address)[1] for address in addresses] == list(EXPERIMENTS)  # type: ignore[index]
