"""The lesson's section on pooling, compared with plain loops."""

import re
from pathlib import Path

import httpx2
import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from tests.pages.conftest import Place
from tests.support.lesson_page import Matrix, answer, matrix, numbers, run_program, set_number
from tests.support.visitor import PHONE, SCREEN, SEVEN, Visitor, number, seen

MAP: Matrix = [[12, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]]
Values = NDArray[np.float64]


def pooled(image: Matrix, size: int, stride: int, mean: bool = False) -> Matrix:
    """The largest, or the mean, of every window that fits."""
    output: Matrix = []
    for top in range(0, len(image) - size + 1, stride):
        output.append([])
        for left in range(0, len(image) - size + 1, stride):
            seen = [image[top + i][left + j] for i in range(size) for j in range(size)]
            output[-1].append(sum(seen) / len(seen) if mean else max(seen))
    return output


def table(visitor: Visitor, label: str) -> Locator:
    return visitor.find(f'#pooling table[aria-label="{label}"]')


@pytest.fixture
def lesson(lesson_at: Place) -> Visitor:
    return lesson_at("pooling")


SLIPS = [
    (0, "13", "mean of the four"),
    (0, "52", "sum of the four"),
    (0, "8", "smallest"),
    (0, "12", "whole row"),
    (0, "30", "block at the upper right"),
    (1, "20", "block at the upper left"),
    (2, "100", "largest of a whole column"),
    (3, "70", "moved the window by one cell"),
    (3, "25", "not the largest"),
    (1, "31", "one of the four numbers"),
    (1, "-30", "sign"),
    (2, "much", "not a number"),
]


def test_correct_numbers_are_ringed_and_mistakes_are_explained(lesson: Visitor) -> None:
    assert matrix(table(lesson, "Map")) == MAP
    assert pooled(MAP, 2, 2) == [[20, 30], [112, 37]]
    output, ringed = table(lesson, "Pooled map").locator("td"), table(lesson, "Map").locator("td.winner input")
    expect(output).to_have_text(["?"] * 4)
    for which, typed, hint in SLIPS:
        assert hint in answer(lesson, "pooling", which, typed), (which, typed)
    expect(ringed).to_have_count(0)
    for which, right in enumerate(["20", "30", "112", "37"]):
        assert answer(lesson, "pooling", which, right) == "Right."
        expect(ringed).to_have_count(which + 1)
        expect(lesson.find("#pooling .worked")).to_have_text(re.compile(rf"^max\(.*\) = {right}$"))
    expect(output).to_have_text(["20", "30", "112", "37"])
    assert [seen(box).input_value() for box in ringed.all()] == ["20", "30", "37", "112"]
    expect(lesson.find("#pooling .pooling-says")).to_contain_text("4 of the 16 numbers are the largest of a window")


def test_any_map_window_and_stride_give_the_largest_or_the_mean(lesson: Visitor) -> None:
    says, output = lesson.find("#pooling .pooling-says"), table(lesson, "Pooled map")
    lesson.find("#pooling label").filter(has_text="the mean").click()
    expect(says).to_contain_text("The largest number is 112, and the mean of its window is 79")
    assert matrix(output) == pooled(MAP, 2, 2, mean=True)
    assert matrix(table(lesson, "Pooled map of max pooling")) == pooled(MAP, 2, 2)
    set_number(lesson, "pooling", "Stride", 1)
    expect(says).to_contain_text("share 2 of their 4 cells")
    assert matrix(output) == pooled(MAP, 2, 1, mean=True)
    assert lesson.violations("#pooling") == []
    lesson.find("#pooling label").filter(has_text="the largest").click()
    assert matrix(output) == pooled(MAP, 2, 1)
    winners = {
        max((MAP[r + i][c + j], r + i, c + j) for i in (0, 1) for j in (0, 1)) for r in range(3) for c in range(3)
    }
    expect(table(lesson, "Map").locator("td.winner")).to_have_count(len(winners))
    expect(says).to_contain_text(f"{len(winners)} of the 16")

    set_number(lesson, "pooling", "Side of the map", 7)
    lesson.find("#pooling button").filter(has_text="random numbers").click()
    cell = table(lesson, "Map").locator('input[aria-label="Map row 6, column 6"]')
    cell.fill("-4,5")
    cell.press("Tab")
    image = matrix(table(lesson, "Map"))
    assert image[6][6] == -4.5
    for size, stride, sentence in [
        (3, 2, "share 3 of their 9"),
        (3, 3, "The last row and column are skipped"),
        (2, 3, "cells between two windows"),
    ]:
        set_number(lesson, "pooling", "Window size", size)
        set_number(lesson, "pooling", "Stride", stride)
        expect(says).to_contain_text(sentence)
        assert matrix(output) == pooled(image, size, stride)
    output.locator("td").first.focus()
    lesson.page.keyboard.press("ArrowDown")
    lesson.page.keyboard.press("ArrowRight")
    expect(lesson.find("#pooling .worked")).to_have_text(
        re.compile(f"= {pooled(image, 2, 3)[1][1]:g}$".replace("-", "−"))
    )
    framed = table(lesson, "Map").locator("td.in-window")
    expect(framed).to_have_count(4)
    assert seen(framed).first.evaluate("(cell) => [cell.parentNode.rowIndex, cell.cellIndex]") == [3, 3]
    set_number(lesson, "pooling", "Side of the map", 2)
    set_number(lesson, "pooling", "Window size", 3)
    expect(lesson.find("#pooling .says.warn")).to_be_visible()


def test_the_programs_print_the_matrix_on_the_page(lesson_at: Place, tmp_path: Path) -> None:
    visitor = lesson_at("pooling.mean")
    for kind in ("numpy", "torch"):
        assert numbers(run_program(visitor, "pooling", kind, tmp_path)) == [13, 8, 79, 19.5]


def layers(image: Values, weights: dict[str, NDArray[np.float32]]) -> dict[str, Values]:
    """conv1, relu1, pool1 and the 2 × 2 means of relu1, window by window."""
    conv1 = np.zeros((32, 26, 26))
    kernels, bias = weights["features.0.weight"][:, 0].astype(np.float64), weights["features.0.bias"]
    for row in range(26):
        for col in range(26):
            conv1[:, row, col] = (kernels * image[row : row + 3, col : col + 3]).sum((1, 2)) + bias
    relu1 = np.where(conv1 > 0, conv1, 0)
    pool1, mean = np.zeros((32, 13, 13)), np.zeros((32, 13, 13))
    for row in range(13):
        for col in range(13):
            block = relu1[:, 2 * row : 2 * row + 2, 2 * col : 2 * col + 2].reshape(32, 4)
            pool1[:, row, col], mean[:, row, col] = block.max(1), block.mean(1)
    return {"conv1": conv1, "relu1": relu1, "pool1": pool1, "mean": mean}


def measures(image: Values, weights: dict[str, NDArray[np.float32]], dx: int, dy: int) -> list[tuple[float, float]]:
    """For each layer, in percent: what stays, and the share of cells that change by less than 5 % of the largest."""
    moved = np.full((28, 28), (0 - 0.1307) / 0.3081)
    for row in range(28):
        for col in range(28):
            if 0 <= row - dy < 28 and 0 <= col - dx < 28:
                moved[row, col] = image[row - dy, col - dx]
    found = []
    for before, after in zip(layers(image, weights).values(), layers(moved, weights).values(), strict=True):
        change = np.abs(before - after)
        stays = 1 - change.sum() / (np.abs(before).sum() + np.abs(after).sum())
        found.append((100 * stays, 100 * (change < 0.05 * np.abs(before).max()).mean()))
    return found


def test_how_much_stays_when_the_digit_moves(lesson: Visitor, live_server: str, tmp_path: Path) -> None:
    lesson.press("#clear").settle().draw(SEVEN).settle()
    drawn = lesson.run("JSON.parse(probe.requests.at(-1).body)")
    response = httpx2.post(f"{live_server}/feature-maps?layers=input", json=drawn).raise_for_status().json()
    image = np.array(response["layers"][0]["values"], np.float64)[0]
    weights = safetensors.numpy.load(httpx2.get(f"{live_server}/model/weights").raise_for_status().content)
    shown = lesson.find("#pooling .shift-table tbody td")
    says = lesson.find("#pooling .pooling-moved")
    for name, dx, dy in [("right", 1, 0), ("up and left", -1, -1), ("down", 0, 1)]:
        lesson.find(f'#pooling .compass button[aria-label="{name}"]').click()
        wanted = measures(image, weights, dx, dy)
        expect(says).to_contain_text(f"Moved one pixel {name}: ")
        expect(shown).to_have_count(8)
        said = [float(text.removesuffix(" %")) for text in lesson.texts("#pooling .shift-table tbody td")]
        assert np.allclose(said, np.array(wanted).ravel(), atol=0.06)
        (_, _), (relu_stays, relu_still), (pool_stays, pool_still), _ = wanted
        more, other = pool_stays > relu_stays, pool_still > relu_still
        expect(says).to_contain_text("So more stays after pooling" if more else "So no more stays after pooling")
        expect(says).to_contain_text(
            "measure agrees" if more == other else f"measure, {'pool1' if other else 'relu1'} is more stable"
        )
    printed = [
        numbers(line.partition(" ")[2]) for line in run_program(lesson, "pooling", "digit", tmp_path).splitlines()
    ]
    assert np.allclose(np.ravel(printed), np.array(wanted).ravel(), atol=0.11)
    lesson.find('#pooling .compass button[aria-label="not moved"]').click()
    expect(shown).to_have_text(["100.0 %"] * 8)

    set_number(lesson, "pooling", "Map of relu1 and pool1", 5)
    pool1 = layers(image, weights)["pool1"][5]
    row, col = np.unravel_index(pool1.argmax(), pool1.shape)
    expect(lesson.find("#pooling .onwards a:not([data-experiment])")).to_have_attribute(
        "href", re.compile(rf"at=pool1\.5\.{row}\.{col}&")
    )
    lesson.press("#clear").settle()
    expect(says).to_contain_text("Nothing is drawn")
    expect(shown).to_have_text(["—"] * 8)


def test_a_link_opens_each_step(lesson_at: Place) -> None:
    visitor = lesson_at("pooling.overlap", "dark", PHONE)
    assert matrix(table(visitor, "Pooled map")) == pooled(MAP, 2, 1)
    expect(visitor.find("#pooling-hand")).to_be_in_viewport()
    expect(visitor.find("#pooling .shift-table td").last).to_contain_text("%")
    assert visitor.run("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visitor.violations("#pooling", rules=SCREEN) == []
    for step, heading in [("yours", "#pooling-yours"), ("mean", "#pooling-hand"), ("hand", "#pooling-hand")]:
        visitor.run("(step) => { location.hash = `at=pooling.${step}` }", step)
        expect(visitor.find(heading)).to_be_in_viewport()
    expect(table(visitor, "Pooled map").locator("td")).to_have_text(["?"] * 4)
    assert number(visitor.seen('#pooling input[aria-label="Stride, as a number"]').input_value()) == 2
