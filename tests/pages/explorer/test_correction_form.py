"""The correction form, and what the page says about saving."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from tests.support.visitor import ONE, PHONE, PROJECTOR, SEVEN, Opener, Theme, Visitor

BUTTONS = "".join(f'<button type="button" value="{d}" aria-label="It is a {d}">{d}</button>' for d in range(10))
FORM = f"""<div class="tell" id="tell" role="group" aria-labelledby="tell-says">
<p class="tell-says"><span id="tell-says" role="status"><span></span><a href="/corrections">saved</a><span></span>
</span><button type="button" id="tell-undo" hidden>Undo</button></p>{BUTTONS}
<button type="button" class="no-digit" value="" aria-label="It is not a digit">not a digit</button></div>"""


class Collecting:
    """The page of a service that saves corrections.

    `sent` has the requests that the service got, and `statuses` are those of its next answers.
    """

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.sent: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        visitor.page.route(visitor.url + "/", self._page)
        visitor.page.route("**/corrections", self._keep)
        visitor.page.route("**/corrections/*", self._delete)
        visitor.open()

    def _page(self, route: Route) -> None:
        text = route.fetch().text().replace('"collects": false', '"collects": true')
        route.fulfill(body=re.sub(r'<p class="tell.*?</p>', FORM, text), content_type="text/html")

    def _keep(self, route: Route) -> None:
        self.sent.append(json.loads(route.request.post_data or ""))
        self._answer(route, 201, "The file is full.")

    def _delete(self, route: Route) -> None:
        assert route.request.method == "DELETE"
        self.sent.append({"deleted": route.request.url.rpartition("/")[2]})
        self._answer(route, 204, "It is busy.")

    def _answer(self, route: Route, usual: int, problem: str) -> None:
        status = self.statuses.pop(0) if self.statuses else usual
        if status == 204:
            route.fulfill(status=status)
        else:
            route.fulfill(status=status, json={"detail": problem} if status >= 400 else {})


@pytest.fixture(scope="module")
def shared_form(module_visitors: Opener) -> Collecting:
    return Collecting(module_visitors(None))


@pytest.fixture
def form(shared_form: Collecting) -> Iterator[Collecting]:
    """The page with a drawing that nobody has corrected. Afterwards, its console must be empty."""
    shared_form.visitor.sample(1).start_again()
    shared_form.sent.clear()
    shared_form.statuses.clear()
    yield shared_form
    shared_form.visitor.check_console()


def test_one_press_saves_the_right_digit_once(form: Collecting) -> None:
    visitor, sent = form.visitor, form.sent
    assert "Corrections are saved" in visitor.text("#tell-says")
    assert visitor.bounds("#tell-says")["height"] < 30, "one line"
    visitor.clear()
    expect(visitor.find('#tell [value="1"]')).to_have_attribute("aria-disabled", "true")
    visitor.draw(SEVEN)
    asked = json.loads(visitor.feature_map_requests()[-1]["body"])
    visitor.press('#tell [value="1"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 1.")
    visitor.find('#tell [value="4"]').click(force=True)
    (correction,) = sent
    assert correction["label"] == 1
    assert correction["answer"]["digit"] == 7
    assert len(correction["answer"]["probabilities"]) == 10
    assert correction["model"] == visitor.facts["model"]["name"]
    assert {name: correction[name] for name in ("strokes", "pen", "canvas")} == asked
    assert uuid.UUID(correction["id"]).version == 4
    visitor.draw(ONE)
    expect(visitor.find("#tell-says")).to_contain_text("Wrong?")
    visitor.press("#tell .no-digit")
    expect(visitor.find("#tell-says")).to_have_text("Saved: not a digit.")
    assert sent[1]["label"] is None
    assert sent[1]["id"] != correction["id"]


def test_for_an_image_the_preprocessed_pixels_are_saved(form: Collecting) -> None:
    visitor, sent = form.visitor, form.sent
    visitor.sample(5).press('#tell [value="3"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 3.")
    shown = visitor.pixels('[data-stage="shifted"] canvas')[2::4, 2::4, 0]
    assert np.array_equal(sent[0]["pixels"], shown)
    assert "strokes" not in sent[0]


def test_a_failure_is_reported_and_the_same_correction_is_sent_again(form: Collecting) -> None:
    visitor, sent = form.visitor, form.sent
    visitor.expect_in_console("status of 507")
    form.statuses.append(507)
    visitor.press('#tell [value="2"]')
    expect(visitor.find("#message")).to_have_text("The file is full.")
    visitor.press('#tell [value="2"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 2.")
    assert len({correction["id"] for correction in sent}) == 1


def test_a_prediction_in_another_mode_cannot_be_corrected(form: Collecting) -> None:
    visitor, sent = form.visitor, form.sent
    visitor.choose("prepare", "resize").settle()
    visitor.find('#tell [value="2"]').click(force=True)
    expect(visitor.find('#tell [value="2"]')).to_have_attribute("aria-disabled", "true")
    expect(visitor.find("#tell-says")).to_have_text("Choose “as MNIST” to correct.")
    assert sent == []


def test_a_prediction_by_plain_softmax_cannot_be_corrected(form: Collecting) -> None:
    visitor, sent = form.visitor, form.sent
    visitor.choose("softmax", "plain").settle()
    visitor.find('#tell [value="2"]').click(force=True)
    expect(visitor.find("#tell-says")).to_have_text("Choose “calibrated” to correct.")
    assert sent == []


def test_a_mistaken_correction_is_deleted_and_can_be_made_again(form: Collecting) -> None:
    visitor, sent = form.visitor, form.sent
    expect(visitor.find("#tell-undo")).to_be_hidden()
    visitor.press('#tell [value="8"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: an 8.")
    visitor.press("#tell-undo")
    expect(visitor.find("#tell-says")).to_contain_text("Wrong?")
    expect(visitor.find("#tell-undo")).to_be_hidden()
    expect(visitor.find('#tell [value="8"]')).to_be_focused()
    visitor.press('#tell [value="3"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 3.")
    first, deleted, second = sent
    assert deleted == {"deleted": first["id"]}
    assert second["id"] != first["id"]
    assert (first["label"], second["label"]) == (8, 3)


def test_a_correction_that_cannot_be_deleted_is_still_shown_as_saved(form: Collecting) -> None:
    visitor = form.visitor
    visitor.expect_in_console("status of 503")
    form.statuses.extend((201, 503))
    visitor.press('#tell [value="4"]')
    visitor.press("#tell-undo")
    expect(visitor.find("#message")).to_have_text("It is busy.")
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 4.")
    visitor.press("#tell-undo")
    expect(visitor.find("#tell-says")).to_contain_text("Wrong?")


@pytest.mark.parametrize(("theme", "screen"), [("light", PROJECTOR), ("dark", PHONE)], ids=["projector", "phone"])
def test_the_buttons_fit_and_axe_finds_no_violations(form: Collecting, screen: dict[str, int], theme: Theme) -> None:
    visitor = form.visitor.change_screen(theme, screen)
    for part in ("#tell", ".answer", ".reading"):
        assert visitor.seen(part).evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
    assert visitor.seen(".answer").evaluate("(e) => e.scrollHeight - e.clientHeight") <= 0
    visitor.press('#tell [value="4"]')
    expect(visitor.find("#tell-undo")).to_be_visible()
    for box in visitor.seen("#tell button").evaluate_all("(all) => all.map((b) => [b.offsetWidth, b.offsetHeight])"):
        assert min(box) >= 24
    assert visitor.violations("#tell") == []
