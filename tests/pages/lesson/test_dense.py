"""The lesson's section on dense layers, compared with both networks computed in NumPy."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.pages.conftest import Place
from tests.support.lesson_page import run_program
from tests.support.lesson_programs import program
from tests.support.visitor import COLOURS, SEVEN, Opener, Visitor, bounds, number, seen

Array = NDArray[np.float64]
Tensors = dict[str, NDArray[np.float32]]
BLACK = (0 - 0.1307) / 0.3081


@pytest.fixture
def dense(lesson_at: Place) -> Visitor:
    visitor = lesson_at("dense")
    return computed(visitor)


def computed(visitor: Visitor) -> Visitor:
    """Wait until the page has computed both networks for all shifts."""
    visitor.painted()
    visitor.find('#dense .shift[data-settled="true"]:not(.old)').wait_for(state="attached")
    return visitor


@pytest.fixture(scope="module")
def weights(live_server: str) -> Tensors:
    """The tensors of the dense network and of the loaded one; they have no name in common."""
    files = [httpx2.get(f"{live_server}{path}").content for path in ("/lesson/dense", "/model/weights")]
    return {name: tensor for file in files for name, tensor in safetensors.numpy.load(file).items()}


@pytest.fixture(scope="module")
def figures(live_server: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{live_server}/lesson/figures").json()
    return found


def moved(picture: Array, dx: int, dy: int) -> Array:
    result = np.full((28, 28), BLACK)
    for row in range(28):
        for col in range(28):
            if 0 <= row - dy < 28 and 0 <= col - dx < 28:
                result[row, col] = picture[row - dy, col - dx]
    return result


def softmax(z: Any) -> Array:
    powers = np.exp(np.asarray(z, float) - z.max())
    shares: Array = powers / powers.sum()
    return shares


def dense_reads(w: Tensors, x: Array) -> Array:
    hidden = np.maximum(0, w["1.weight"].astype(float) @ x.flatten() + w["1.bias"])
    return softmax(w["3.weight"] @ hidden + w["3.bias"])


def convolved(maps: Array, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> Array:
    """Cross-correlation by hand: maps × rows × cols with filters × maps × 3 × 3."""
    side = maps.shape[1] - 2
    result = np.zeros((len(bias), side, side))
    for i in range(3):
        for j in range(3):
            result += np.tensordot(kernel[:, :, i, j].astype(float), maps[:, i : i + side, j : j + side], 1)
    return result + bias[:, None, None]


def pooled(maps: Array) -> Array:
    side = maps.shape[1] // 2
    blocks = maps[:, : 2 * side, : 2 * side].reshape(len(maps), side, 2, side, 2)
    largest: Array = blocks.max(axis=(2, 4))
    return largest


def cnn_reads(w: Tensors, x: Array, temperature: float) -> Array:
    maps = x[None]
    for layer in ("features.0", "features.3"):
        maps = pooled(np.maximum(0, convolved(maps, w[f"{layer}.weight"], w[f"{layer}.bias"])))
    hidden = np.maximum(0, w["classifier.1.weight"] @ maps.flatten() + w["classifier.1.bias"])
    return softmax((w["classifier.3.weight"] @ hidden + w["classifier.3.bias"]) / temperature)


def input_of(live_server: str, visitor: Visitor) -> Array:
    """The network's input for the page's last exact request."""
    body = json.loads([sent["body"] for sent in visitor.feature_map_requests() if "float32" in sent["url"]][-1])
    answer = httpx2.post(f"{live_server}/feature-maps?layers=input", json=body).raise_for_status().json()
    return np.array(answer["layers"][0]["values"][0])


def said(p: float) -> re.Pattern[str]:
    """A regular expression for a probability in percent as the page writes it; the last digit may be off by one."""
    if p >= 0.9995:
        return re.compile(r">\s99\.9\s%$")
    if p < 0.0005:
        return re.compile(r"<\s0\.1\s%$")
    near = {f"{100 * q:.1f}" for q in (p - 4e-5, p, p + 4e-5)}
    return re.compile(rf"(?:{'|'.join(re.escape(text) for text in near)})\s%$")


def check_answers(visitor: Visitor, w: Tensors, x: Array, dx: int, dy: int, temperature: float) -> None:
    """Compare the two rows of answers and the table of the curves along both axes."""
    readers: list[Callable[[Array], Array]] = [
        lambda picture: dense_reads(w, picture),
        lambda picture: cnn_reads(w, picture, temperature),
    ]
    answers = [visitor.texts(f"#dense .answers tbody tr:nth-child({i}) td") for i in (1, 2)]
    table = visitor.seen("#dense .shift .as-table tbody").evaluate(
        "(body) => [...body.rows].map((row) => [...row.cells].slice(1).map((cell) => cell.textContent))"
    )
    lines = {d: table[d + 8] for d in (-8, -3, 0, 5)}
    for i, read in enumerate(readers):
        first, then = read(x), read(moved(x, dx, dy))
        digit = int(first.argmax())
        assert re.match(rf"^{digit} · {said(first.max()).pattern}", answers[i][0])
        assert re.match(rf"^{then.argmax()} · {said(then.max()).pattern}", answers[i][1])
        assert re.match(rf"^{digit}: {said(then[digit]).pattern}", answers[i][2])
        for d, cells in lines.items():
            assert said(read(moved(x, d, dy))[digit]).search(cells[i])
            assert said(read(moved(x, dx, d))[digit]).search(cells[2 + i])


def test_both_networks_read_the_moved_digit_as_numpy_does(
    dense: Visitor, live_server: str, weights: Tensors, visitors: Opener
) -> None:
    temperature = httpx2.get(f"{live_server}/model").json()["temperature"]
    check_answers(dense, weights, input_of(live_server, dense), 0, 0, temperature)
    dense.clear().draw(SEVEN).settle()
    sideways = dense.find("#dense .slid-number input[type=range]").first
    for _ in range(3):
        sideways.press("ArrowRight")
    box = dense.find("#dense .slid-number input[type=number]").nth(1)
    box.fill("-2")
    computed(dense)
    x = input_of(live_server, dense)
    check_answers(dense, weights, x, 3, -2, temperature)
    captions = dense.find("#dense .shift .curve-figure figcaption")
    expect(captions.nth(0)).to_have_text("Sideways (and 2 px up): probability of the first answer")
    expect(captions.nth(1)).to_have_text("Up or down (and 3 px right): probability of the first answer")

    moved_by = moved(x, 3, -2)
    plot = dense.find("#dense .shift .cells-plot")
    for place in ((14, 14), (12, 17), (5, 13)):
        box_of = bounds(plot)
        row, col = place
        plot.hover(position={"x": (col + 0.5) * box_of["width"] / 28, "y": (row + 0.5) * box_of["height"] / 28})
        expect(dense.find("#dense .shift .cell-says")).to_have_text(re.compile(f"^row {row}, column {col}: "))
        value = number(dense.text("#dense .shift .cell-says").split(": ")[1])
        assert value == pytest.approx(moved_by[place], abs=1e-4)

    reads = cnn_reads(weights, moved_by, temperature)
    href = dense.seen("#dense .onwards a:not([data-experiment])").get_attribute("href")
    there = visitors(href)
    expect(there.find("#digit")).to_have_text(str(reads.argmax()))
    expect(there.find('input[name="prepare"][value="none"]')).to_be_checked()


def test_the_list_has_784_places_and_every_weight_is_a_dot(dense: Visitor, weights: Tensors) -> None:
    place = dense.find("#dense .place")
    expect(place).to_have_text(
        "row 9, column 12 (counted from 0) is number 28 · 9 + 12 = 264 of the list; the pixel below it is number 292."
    )
    plot = dense.find("#dense .flatten .cells-plot")
    plot.press("ArrowDown")
    expect(place).to_contain_text("28 · 10 + 12 = 292")
    plot.press("End")
    expect(place).to_have_text("row 27, column 27 (counted from 0) is number 28 · 27 + 27 = 783 of the list.")
    expect(dense.find("#dense .count-dense")).to_contain_text(
        "784 pixels × 128 units = 100,352 weights, and 128 biases"
    )
    expect(dense.find("#dense .count-conv")).to_contain_text("320 numbers. The dense layer needs 314 times as many")
    dots = dense.pixels("#dense .dots-dense")
    assert dots.shape[:2] == (128, 785)
    matrix = weights["1.weight"]
    strong = np.abs(matrix) > 2 * np.sqrt((matrix**2).mean())
    blue, orange = [dots[:, :784][strong & sign][:, [0, 2]].astype(int) for sign in (matrix < 0, matrix > 0)]
    assert (blue[:, 0] < blue[:, 1]).all()
    assert (orange[:, 0] > orange[:, 1]).all()


def test_the_measured_accuracy_is_shown_in_curves_and_tables(dense: Visitor, figures: dict[str, Any]) -> None:
    expect(dense.find("#dense .measured-title")).to_contain_text(f"{figures['pictures']:,} of MNIST")
    dense.find("#dense .slid-number input[type=number]").first.fill("-3")
    rows = dense.find("#dense .measured tbody").first.locator("tr")
    expect(rows).to_have_count(len(figures["shifted"]))
    for i, network in enumerate(figures["shifted"]):
        numbers = [f"{100 * network['x'][at]:.1f} %" for at in (8, 5)] + [f"{100 * network['y'][8]:.1f} %"]
        expect(rows.nth(i).locator("td")).to_have_text(numbers)
    lines = dense.find("#dense .measured .as-table tbody tr")
    for at, shift in enumerate(figures["shifts"]):
        of_each = [f"{100 * network[axis][at]:.1f} %" for axis in "xy" for network in figures["shifted"]]
        expect(lines.nth(at).locator("th")).to_have_text(str(shift).replace("-", "−"))
        expect(lines.nth(at).locator("td")).to_have_text(of_each)
    expect(dense.find("#dense .measured svg[role=img]")).to_have_count(2)

    runs = {run["name"]: run["accuracy"][-1] for run in figures["runs"]}
    table = dense.find("#dense .shuffled-figures tbody tr")
    for i, name in enumerate(("dense", "lesson")):
        cells = [f"{100 * runs[run]:.2f} %" if run in runs else "not measured" for run in (name, f"{name}-shuffled")]
        expect(table.nth(i).locator("td").nth(0)).to_have_text(cells[0])
        expect(table.nth(i).locator("td").nth(1)).to_have_text(cells[1])
    commands = [
        run["command"]
        for run in figures["runs"]
        if run["name"] in ("dense", "dense-shuffled", "lesson", "lesson-shuffled")
    ]
    expect(dense.find("#dense .commands code")).to_have_count(len(commands))
    assert set(dense.seen("#dense .commands code").all_inner_texts()) == set(commands)


def test_the_shuffled_digit_has_the_measured_order(dense: Visitor, live_server: str, figures: dict[str, Any]) -> None:
    dense.choose("dense-order", "shuffled").painted()
    x = input_of(live_server, dense).flatten()
    plot, says = dense.find("#dense .shuffle .cells-plot"), dense.find("#dense .shuffle .cell-says")
    brightest = [i for i in range(784) if x[figures["pixel_order"][i]] > 2][:3]
    assert len(brightest) == 3
    for i in brightest:
        box = bounds(plot)
        row, col = divmod(i, 28)
        plot.hover(position={"x": (col + 0.5) * box["width"] / 28, "y": (row + 0.5) * box["height"] / 28})
        expect(says).to_have_text(re.compile(f"^row {row}, column {col}: "))
        assert number(seen(says).inner_text().split(": ")[1]) == pytest.approx(x[figures["pixel_order"][i]], abs=1e-4)


def test_a_link_opens_each_step_and_a_blank_pad_is_explained(dense: Visitor) -> None:
    for step, selector, text in [
        ("shift", "#dense .answers thead th:nth-child(3)", "moved 4 px right"),
        ("shuffle", "#dense .shuffle figcaption", "your digit, shuffled"),
        ("measured", "#dense .measured thead th:nth-child(3)", "all moved 4 px right"),
        ("flatten", "#dense .flatten figcaption b", "your digit, 28 × 28"),
    ]:
        dense.run("(step) => { location.hash = `at=dense.${step}` }", step)
        expect(dense.find(selector).first).to_have_text(text)
        expect(dense.find(f"#dense .{step}-part")).to_be_in_viewport()

    dense.clear()
    expect(dense.find("#dense .shift .says")).to_contain_text("Nothing is drawn")
    expect(dense.find("#dense .answers tbody tr")).to_have_count(0)
    assert "NaN" not in dense.text("#dense")
    expect(dense.find("#dense .onwards a:not([data-experiment])")).to_have_attribute("href", re.compile("v=costs"))


def test_the_programs_print_the_numbers_on_the_page(dense: Visitor, tmp_path: Path) -> None:
    dense.clear().draw(SEVEN).settle()
    dense.find("#dense .slid-number input[type=number]").first.fill("5")
    computed(dense)
    answers = dense.seen("#dense .answers tbody tr td:nth-child(3)").all_inner_texts()

    def same(printed_line: str, answer: str) -> None:
        digit, p = printed_line.split()
        assert answer.startswith(f"{digit} · ")
        assert said(float(p)).search(answer)

    lines = run_program(dense, "dense", "numpy", tmp_path).splitlines()
    for line, answer in zip(lines, answers, strict=True):
        same(line, answer)
    count, line = run_program(dense, "dense", "torch", tmp_path).splitlines()
    assert count == "100480"
    same(line, answers[0])
    prediction = json.loads(run_program(dense, "dense", "curl", tmp_path))
    same(f"{prediction['digit']} {prediction['confidence']}", answers[1])


def test_axe_finds_nothing_in_the_section(lesson_at: Place) -> None:
    visitor = computed(lesson_at("dense.shift"))
    program(visitor, "dense", "numpy")
    for summary in visitor.find("#dense summary").all():
        summary.click()
    assert visitor.violations("#dense") == []
    visitor.page.emulate_media(color_scheme="dark")
    visitor.painted()
    assert visitor.violations("#dense", rules=COLOURS) == []
