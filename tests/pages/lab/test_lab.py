"""The lab's page: its tabs, its link, and the links from the other pages."""

import re
from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.uploads import upload
from tests.support.visitor import ONE, PHONE, SEVEN, Opener, Visitor, seen

INK = "d=ink.26.CJ-Y8KD4FD2FB4FD4FD2FD4FD4FD2FRSrU2CN0CP2CN2CP0CP2CN0CP2CNGmDEmDGmDEoDGmDEmDGmDEoD"
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


def redraw(visitor: Visitor) -> None:
    visitor.draw(SEVEN)


def edit(visitor: Visitor) -> None:
    visitor.press('#break [data-operation="negate"]')


def move_to_epoch_1(visitor: Visitor) -> None:
    visitor.find('#map [data-part="epoch"]').fill("1")


@pytest.mark.parametrize(
    ("experiment", "settings", "change", "earlier"),
    [
        ("break", "break.edits=conv1_7_off&break.guess=3", edit, "You guessed 3 of 100 for other edits or weights."),
        ("fool", "fool.guess=40", redraw, "You guessed 40 for another drawing or other weights."),
        ("map", "map.guess=pool2", move_to_epoch_1, "You guessed pool2 for other weights."),
        ("replay", f"replay.guess=60&{INK}", redraw, "You guessed 60 % for another drawing or other weights."),
    ],
)
def test_a_guess_belongs_to_the_settings_that_it_was_made_for(
    lab: OpenLab, experiment: str, settings: str, change: Callable[[Visitor], None], earlier: str
) -> None:
    visitor = lab(experiment, settings)
    says = visitor.find(f'#{experiment} [data-part="guessed"]')
    settled = visitor.find(f'#{experiment}[data-settled="true"]')
    expect(says).to_contain_text("You guessed")
    verdict = seen(says).inner_text()
    assert "other" not in verdict.partition("You guessed")[2].partition(".")[0]
    change(visitor)
    expect(settled).to_be_visible()
    expect(says).to_contain_text(earlier)
    expect(says).not_to_contain_text(re.compile("too (high|low|late|early)|That is right"))
    expect(visitor.page).to_have_url(
        re.compile(rf"{experiment}\.guess=shown")
    )  # in a link, it would look like a new one
    visitor.press(f'#{experiment} [data-part="ask-again"]')
    expect(visitor.find(f'#{experiment} [data-part="guess-form"]')).to_be_visible()


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_no_two_buttons_have_the_same_name(lab: OpenLab, experiment: str) -> None:
    visitor = lab(experiment, "break.edits=conv1_7_off")
    buttons = visitor.page.get_by_role("button").all()
    names = [seen(button).get_attribute("aria-label") or seen(button).inner_text() for button in buttons]
    assert len(names) > 10
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_the_chosen_upload_can_be_thrown_away(visitors: Opener, live_server: str) -> None:
    name, model = upload(live_server, 11)
    visitor = visitors(f"/lab#e=break&w={name.replace(':', '.')}", settled="#yours")
    expect(visitor.find("#weights option:checked")).to_have_text(model)
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
def test_the_lab_goes_on_when_the_chosen_weights_have_been_deleted(
    visitors: Opener, live_server: str, asks: str
) -> None:
    name, model = upload(live_server, 12)
    visitor = visitors(f"/lab#e=matter&w={name.replace(':', '.')}", settled="#yours")
    visitor.find('#matter[data-settled="true"]').wait_for()
    visitor.expect_in_console("404")
    assert httpx2.delete(f"{live_server}/weights/{name}").status_code == 204
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
    addresses = [seen(link).get_attribute("href") or "" for link in links.all()]
    assert [re.match(r"/lab#e=(\w+)&d=digit\.7", address)[1] for address in addresses] == list(EXPERIMENTS)  # type: ignore[index]
