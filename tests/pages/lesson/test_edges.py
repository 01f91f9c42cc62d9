"""The lesson's section on edges, compared with plain loops."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests import ROOT
from tests.pages.conftest import Place
from tests.support.lesson_page import run_program
from tests.support.lesson_programs import printed, program
from tests.support.visitor import COLOURS, SEVEN, Visitor, number, seen

Matrix = NDArray[np.float64]
SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
EDGE = np.array([[10.0, 10, 10, 100, 100, 100]] * 6)


def correlated(image: Matrix, kernel: Matrix) -> Matrix:
    """Cross-correlation in plain loops."""
    rows, cols = image.shape[0] - 2, image.shape[1] - 2
    result = np.zeros((rows, cols))
    for r in range(rows):
        for c in range(cols):
            for i in range(3):
                for j in range(3):
                    result[r, c] += image[r + i, c + j] * kernel[i, j]
    return result


def cosine(a: Matrix, b: Matrix) -> float:
    return float((a * b).sum() / (np.sqrt((a * a).sum()) * np.sqrt((b * b).sum())))


@pytest.fixture
def edges(lesson_at: Place) -> Visitor:
    visitor = lesson_at("edges")
    expect(visitor.find(".edges-select option")).to_have_count(32)
    return visitor


@pytest.fixture(scope="module")
def kernels(live_server: str) -> list[Matrix]:
    """The loaded network's 32 filters of conv1."""
    weights = safetensors.numpy.load(httpx2.get(f"{live_server}/model/weights").content)
    return [weight[0].astype(float) for weight in weights["features.0.weight"]]


def maps_of(live_server: str, drawing: dict[str, Any]) -> tuple[Matrix, Matrix]:
    """The network's input, and the 32 maps of conv1."""
    answer = httpx2.post(f"{live_server}/feature-maps?layers=input,conv1", json=drawing).raise_for_status().json()
    found = {layer["name"]: np.array(layer["values"]) for layer in answer["layers"]}
    return found["input"][0], found["conv1"]


def drawing_of(visitor: Visitor) -> dict[str, Any]:
    """The drawing of the page's last exact request."""
    bodies = [request["body"] for request in visitor.feature_map_requests() if "float32" in request["url"]]
    body: dict[str, Any] = json.loads(bodies[-1])
    return body


def shown(visitor: Visitor, selector: str) -> Matrix:
    """The numbers of a matrix on the page."""
    rows = visitor.find(f"{selector} tr").all()
    return np.array([[number(cell) for cell in seen(row.locator("td")).all_inner_texts()] for row in rows])


def test_the_lessons_edge_is_negative_and_a_turned_filter_or_the_magnitude_changes_that(edges: Visitor) -> None:
    output = '.edges-hand [data-part="O"]'
    cell = edges.find(f"{output} td").nth(1)
    says = edges.find(".edges-hand .says")
    expect(cell).to_have_text("−360")
    expect(says).to_contain_text("not a high one")
    assert (shown(edges, '.edges-hand [data-part="I"]') == EDGE).all()
    assert (shown(edges, output) == correlated(EDGE, SOBEL)).all()
    blue = seen(cell).evaluate("(cell) => getComputedStyle(cell).backgroundColor")

    edges.choose("edges-how", "flipped")
    expect(cell).to_have_text("360")
    expect(says).to_contain_text("the sum is 360")
    assert (shown(edges, '.edges-hand [data-part="K"]') == SOBEL[::-1, ::-1]).all()
    assert (shown(edges, output) == correlated(EDGE, SOBEL[::-1, ::-1])).all()
    orange = seen(cell).evaluate("(cell) => getComputedStyle(cell).backgroundColor")
    assert blue == "rgb(5, 60, 124)"
    assert orange == "rgb(138, 56, 0)"

    edges.find(".edges-hand input[type=checkbox]").check()
    expect(cell).to_have_text("−360")
    assert (shown(edges, output) == correlated(EDGE[:, ::-1], SOBEL[::-1, ::-1])).all()

    edges.choose("edges-how", "magnitude")
    expect(cell).to_have_text("360")
    expect(says).to_contain_text("no longer its direction")
    assert (shown(edges, output) == np.abs(correlated(EDGE[:, ::-1], SOBEL))).all()


def test_the_window_moves_by_keys_and_by_the_play_button_and_its_sum_is_written_out(edges: Visitor) -> None:
    total = edges.find(".edges-hand .sum")
    cells = edges.find('.edges-hand [data-part="O"] td')
    cells.first.focus()
    expect(total).to_have_text("row 0, column 0: 10·1 + 10·(−1) + 10·2 + 10·(−2) + 10·1 + 10·(−1) = 0")
    edges.page.keyboard.press("ArrowDown")
    edges.page.keyboard.press("ArrowRight")
    expect(cells.nth(5)).to_be_focused()
    expect(total).to_have_text(re.compile(r"^row 1, column 1: .*10·2 \+ 100·\(−2\).* = −360$"))
    framed = edges.seen('.edges-hand [data-part="I"] td.in-window').evaluate_all(
        "(cells) => cells.map((cell) => [cell.parentElement.rowIndex, cell.cellIndex].join())"
    )
    assert framed == [f"{row},{col}" for row in (1, 2, 3) for col in (1, 2, 3)]
    edges.press(".edges-hand .play")
    expect(total).to_have_text(re.compile("^row (0, column [123]|[123],)"))
    edges.press(".edges-hand .play")
    expect(edges.find(".edges-hand .play")).to_contain_text("Play")


def test_a_filter_runs_over_the_drawn_digit_beside_the_learned_filter_that_is_most_similar(
    edges: Visitor, live_server: str, kernels: list[Matrix]
) -> None:
    edges.clear().draw(SEVEN).settle().painted()
    image, conv1 = maps_of(live_server, drawing_of(edges))
    own, learned = edges.find(".edges-pair .cell-says").first, edges.find(".edges-pair .cell-says").nth(1)
    select = edges.find(".edges-select select")

    def compare(kernel: Matrix, *, size: bool = False) -> None:
        output = correlated(image, kernel)
        output = np.abs(output) if size else output
        edges.painted()
        for key in ("End", "ArrowLeft", "Home"):
            edges.find(".edges-pair .cells-plot").first.press(key)
            r, c = {"End": (25, 25), "ArrowLeft": (25, 24), "Home": (0, 0)}[key]
            expect(own).to_have_text(re.compile(f"^row {r}, column {c}: "))
            assert number(seen(own).inner_text().split(": ")[1]) == pytest.approx(output[r, c], abs=1.01e-4)
        # Row 14, column 14 of the image is the middle of the window at row 13, column 13.
        edges.find(".edges-digit .cells-plot").hover(position={"x": 100, "y": 100})
        expect(own).to_have_text(re.compile("^row 13, column 13: "))
        assert number(seen(own).inner_text().split(": ")[1]) == pytest.approx(output[13, 13], abs=1.01e-4)
        cosines = [cosine(kernel, each) for each in kernels]
        best = int(np.argmax(cosines))
        expect(select).to_have_value(str(best))
        expect(edges.find(".cosine")).to_contain_text(f"{cosines[best]:.4f}".replace("-", "−"))
        expect(edges.find(".alike")).to_contain_text(f"filter {best} is most similar to K")
        expect(edges.find(".alike")).to_contain_text(f"The most opposite is filter {int(np.argmin(cosines))}")
        assert number(seen(learned).inner_text().split(": ")[1]) == pytest.approx(conv1[best, 13, 13], abs=1.01e-4)
        expect(edges.find("#edges .onwards a:not([data-experiment])")).to_have_attribute(
            "href", re.compile(rf"at=conv1\.{best}\.13\.13&")
        )

    compare(SOBEL)
    edges.choose("edges-filter", "transposed")
    compare(SOBEL.T)
    edges.choose("edges-filter", "blur")
    compare(np.full((3, 3), 1 / 9))
    edges.choose("edges-filter", "sharpen")
    compare(np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]))
    box = edges.find('.edges-yours [data-part="K"] input')
    box.nth(1).fill("-2.5")
    box.nth(1).press("Enter")
    expect(edges.find('input[name="edges-filter"][value="own"]')).to_be_checked()
    compare(np.array([[0.0, -2.5, 0], [-1, 5, -1], [0, -1, 0]]))
    edges.press(".edges-yours .controls button")
    compare(np.array([[0.0, -1, 0], [-1, 5, -1], [0, -2.5, 0]]))
    edges.find(".edges-yours input[type=checkbox]").check()
    compare(np.array([[0.0, -1, 0], [-1, 5, -1], [0, -2.5, 0]]), size=True)
    select.select_option("3")
    expect(edges.find(".alike")).to_contain_text("Filter 3 of conv1, compared with K")
    expect(edges.find(".edges-pair figcaption").nth(1)).to_have_text("conv1, map 3")


def test_a_link_opens_each_step_and_a_blank_pad_is_explained(edges: Visitor) -> None:
    steps: list[tuple[str, str, str | re.Pattern[str]]] = [
        ("flipped", '.edges-hand [data-part="O"] td:nth-child(2)', "360"),
        ("hand", '.edges-hand [data-part="O"] td:nth-child(2)', "−360"),
        ("magnitude", '.edges-hand [data-part="O"] td:nth-child(2)', "360"),
        ("blur", '.edges-filter label:has(input[value="blur"]:checked)', "blur"),
        ("transposed", ".edges-filter label:has(input:checked)", "Sobel, transposed"),
        ("yours", ".edges-filter label:has(input:checked)", "Sobel"),
        ("alike", ".alike", re.compile("is most similar to K")),
    ]
    for step, selector, text in steps:
        edges.run("(step) => { location.hash = `at=edges.${step}` }", step)
        expect(edges.find(selector).first).to_have_text(text)
    expect(edges.find(".yours-part")).to_be_in_viewport()

    edges.clear()
    expect(edges.find(".edges-yours .sum")).to_contain_text("Nothing is drawn")
    for box in edges.find('.edges-yours [data-part="K"] input').all():
        box.fill("0")
        box.press("Tab")
    expect(edges.find(".alike")).to_contain_text("nine zeros")
    expect(edges.find(".edges-pair .cell-says").first).to_have_text(re.compile(r": 0\.0000$"))
    expect(edges.find(".edges-pair .cells-ends").first).to_have_text("0")
    assert "NaN" not in edges.text("#edges")


def test_the_programs_print_the_numbers_on_the_page(edges: Visitor, tmp_path: Path) -> None:
    plain, turned, sizes = [str(correlated(EDGE, kernel).astype(int)) for kernel in (SOBEL, SOBEL[::-1, ::-1], -SOBEL)]
    file = program(edges, "edges", "file")
    assert file.rstrip() == (ROOT / "examples/sobel.py").read_text(encoding="utf-8").rstrip()
    assert f"Result:\n{plain}\n" in printed(file, tmp_path)
    assert run_program(edges, "edges", "numpy", tmp_path) == f"{plain}\n{turned}\n{sizes}\n"
    edges.choose("edges-how", "flipped")
    expected = correlated(EDGE, SOBEL[::-1, ::-1]).astype(int).tolist()
    assert run_program(edges, "edges", "torch", tmp_path) == f"{expected}\n"
    edges.clear().draw(SEVEN).settle().painted()
    edges.choose("edges-filter", "blur").painted()
    lines = run_program(edges, "edges", "digit", tmp_path).splitlines()
    value = number(edges.text(".edges-pair:nth-child(2) .cell-says").split(": ")[1])
    assert float(lines[0]) == pytest.approx(value, abs=1.01e-4)
    best, like = lines[1].split()
    expect(edges.find(".edges-select select")).to_have_value(best)
    expect(edges.find(".cosine")).to_contain_text(like.replace("-", "−"))


def test_axe_finds_nothing_in_the_section(lesson_at: Place) -> None:
    visitor = lesson_at("edges.transposed")
    expect(visitor.find(".alike")).to_contain_text("is most similar to K")
    program(visitor, "edges", "digit")
    assert visitor.violations("#edges") == []
    visitor.page.emulate_media(color_scheme="dark")
    visitor.painted()
    assert visitor.violations("#edges", rules=COLOURS) == []
