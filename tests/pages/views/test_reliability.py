""" "Can I trust it?": the evaluation beside the weights, as it is served and as the page shows it."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import numpy as np
import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from model.checkpoint import SHIPPED
from model.epochs import read_epoch
from tests.pages.page_helpers import change_predictions
from tests.support.visitor import PHONE, PROJECTOR, SCREEN, SEVEN, Opener, Theme, Visitor, seen

MEASURED = SHIPPED.with_name("lesson.evaluation.json")


@pytest.fixture(scope="module")
def lesson() -> Path:
    return SHIPPED.with_name("lesson.safetensors")


def test_the_evaluation_file_beside_the_weights_is_served(lesson: Path) -> None:
    with TestClient(create_app(Settings(weights=lesson))) as client:
        found = client.get("/model/evaluation").json()
        assert found["sha256"] == client.get("/model").json()["sha256"]
    confusion = np.array(found["confusion"])
    assert confusion.sum() == found["pictures"] == 10_000
    assert np.trace(confusion) == found["correct"]
    assert sum(each["count"] for each in found["reliability"]) == found["pictures"]
    off = [each["count"] * abs(each["confidence"] - each["accuracy"]) for each in found["reliability"] if each["count"]]
    assert found["calibration_error"] == pytest.approx(sum(off) / found["pictures"], rel=1e-6)


@pytest.mark.parametrize("content", [None, "not JSON", '{"model": "lesson"}', "another's"])
def test_only_an_evaluation_of_exactly_these_weights_is_served(tmp_path: Path, content: str | None) -> None:
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes(read_epoch(3).content)
    if content == "another's":
        content = json.dumps(json.loads(MEASURED.read_text()) | {"sha256": 64 * "0"})
    if content is not None:
        weights.with_suffix(".evaluation.json").write_text(content)
    with TestClient(create_app(Settings(weights=weights))) as client:
        answer = client.get("/model/evaluation")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert "inkling evaluate" in answer.json()["detail"]
        assert "These weights have not been evaluated" in client.get("/").text


# ---------------------------------------------------------------- on the page


@pytest.fixture
def trust(visitor: Visitor) -> Visitor:
    return visitor.press("#tab-trust")


def test_the_page_shows_the_services_evaluation(trust: Visitor, live_server: str) -> None:
    found = httpx2.get(f"{live_server}/model/evaluation").json()
    counts = [int(text) for text in trust.seen(".confusion [data-row]").all_inner_texts()]
    assert np.array_equal(np.reshape(counts, (10, 10)), found["confusion"])
    full = [each for each in found["reliability"] if each["count"]]
    bars = trust.seen(".bin .right").evaluate_all("(bars) => bars.map((bar) => bar.getBBox().height)")
    ideal = trust.seen(".ideal").evaluate("(line) => line.getBBox().height")
    assert [bar / ideal for bar in bars] == pytest.approx([each["accuracy"] for each in full], abs=1e-3)
    assert f"{found['correct']:,} of {found['pictures']:,} unseen test images correctly" in trust.text(".trust-say")
    assert httpx2.get(f"{live_server}/model").json()["model"] in trust.text(".trust-say")
    trust.find(".bin").last.focus()
    said = f"({full[-1]['count']:,} test images), the network was right {100 * full[-1]['accuracy']:.1f} % of the time"
    expect(trust.find("#trust-says")).to_contain_text(said)


def test_the_current_prediction_is_marked_in_the_diagram_and_the_matrix(trust: Visitor) -> None:
    trust.clear().draw(SEVEN)
    confidence = trust.text("#verdict b").replace(">", "more than")
    expect(trust.find("#trust-here")).to_contain_text(f"This answer: 7, with {confidence} confidence.")
    expect(trust.find(".confusion tbody .own")).to_have_count(10)
    assert trust.text(".confusion thead .own") == "7"
    expect(trust.find(".bin.own")).to_have_count(1)
    trust.clear()
    expect(trust.find("#trust-here")).to_contain_text("Nothing is drawn")
    expect(trust.find("#view-trust .own")).to_have_count(0)
    expect(trust.find("#trust-needle")).to_have_attribute("visibility", "hidden")


def test_the_evaluation_is_not_applied_to_a_drawing_that_is_no_digit(visitors: Opener) -> None:
    visitor = visitors(None)
    change_predictions(
        visitor, lambda prediction, layers: {"verdict": "not_a_digit", "reasons": ["It is far from every digit."]}
    )
    visitor.open().press("#tab-trust")
    expect(visitor.find("#trust-here")).to_contain_text("This answer: not a digit.")
    expect(visitor.find("#view-trust .own")).to_have_count(0)
    expect(visitor.find("#trust-needle")).to_have_attribute("visibility", "hidden")


def test_an_unsure_answer_should_be_trusted_less(visitors: Opener) -> None:
    visitor = visitors(None)
    changes = {"verdict": "unsure", "reasons": ["It is in 2 separate parts."]}
    change_predictions(visitor, lambda prediction, layers: changes)
    visitor.open().press("#tab-trust")
    expect(visitor.find("#trust-here")).to_contain_text("Trust this answer less")
    expect(visitor.find(".bin.own")).to_have_count(1)


def test_the_arrow_keys_move_through_the_matrix_and_describe_each_number(trust: Visitor) -> None:
    trust.find('.confusion [tabindex="0"]').focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowUp"):
        trust.key(key)
    says = trust.find("#trust-says")
    assert trust.text(".confusion :focus") == "0"
    expect(says).to_have_text("Of 980 images of a 0, 0 were read as 1: 0.00 %.")
    expect(trust.find('.confusion [tabindex="0"]')).to_have_count(1)
    trust.find('.bin[tabindex="0"]').focus()
    trust.key("ArrowRight")
    expect(says).to_have_text(str(trust.seen(".bin:focus").get_attribute("data-says")))


def test_a_link_opens_the_view(visitors: Opener, trust: Visitor) -> None:
    expect(trust.page).to_have_url(re.compile("v=trust"))
    path = trust.run("location.pathname + location.hash")
    expect(visitors(path).find("#view-trust")).to_be_visible()


@pytest.mark.parametrize(
    ("theme", "screen", "rules"),
    [
        ("light", PROJECTOR, ()),
        ("dark", PROJECTOR | {"height": 641}, ("scrollable-region-focusable",)),
        ("dark", PHONE, SCREEN),
    ],
    ids=["projector", "low", "phone"],
)
def test_the_view_fits_and_axe_finds_nothing(
    visitor: Visitor, screen: dict[str, int], theme: Theme, rules: Sequence[str]
) -> None:
    visitor.change_screen(theme, screen)
    visitor.seen("#tab-trust").evaluate("(tab) => tab.click()")
    panel = visitor.find("#view-trust")
    assert seen(panel).evaluate("(e) => e.scrollWidth - e.clientWidth") <= 0
    if screen == PROJECTOR:
        assert seen(panel).evaluate("(e) => e.scrollHeight - e.clientHeight") <= 0
    small = "(all) => all.filter((e) => parseFloat(getComputedStyle(e).fontSize) < 11).map((e) => e.outerHTML)"
    assert visitor.seen("#view-trust *").evaluate_all(small) == []
    assert visitor.violations("#view-trust", rules=rules) == []
