"""The correction form, and what the page says about saving."""

import json
import re
import uuid
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from tests.support.visitor import ONE, PHONE, PROJECTOR, SEVEN, Opener, Visitor

BUTTONS = "".join(f'<button type="button" value="{d}" aria-label="It is a {d}">{d}</button>' for d in range(10))
FORM = f"""<div class="tell" id="tell" role="group" aria-labelledby="tell-says">
<p class="tell-says"><span id="tell-says" role="status"><span></span><a href="/corrections">saved</a><span></span>
</span><button type="button" id="tell-undo" hidden>Undo</button></p>{BUTTONS}
<button type="button" class="no-digit" value="" aria-label="It is not a digit">not a digit</button></div>"""


def collecting(visitor: Visitor, *statuses: int) -> list[dict[str, Any]]:
    """The page of a service that saves corrections and answers with these statuses; returns the requests it gets."""
    sent: list[dict[str, Any]] = []
    answers = iter(statuses)

    def page(route: Route) -> None:
        text = route.fetch().text().replace('"collects": false', '"collects": true')
        route.fulfill(body=re.sub(r'<p class="tell.*?</p>', FORM, text), content_type="text/html")

    def keep(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        status = next(answers, 201)
        route.fulfill(status=status, json={"detail": "The file is full."} if status >= 400 else {})

    def delete(route: Route) -> None:
        assert route.request.method == "DELETE"
        sent.append({"deleted": route.request.url.rpartition("/")[2]})
        status = next(answers, 204)
        if status >= 400:
            route.fulfill(status=status, json={"detail": "It is busy."})
        else:
            route.fulfill(status=204)

    visitor.page.route(visitor.url + "/", page)
    visitor.page.route("**/corrections", keep)
    visitor.page.route("**/corrections/*", delete)
    visitor.open()
    return sent


def test_a_page_says_that_drawings_are_not_saved(visitor: Visitor) -> None:
    expect(visitor.find("#tell")).to_have_text("Your drawings are not saved.")
    expect(visitor.find("#tell button")).to_have_count(0)


def test_one_press_saves_the_right_digit_once(visitors: Opener) -> None:
    visitor = visitors(None)
    sent = collecting(visitor)
    assert "Corrections are saved" in visitor.text("#tell-says")
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


def test_for_an_image_the_preprocessed_pixels_are_saved(visitors: Opener) -> None:
    visitor = visitors(None)
    sent = collecting(visitor)
    visitor.sample(5).press('#tell [value="3"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 3.")
    shown = visitor.pixels('[data-stage="shifted"] canvas')[2::4, 2::4, 0]
    assert np.array_equal(sent[0]["pixels"], shown)
    assert "strokes" not in sent[0]


def test_a_failure_is_reported_and_the_same_correction_is_sent_again(visitors: Opener) -> None:
    visitor = visitors(None)
    visitor.expect_in_console("status of 507")
    sent = collecting(visitor, 507)
    visitor.press('#tell [value="2"]')
    expect(visitor.find("#message")).to_have_text("The file is full.")
    visitor.press('#tell [value="2"]')
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 2.")
    assert len({correction["id"] for correction in sent}) == 1


def test_a_prediction_in_another_mode_cannot_be_corrected(visitors: Opener) -> None:
    visitor = visitors(None)
    sent = collecting(visitor)
    visitor.choose("prepare", "resize").settle()
    visitor.find('#tell [value="2"]').click(force=True)
    expect(visitor.find('#tell [value="2"]')).to_have_attribute("aria-disabled", "true")
    expect(visitor.find("#tell-says")).to_have_text("Choose “as MNIST” to correct.")
    assert sent == []


def test_a_prediction_by_plain_softmax_cannot_be_corrected(visitors: Opener) -> None:
    visitor = visitors(None)
    sent = collecting(visitor)
    visitor.choose("softmax", "plain").settle()
    visitor.find('#tell [value="2"]').click(force=True)
    expect(visitor.find("#tell-says")).to_have_text("Choose “calibrated” to correct.")
    assert sent == []


def test_a_mistaken_correction_is_deleted_and_can_be_made_again(visitors: Opener) -> None:
    visitor = visitors(None)
    sent = collecting(visitor)
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


def test_a_correction_that_cannot_be_deleted_is_still_shown_as_saved(visitors: Opener) -> None:
    visitor = visitors(None)
    visitor.expect_in_console("status of 503")
    collecting(visitor, 201, 503)
    visitor.press('#tell [value="4"]')
    visitor.press("#tell-undo")
    expect(visitor.find("#message")).to_have_text("It is busy.")
    expect(visitor.find("#tell-says")).to_have_text("Saved: a 4.")
    visitor.press("#tell-undo")
    expect(visitor.find("#tell-says")).to_contain_text("Wrong?")


@pytest.mark.parametrize(("theme", "screen"), [("light", PROJECTOR), ("dark", PHONE)], ids=["projector", "phone"])
def test_the_buttons_fit_and_axe_finds_no_violations(visitors: Opener, screen: dict[str, int], theme: str) -> None:
    visitor = visitors(None, viewport=screen, color_scheme=theme)
    collecting(visitor)
    for part in ("#tell", ".answer", ".reading"):
        assert visitor.seen(part).evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
    assert visitor.seen(".answer").evaluate("(e) => e.scrollHeight - e.clientHeight") <= 0
    visitor.press('#tell [value="4"]')
    expect(visitor.find("#tell-undo")).to_be_visible()
    for box in visitor.seen("#tell button").evaluate_all("(all) => all.map((b) => [b.offsetWidth, b.offsetHeight])"):
        assert min(box) >= 24
    assert visitor.violations("#tell") == []
