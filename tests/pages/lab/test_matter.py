""" "What matters": the game of four pixels, and the maps."""

from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.pages.lab.conftest import OpenLab
from tests.pages.lab.helpers import check_accessibility, check_blank
from tests.support.lesson_programs import printed, program
from tests.support.visitor import Visitor, number

FOUR = [[8, 10], [8, 18], [12, 18], [20, 13]]


def pick(visitor: Visitor, places: list[list[int]]) -> None:
    box = visitor.bounds("#matter .picker canvas")
    for row, column in places:
        at = [box["x"] + (column + 0.5) * box["width"] / 28, box["y"] + (row + 0.5) * box["height"] / 28]
        visitor.page.mouse.click(*at)


def ask(visitor: Visitor, path: str, pixels: Any) -> Any:
    return httpx2.post(f"{visitor.url}{path}", json={"pixels": pixels}, timeout=30).json()


def test_the_game_compares_the_users_pixels_with_those_of_each_method(lab: OpenLab) -> None:
    visitor = lab("matter")
    expect(visitor.find('[data-part="rub"]')).to_be_disabled()
    pick(visitor, FOUR)
    visitor.press('[data-part="rub"]')
    expect(visitor.find('#matter [data-part="says"]')).to_be_visible()
    image = ask(visitor, "/lab/saliency?prepare=none", visitor.run(SAMPLE))["pixels"]

    def logit(places: list[list[int]]) -> float:
        rows = np.array(image)
        for row, column in places:
            rows[row, column] = 0
        found = ask(visitor, "/feature-maps?layers=logits&prepare=none", rows.tolist())
        return float(found["layers"][0]["values"][7])

    values = np.array(ask(visitor, "/lab/saliency?digit=7&method=occlusion&patch=3", image)["values"])
    values[np.array(image) == 0] = -np.inf
    covering = [[int(i) // 28, int(i) % 28] for i in np.argsort(-values, axis=None)[:4]]
    names = visitor.seen('[data-part="falls"] th').all_inner_texts()
    numbers = visitor.seen('[data-part="falls"] th + td').all_inner_texts()
    falls = dict(zip(names, map(number, numbers), strict=True))
    assert falls["your four"] == pytest.approx(logit([]) - logit(FOUR), abs=2e-4)
    assert falls["Covering"] == pytest.approx(logit([]) - logit(covering), abs=2e-4)
    assert list(falls.values()) == sorted(falls.values(), reverse=True)


SAMPLE = """async () => {
  const { loadSamples } = await import("/static/js/pad/load-samples.js");
  return (await loadSamples()).start.pixels;
}"""


def test_pixels_can_be_picked_with_the_keyboard_and_put_back(lab: OpenLab) -> None:
    visitor = lab("matter", "matter.rub=8-10_8-18", ready=False)
    picked = visitor.find('[data-part="picked"]')
    expect(picked).to_have_text("2 of 4 pixels picked")
    pick(visitor, [[8, 10], [0, 0]])  # the second has no ink
    expect(picked).to_have_text("1 of 4 pixels picked")
    visitor.find("#matter .picker").focus()
    for _ in range(8):
        visitor.key("ArrowDown")
    for _ in range(10):
        visitor.key("ArrowRight")
    visitor.key("Space")
    expect(picked).to_have_text("2 of 4 pixels picked")


def test_a_link_to_picked_pixels_also_works_while_the_page_shows_another_drawing(lab: OpenLab) -> None:
    lab("matter", "d=digit.4.27.mnist")
    visitor = lab("matter", "matter.rub=8-10_8-18&matter.shown=1")
    expect(visitor.find('[data-part="picked"]')).to_have_text("2 of 4 pixels picked")
    expect(visitor.find("#matter .method").first).to_be_visible()
    visitor.sample(4)
    expect(visitor.find('[data-part="picked"]')).to_have_text("0 of 4 pixels picked")


@pytest.mark.parametrize(
    "method", ["gradient_times_input", "integrated_gradients", "grad_cam", "occlusion", "gradient"]
)
def test_the_programs_print_the_four_pixels_of_a_method(js: Visitor, tmp_path: Path, method: str) -> None:
    drawing = '{"pixels": [[0, 255, 255, 0], [0, 0, 200, 0], [0, 100, 0, 0]]}'
    found = httpx2.post(
        f"{js.url}/lab/saliency?method={method}&digit=7{'&patch=3' if method == 'occlusion' else ''}&weights=lesson",
        content=drawing, headers={"Content-Type": "application/json"}, timeout=30,
    ).json()  # fmt: skip
    programs = js.module(
        "core/lab/programs",
        """const { strongest } = await import("/static/js/lab/matter/texts.js");
        return m.saliencyPrograms({ origin: a[0], drawing: a[1], weightSet: "lesson", method: a[2], digit: 7, patch: 3,
          four: strongest(a[3].values, a[3].pixels, 4) })""",
        [js.url, drawing, method, found],
    )
    results = {kind: printed(text, tmp_path, shell=kind == "curl") for kind, text in programs.items()}
    assert len(set(results.values())) == 1, results
    assert programs["torch"].splitlines()[-1].endswith(results["torch"].strip().replace(" ", ""))


def test_the_experiment_is_accessible_and_fits_on_a_phone(lab: OpenLab) -> None:
    check_accessibility(lab("matter"), "matter")


def test_it_asks_for_a_drawing_if_nothing_is_drawn(lab: OpenLab) -> None:
    check_blank(lab("matter"), "matter", "picker")


def test_a_map_of_the_untrained_network_stands_beside_each(lab: OpenLab) -> None:
    visitor = lab("matter", "matter.shown=1&matter.method=grad_cam")
    expect(visitor.find("#matter .method")).to_have_count(5)
    expect(visitor.find('.method-name[aria-pressed="true"]')).to_have_text("Grad-CAM")
    for text in visitor.seen("#matter .alike").all_inner_texts():
        assert -1 <= number(text.split()[1].rstrip(":")) <= 1
    assert visitor.pixels("#matter .method:first-child .method-how + canvas").any()
    assert "import torch" in program(visitor, "matter", "torch")
