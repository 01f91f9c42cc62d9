"""The switch beside the probabilities: calibrated, or the plain softmax of the lesson."""

import re
import shutil
from pathlib import Path

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from model.checkpoint import WEIGHTS
from tests.pages.explorer.walk.helpers import pin
from tests.support.servers import LiveServer, wait_until
from tests.support.visitor import PHONE, PROJECTOR, Opener, Visitor, bounds

TABLET = {"width": 820, "height": 1180}
# A drawing that the lesson's weights are unsure about, so that the two kinds of probabilities differ a lot.
FOUR_OR_NINE = [(200, 40), (80, 120), (200, 80), (200, 40), (180, 260)]


@pytest.fixture
def unsure(visitor: Visitor) -> Visitor:
    """The page with the lesson's weights and a drawing that they are unsure about."""
    visitor.find("#weights").select_option("lesson")
    return visitor.settle().clear().draw(FOUR_OR_NINE)


def temperature_of_the_lesson(visitor: Visitor) -> float:
    found: float = httpx2.get(f"{visitor.url}/model", params={"weights": "lesson"}).json()["temperature"]
    return found


def shown_logits(visitor: Visitor) -> NDArray[np.float64]:
    """The logits on the page, as the last response had them."""
    request = visitor.feature_map_requests()[-1]
    logits: list[float] = visitor.run(
        """async ({ url, type, body }) => {
          const { parse } = await import("/static/js/core/safetensors.js");
          const headers = { "Content-Type": type, Accept: "application/vnd.safetensors" };
          const response = await fetch(url, { method: "POST", headers, body });
          return [...parse(await response.arrayBuffer()).tensors.logits.data];
        }""",
        request,
    )
    return np.array(logits)


def shares(visitor: Visitor) -> list[str]:
    return visitor.texts("#bars .share")


def in_percent(logits: NDArray[np.float64], temperature: float) -> list[str]:
    """The ten probabilities as the bars show them."""
    powers = np.exp((logits - logits.max()) / temperature)
    shown = []
    for p in powers / powers.sum():
        text = f"{100 * p:.1f}"
        shown.append(f"{'< 0.1' if text == '0.0' else '> 99.9' if text == '100.0' else text} %")
    return shown


def test_plain_softmax_shows_the_probabilities_without_the_temperature(unsure: Visitor) -> None:
    visitor = unsure
    temperature = temperature_of_the_lesson(visitor)
    verdict, calibrated = visitor.seen("#answer").get_attribute("data-verdict"), shares(visitor)
    assert calibrated == in_percent(shown_logits(visitor), temperature)
    expect(visitor.find("#divided")).to_have_text(f"/ {temperature:.2f}")
    visitor.choose("softmax", "plain").settle()
    expect(visitor.find("#divided")).to_be_hidden()
    plain = in_percent(shown_logits(visitor), 1)
    assert plain != calibrated
    assert shares(visitor) == plain
    assert visitor.seen("#answer").get_attribute("data-verdict") == verdict
    assert "calibrated=false" in visitor.feature_map_requests()[-1]["url"]
    visitor.choose("softmax", "calibrated").settle()
    assert shares(visitor) == calibrated
    assert "calibrated" not in visitor.feature_map_requests()[-1]["url"]


def test_the_walk_and_the_programs_follow_the_switch(unsure: Visitor) -> None:
    visitor = unsure
    temperature = temperature_of_the_lesson(visitor)
    pin(visitor, "probabilities", 4)
    expect(visitor.find("#calculation .sums")).to_contain_text(f"the temperature T{temperature:.4f}")
    visitor.choose("softmax", "plain").settle()
    logits = shown_logits(visitor)
    powers = np.exp(logits - logits.max())
    expect(visitor.find("#value")).to_have_text(f"{powers[4] / powers.sum():.4f}")
    expect(visitor.find("#calculation .sums")).to_contain_text("the temperature T1.0000")
    expect(visitor.find("#calculation .sums")).to_contain_text(re.compile(rf"sum of all ten [=≈]{powers.sum():.4f}"))
    visitor.press("#tab-curl")
    expect(visitor.find("#code")).to_contain_text("&layers=probabilities&calibrated=false&weights=lesson'")
    visitor.press("#tab-numpy")
    expect(visitor.find("#code")).not_to_contain_text("T =")
    visitor.choose("softmax", "calibrated").settle()
    expect(visitor.find("#code")).to_contain_text(f"T = {temperature}")


def test_the_switch_is_kept_in_the_link_and_over_a_reload(visitor: Visitor) -> None:
    visitor.choose("softmax", "plain").settle()
    visitor.page.wait_for_url(re.compile("calibrated=false"))
    visitor.page.reload()
    visitor.settle()
    expect(visitor.find("#softmax [value=plain]")).to_be_checked()
    assert "calibrated=false" in visitor.feature_map_requests()[-1]["url"]
    visitor.choose("softmax", "calibrated").settle()
    visitor.page.wait_for_url(re.compile(r"#(?!.*calibrated)"))


def test_the_other_preprocessing_modes_are_compared_with_the_same_softmax(visitor: Visitor) -> None:
    visitor.run("performance.clearResourceTimings()")
    visitor.choose("softmax", "plain").settle()

    def compared() -> set[str]:
        urls = visitor.run("performance.getEntriesByType('resource').map(({ name }) => name)")
        targets = [url.partition("/predict?prepare=")[2] for url in urls]
        return {mode for mode, _, rest in (target.partition("&") for target in targets) if rest == "calibrated=false"}

    assert wait_until(lambda: len(compared()) == 3)
    assert compared() == {"resize", "uncentred", "none"}  # a sample has no pen


def test_the_reliability_diagram_is_for_calibrated_confidences(visitor: Visitor) -> None:
    visitor.press("#tab-trust")
    expect(visitor.find("#trust-needle")).to_have_attribute("visibility", "visible")
    visitor.choose("softmax", "plain").settle()
    expect(visitor.find("#trust-needle")).to_have_attribute("visibility", "hidden")
    expect(visitor.find("#trust-here")).to_contain_text("choose “calibrated”")


def test_weights_without_a_calibration_have_no_switch(visitors: Opener, tmp_path: Path) -> None:
    server = LiveServer("--weights", str(shutil.copy(WEIGHTS / "lesson.safetensors", tmp_path)))
    server.start()
    try:
        visitor = visitors("/#calibrated=false&d=digit.7.0.mnist", url=server.url)
        expect(visitor.find("#softmax")).to_have_count(0)
        pin(visitor, "probabilities", 7)
        expect(visitor.find("#calculation .sums")).not_to_contain_text("temperature")
    finally:
        server.stop()


def test_the_switch_is_seen_and_named_on_every_screen(visitor: Visitor) -> None:
    group = visitor.page.get_by_role("group", name="Probabilities")
    for screen in (PROJECTOR, TABLET, PHONE):
        visitor.change_screen("light", screen)
        expect(group).to_be_visible()
        for name in ("calibrated", "plain softmax"):
            expect(group.get_by_role("radio", name=name)).to_be_enabled()
            box = bounds(group.get_by_text(name, exact=True))
            assert box["height"] >= 20, screen
            assert box["x"] >= 0, screen
            assert box["x"] + box["width"] <= screen["width"], screen
        if screen != TABLET:
            assert visitor.violations("#softmax") == [], screen
