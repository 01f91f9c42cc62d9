"""The lab's page: its tabs, its link, and the links from the other pages."""

import re

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_accessibility
from tests.pages.uploads import upload
from tests.support.visitor import ONE, SEVEN, Opener, Visitor, seen

EXPERIMENTS = ("break", "matter", "fool", "map", "replay", "teach")


def test_the_page_is_accessible_and_fits_on_a_phone(lab: OpenLab) -> None:
    """The tests of the other experiments check only their own part of the page."""
    visitor = lab("break", "break.edits=conv1_7_off")
    check_accessibility(visitor, "break", "html")
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


def test_the_links_to_the_lab_and_from_it_take_the_drawing_along(visitors: Opener) -> None:
    visitor = visitors("/lesson", settled="#yours")
    visitor.clear().draw(ONE)
    visitor.find("#correlation .onwards a[data-experiment]").press("Enter")
    expect(visitor.find("#break")).to_be_visible()
    expect(visitor.find("#yours .yours-says").first).to_contain_text("1")
    visitor.find('.top a[href^="/training"]').focus()
    expect(visitor.find('.top a[href^="/training"]')).to_have_attribute("href", re.compile("d=ink"))
    visitor.find('#break a[data-to="network.cell"]').press("Enter")  # to the strongest cell of the filter
    expect(visitor.find("#digit")).to_have_text("1")
    expect(visitor.find("#where")).to_have_text(re.compile(r"^conv1\[7, "))
    visitor.find("#in-lab").focus()
    expect(visitor.find("#in-lab")).to_have_attribute("href", re.compile("^/lab#e=break&.*d=ink"))


@pytest.mark.parametrize("experiment", ["break", "map", "fool", "replay"])
@pytest.mark.parametrize("button", [".act", "[data-reveal]"])
def test_the_focus_moves_from_the_question_to_the_result_and_back(lab: OpenLab, experiment: str, button: str) -> None:
    ready = experiment not in ("break", "replay")  # without an edit or a stroke, nothing is asked
    visitor = lab(experiment, "break.edits=conv1_7_off" if experiment == "break" else "", ready=ready)
    if experiment == "replay":
        visitor.draw(SEVEN)
    question = visitor.find(f"#{experiment} .guess input").first
    if experiment == "map":
        visitor.find('#map [name="map-guess"]').first.check(force=True)
    else:
        question.fill("9")
    result = visitor.find(f'#{experiment} :is([data-part="results"], [data-part="cost"])')
    before = visitor.run("scrollY")
    visitor.find(f"#{experiment} .guess {button}").press("Enter")
    expect(result).to_be_focused()
    assert visitor.run("scrollY") == before
    visitor.find(f'#{experiment} [data-part="ask-again"]').press("Enter")
    expect(question).to_be_focused()


def test_the_focus_moves_from_the_buttons_of_the_game_to_its_maps_and_back(lab: OpenLab) -> None:
    visitor = lab("matter")
    visitor.find('#matter [data-part="show"]').press("Enter")
    expect(visitor.find('#matter [data-part="maps-block"]')).to_be_focused()
    visitor.find('#matter [data-part="again"]').press("Enter")
    expect(visitor.find("#matter .picker")).to_be_focused()


def test_a_link_can_hide_what_a_class_does_not_need(visitors: Opener) -> None:
    visitor = visitors("/lab?hide=experiments,weights,code,tools#e=matter", settled="#yours")
    for part in ("#experiments", ".lab-weights", "#matter .lab-code", ".tools"):
        expect(visitor.find(part)).to_be_hidden()
    expect(visitor.find("#copy-link")).to_be_visible()


def test_a_link_with_unknown_parts_says_so(lab: OpenLab) -> None:
    visitor = lab("break", "w=nobody", ready=False)
    expect(visitor.find("#message")).to_contain_text("weights that this server does not have")


def open_with_upload(lab: OpenLab, number: int) -> tuple[Visitor, str, str]:
    """The page with an upload, its name, and the name that the page shows."""
    visitor = lab("matter")
    name, model = upload(visitor.url, number)
    visitor.find("#weights").focus()  # renews the list
    visitor.find("#weights option").filter(has_text=model).wait_for(state="attached")
    lab("matter", f"w={name.replace(':', '.')}")
    expect(visitor.find("#weights option:checked")).to_have_text(model)
    return visitor, name, model


def test_the_chosen_upload_can_be_thrown_away(lab: OpenLab) -> None:
    visitor, _, model = open_with_upload(lab, 11)
    visitor.press("#delete-weights").press("#delete-weights")
    expect(visitor.find("#message")).to_have_text(
        re.compile(rf"The weights {model} are deleted. This page now shows robust-\w+\.")
    )
    expect(visitor.find("#delete-weights")).to_be_hidden()
    expect(visitor.find("#weights")).to_be_focused()
    expect(visitor.find("#weights option").filter(has_text=model)).to_have_count(0)
    visitor.settle()
    assert "weights=" not in visitor.feature_map_requests()[-1]["url"]


@pytest.mark.parametrize("asks", ["the pad", "an experiment"])
def test_the_lab_goes_on_when_the_chosen_weights_have_been_deleted(lab: OpenLab, asks: str) -> None:
    visitor, name, model = open_with_upload(lab, 12)
    visitor.expect_in_console("404")
    assert httpx2.delete(f"{visitor.url}/weights/{name}").status_code == 204
    if asks == "the pad":
        visitor.draw(SEVEN)
    else:
        visitor.press('#matter [data-part="show"]')
        visitor.find('#matter [data-part="patch"]').fill("5")
    expect(visitor.find("#message")).to_have_text(
        re.compile(rf"The weights {model} are no longer on this server. This page now shows robust-\w+\.")
    )
    expect(visitor.find("#weights")).to_have_value("")
    expect(visitor.find('#matter[data-settled="true"]')).to_be_visible()


def test_a_link_to_a_blank_pad_is_answered(visitors: Opener) -> None:
    visitor = visitors("/lab#e=matter&d=ink.26.A", settled="#yours")  # opening waits for the answer
    expect(visitor.find(".reads .yours-says")).to_have_text("nothing drawn")


def test_the_teachers_page_lists_the_experiments(visitors: Opener) -> None:
    visitor = visitors("/lesson/teacher", settled="#links")
    links = visitor.find("#lab-links a")
    expect(links).to_have_count(len(EXPERIMENTS))
    addresses: list[str] = seen(links).evaluate_all("(all) => all.map((link) => link.getAttribute('href'))")
    assert [re.match(r"/lab#e=(\w+)&d=digit\.7", address)[1] for address in addresses] == list(EXPERIMENTS)  # type: ignore[index]
