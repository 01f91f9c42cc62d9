"""The lesson's section on mistakes: images, confusion matrix, sentences and links."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from app.network.schemas import EvaluationResponse
from model.checkpoint import SHIPPED
from model.epochs import read_epoch
from tests.pages.conftest import Place
from tests.support.lesson_page import run_program
from tests.support.servers import LiveServer
from tests.support.visitor import PHONE, PROJECTOR, SCREEN, Opener, Theme, Visitor, bounds

Measured = dict[str, Any]


@pytest.fixture(scope="module")
def measured(live_server: str) -> Measured:
    found: Measured = httpx2.get(f"{live_server}/model/evaluation").json()
    return found


@pytest.fixture
def lesson(lesson_at: Place, measured: Measured) -> Visitor:
    visitor = lesson_at("mistakes")
    expect(visitor.find(".mistakes-list li")).to_have_count(len(measured["mistakes"]))
    return visitor


def cell(visitor: Visitor, label: int, read: int) -> Locator:
    return visitor.find(f'#mistakes .confusion [data-row="{label}"][data-column="{read}"]')


SUREST = 20  # mistakes that are listed when no kind is chosen


def of_kind(measured: Measured, label: int, read: int) -> list[Measured]:
    return [each for each in measured["mistakes"] if (each["label"], each["answer"]) == (label, read)]


def commonest(measured: Measured) -> tuple[int, int]:
    """The most common mistake: [true digit, answer]."""
    pairs = [(label, read) for label in range(10) for read in range(10) if label != read]
    return max(pairs, key=lambda pair: measured["confusion"][pair[0]][pair[1]])


def commonest_shown(measured: Measured) -> tuple[int, int]:
    """The most common mistake among those with images."""
    kinds = [(each["label"], each["answer"]) for each in measured["mistakes"]]
    return max(kinds, key=kinds.count)


def percentage(confidence: float) -> str:
    """A confidence as the page writes it."""
    return "> 99.9 %" if confidence >= 0.9995 else f"{100 * confidence:.1f} %"


def test_the_most_confident_mistakes_are_shown_as_images_of_the_test_set(
    lesson: Visitor, measured: Measured, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    pictures, labels = mnist_test
    tiles = lesson.find(".mistakes-list li")
    for place, mistake in enumerate(measured["mistakes"]):
        assert labels[mistake["index"]] == mistake["label"] != mistake["answer"]
        tile = f".mistakes-list li:nth-child({place + 1})"
        expect(tiles.nth(place)).to_contain_text(f"{mistake['label']} read as {mistake['answer']}")
        assert np.array_equal(lesson.pixels(f"{tile} canvas")[..., 0], pictures[mistake["index"]])
    wrong = measured["pictures"] - measured["correct"]
    expect(lesson.find(".mistakes-head")).to_contain_text(f"The {SUREST} most confident of all {wrong} mistakes")
    expect(lesson.find(".mistakes-list li:visible")).to_have_count(SUREST)
    expect(lesson.find("#mistakes .prose")).to_contain_text(f"{wrong} wrong")

    tiles.nth(2).locator("button").press("Enter")
    third = measured["mistakes"][2]
    expect(lesson.find(".mistakes-about-one")).to_contain_text(f"Test image {third['index']:,} is a {third['label']}.")
    assert np.array_equal(lesson.pixels(".mistakes-picture canvas")[..., 0], pictures[third["index"]])
    shares = [float(text.strip("<> %")) for text in lesson.texts(".mistakes-bars .share")]
    assert shares == pytest.approx([100 * p for p in third["probabilities"]], abs=0.1)


def test_a_mistake_opens_in_the_network_with_the_evaluated_answer(
    lesson: Visitor, visitors: Opener, measured: Measured
) -> None:
    mistake = measured["mistakes"][0]
    lesson.find(".mistakes-list li button").first.click()
    network = visitors(lesson.seen(".mistakes-walk").get_attribute("href"))
    shares = network.texts("#bars .share")
    assert shares[mistake["answer"]] == percentage(mistake["confidence"])
    expect(network.find("#where")).to_have_text(f"probabilities[{mistake['answer']}]")
    expect(network.find('input[name="prepare"][value="none"]')).to_be_checked()
    expect(network.find("#value")).to_have_text(f"{mistake['confidence']:.4f}")


def test_a_mistake_on_the_pad_gets_the_evaluated_answer(lesson: Visitor, measured: Measured) -> None:
    for place in (0, SUREST - 1):
        mistake = measured["mistakes"][place]
        lesson.find(".mistakes-list li button").nth(place).click()
        lesson.find(".mistakes-go button").click()
        percent = percentage(mistake["confidence"]).replace("> ", "more than ").replace(" %", r"\s%")
        reads = re.compile(rf"On the pad\. .*\b{mistake['answer']}\b,? with {percent} confidence")
        expect(lesson.find(".mistakes-on-pad")).to_contain_text(reads)
    onwards = lesson.find("#mistakes .onwards a:not([data-experiment])")
    expect(onwards).to_have_attribute("href", re.compile("^/#.*v=trust&d=grey"))
    lesson.clear()
    expect(lesson.find(".mistakes-on-pad")).to_have_text("")


def test_the_matrix_describes_a_cell_and_lists_its_mistakes(lesson: Visitor, measured: Measured) -> None:
    confusion = np.array(measured["confusion"])
    shown = [int(text) for text in lesson.seen("#mistakes .confusion [data-row]").all_inner_texts()]
    assert np.array_equal(np.reshape(shown, (10, 10)), confusion)
    label, read = commonest_shown(measured)
    count = confusion[label, read]
    cell(lesson, label, read).click()
    first, row, column = (lesson.find(".mistakes-says p").nth(i) for i in range(3))
    of = f"Of {confusion[label].sum():,} images of {'an' if label == 8 else 'a'} {label}"
    were = f"{count} {'was' if count == 1 else 'were'} read as {read}"
    share = f"({100 * count / confusion[label].sum():.2f} %)"
    opposite = f"The opposite mistake, {'an' if read == 8 else 'a'} {read} read as {label}: {confusion[read, label]}."
    expect(first).to_have_text(f"{of}, {were} {share}. {opposite}")
    missed = confusion[label].sum() - confusion[label, label]
    expect(row).to_contain_text(
        f"Row {label}: {missed} {'was' if missed == 1 else 'were'} read wrongly: {count} as {read}"
    )
    answers = confusion[:, read]
    expect(column).to_contain_text(f"of {answers.sum():,} answers “{read}”, {answers.sum() - answers[read]} ")
    expect(lesson.find("#mistakes .confusion .cross")).to_have_count(18)

    same = of_kind(measured, label, read)
    listed = lesson.find(".mistakes-list li:visible")
    expect(listed).to_have_count(len(same))
    lesson.press(".mistakes-about button")
    expect(listed.first.locator("button")).to_be_focused()
    lesson.find(".mistakes-head button").click()
    expect(listed).to_have_count(SUREST)
    expect(listed.first.locator("button")).to_be_focused()  # the button is now hidden

    # with the keys, go to a number on the diagonal, where there are no mistakes to list
    cell(lesson, label, read).focus()
    for _ in range(abs(label - read)):
        lesson.page.keyboard.press("ArrowRight" if label > read else "ArrowLeft")
    lesson.page.keyboard.press("Enter")
    expect(lesson.find(".mistakes-title").first).to_have_text(f"A {label} read as {label} is not a mistake.")
    expect(listed).to_have_count(0)
    expect(first).to_contain_text(f"{confusion[label, label]:,} of {confusion[label].sum():,} images")


def test_a_clicked_number_stays_under_the_pointer_when_the_list_above_changes(
    lesson_at: Place, measured: Measured
) -> None:
    visitor = lesson_at("mistakes", "light", {"width": 1024, "height": 768})
    listed = visitor.find(".mistakes-list")
    expect(listed.locator("li")).to_have_count(len(measured["mistakes"]))
    height = bounds(listed)["height"]
    for label, read in (commonest(measured), (3, 3)):
        pressed = cell(visitor, label, read)
        pressed.scroll_into_view_if_needed()
        top = bounds(pressed)["y"]
        pressed.click()
        expect(pressed).to_have_attribute("aria-selected", "true")
        assert bounds(pressed)["y"] == pytest.approx(top, abs=1)
        assert bounds(listed)["height"] < height - 100  # the list has become shorter


def test_the_most_common_kind_of_mistake_has_a_link(lesson: Visitor, measured: Measured) -> None:
    assert list(lesson.module("lesson/mistakes/section", "return m.STEPS")) == ["worst", "matrix", "commonest"]
    label, read = commonest(measured)
    lesson.run("void (location.hash = 'at=mistakes.commonest')")
    expect(lesson.find('#mistakes [aria-selected="true"]')).to_have_attribute("data-column", str(read))
    count = measured["confusion"][label][read]
    assert len(of_kind(measured, label, read)) == count > 1  # all of them have images
    expect(lesson.find(".mistakes-list li:visible")).to_have_count(count)
    expect(lesson.find(".mistakes-title").first).to_contain_text(
        f"All {count} images of {'an' if label == 8 else 'a'} {label} that were read as {read}:"
    )
    lesson.run("void (location.hash = 'at=mistakes.worst')")
    expect(lesson.find(".mistakes-list li:visible")).to_have_count(SUREST)
    lesson.run("void (location.hash = 'at=mistakes.matrix')")
    expect(lesson.find("#mistakes .confusion")).to_be_in_viewport()


def test_the_programs_print_the_mistakes_on_the_page(lesson: Visitor, measured: Measured, tmp_path: Path) -> None:
    lesson.find(".mistakes-list li button").nth(3).click()
    mistake = measured["mistakes"][3]
    lines = run_program(lesson, "mistakes", "numpy", tmp_path).splitlines()
    assert lines[:-2] == [
        f"{each['index']}: a {each['label']} read as {each['answer']}, {each['confidence']:.4f}"
        for each in measured["mistakes"]
    ]
    answer = f"{mistake['answer']} {mistake['confidence']:.4f}"
    assert lines[-2:] == [
        f"read wrongly: {measured['pictures'] - measured['correct']}",
        f"image {mistake['index']}: {answer}",
    ]
    assert run_program(lesson, "mistakes", "curl", tmp_path) == f"{answer}\n"


# ---------------------------------------------------------------- other files, and none


@pytest.fixture
def older() -> Measured:
    """The service's response for an evaluation without images, as an older version wrote it."""
    found = json.loads(SHIPPED.with_suffix(".evaluation.json").read_text())
    for mistake in found["mistakes"]:
        del mistake["picture"], mistake["probabilities"]
    return EvaluationResponse.model_validate(found).model_dump(mode="json")


@pytest.fixture(scope="module")
def unmeasured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service whose weights have no evaluation."""
    weights = tmp_path_factory.mktemp("unmeasured") / "mine.safetensors"
    weights.write_bytes(read_epoch(3).content)  # the service knows the evaluations of the shipped weights
    server = LiveServer("--weights", str(weights))
    server.start()
    yield server.url
    server.stop()


def test_an_evaluation_without_images_says_so(visitors: Opener, older: Measured, measured: Measured) -> None:
    visitor = visitors(None, settled="#yours")
    visitor.page.route("**/model/evaluation", lambda route: route.fulfill(json=older))
    visitor.open("/lesson#at=mistakes")
    expect(visitor.find(".mistakes-list li")).to_have_count(len(measured["mistakes"]))
    expect(visitor.find(".mistakes-worst")).to_contain_text("stored no images")
    expect(visitor.find(".mistakes-walk")).to_be_hidden()
    expect(visitor.find(".mistakes-about-one")).to_contain_text("Its confidence is")
    expect(visitor.find("#mistakes .code-bar")).to_have_count(0)


def test_weights_without_an_evaluation_say_how_to_make_one(visitors: Opener, unmeasured: str) -> None:
    visitor = visitors("/lesson#at=mistakes.commonest", url=unmeasured, settled="#yours")
    expect(visitor.find("#mistakes")).to_contain_text("These weights have not been evaluated")
    expect(visitor.find("#mistakes")).to_contain_text("inkling evaluate --json")
    expect(visitor.find("#mistakes .widget")).to_be_hidden()
    expect(visitor.find("#mistakes .onwards a:not([data-experiment])")).to_have_attribute("href", re.compile("v=trust"))


def test_axe_finds_nothing_and_the_section_fits_a_phone(lesson_at: Place) -> None:
    visitor = lesson_at("mistakes.commonest")
    visitor.find('#mistakes [aria-selected="true"]').wait_for(state="attached")
    screens: list[tuple[Theme, dict[str, int], Sequence[str]]] = [("light", PROJECTOR, ()), ("dark", PHONE, SCREEN)]
    for theme, screen, rules in screens:
        visitor.change_screen(theme, screen)
        visitor.find(".mistakes-list li:visible button, .mistakes-head button").first.focus()
        assert visitor.violations("#mistakes", rules=rules) == [], theme
        assert visitor.run("document.documentElement.scrollWidth - innerWidth") <= 0, theme
