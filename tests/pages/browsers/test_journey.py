"""A first visit in an old Chromium, Firefox and WebKit, and the lab in Firefox. Most other tests use a new Chromium."""

from pathlib import Path

import pytest

from tests.pages.page_helpers import photograph
from tests.support.browsers.driver import Driver
from tests.support.visitor import ONE, PROJECTOR, SEVEN

PIXELS = """
const canvas = document.querySelector(arguments[0]);
const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
return new Set(new Uint32Array(data.buffer)).size;
"""


@pytest.fixture
def page(driver: Driver, live_server: str) -> Driver:
    """The network's page as the last test has left it, or a new one if that test has opened another page."""
    if not driver.run("return location.href.startsWith(arguments[0])", f"{live_server}/?view=full"):
        driver.open(f"{live_server}/?view=full")
    driver.settle()
    return driver


def clear(driver: Driver, part: str = "#answer") -> None:
    if driver.run("return document.querySelector('#clear[aria-disabled=false]')"):  # a blank pad cannot be cleared
        driver.click("#clear")
    driver.settle(part)


def test_a_drawing_is_answered_and_its_maps_are_shown(page: Driver) -> None:
    clear(page)
    page.draw(SEVEN)
    page.wait_for_text("#digit", "7")
    page.settle()
    for layer in ("input", "conv1", "pool2", "dense1"):
        assert page.run(PIXELS, f'[data-layer="{layer}"] .maps') > 4, layer
    assert page.text("#verdict") != ""


def test_undo_and_redo_work_with_buttons_and_keys(page: Driver) -> None:
    clear(page)
    page.draw(ONE)
    page.wait_for_text("#digit", "1")
    page.click("#undo")
    page.wait_for_text("#digit", "draw a digit")
    page.click("#redo")
    page.wait_for_text("#digit", "1")
    page.keys("Control", "z")
    page.wait_for_text("#digit", "draw a digit")


def test_a_cell_is_pinned_and_the_walk_goes_back_to_the_drawing(page: Driver) -> None:
    clear(page)
    page.draw(SEVEN)
    page.wait_for_text("#digit", "7")
    page.settle()
    page.wait("return document.querySelector('#preview').hidden")  # the weights have loaded
    page.click('[data-layer="conv2"] .maps', 0.3, 0.4)
    page.wait_for_text("#where", "conv2[")
    page.wait("return !document.querySelector('#kept').hidden")
    page.click("#calculation .grid button.num")
    page.wait_for_text("#where", "pool1[")
    page.click("#back")
    page.wait_for_text("#where", "conv2[")
    for view in ("map", "table", "costs", "trust"):
        page.click(f"#tab-{view}")
        page.wait("return !document.getElementById(arguments[0]).hidden", f"view-{view}")
    page.click("#tab-network")


def test_a_link_and_a_reload_open_the_same_page(page: Driver, live_server: str) -> None:
    clear(page)
    page.draw(SEVEN)
    page.wait_for_text("#digit", "7")
    page.click('[data-layer="pool1"] .maps', 0.3, 0.4)
    page.wait_for_text("#where", "pool1[")
    page.click("#copy-link")
    page.wait("return document.querySelector('#message').innerText !== ''")
    link, shown = page.run("return location.href"), page.text("#where")
    page.reload()
    page.settle()
    page.wait_for_text("#where", shown)
    page.open(f"{live_server}/?view=full")
    page.settle()
    page.open(link)
    page.settle()
    page.wait_for_text("#where", shown)
    assert page.text("#digit") == "7"


APART = """
const boxes = [...document.querySelectorAll("#columns .layer")].map((layer) => layer.getBoundingClientRect());
const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
return boxes.length > 10 && !boxes.some((a, i) => boxes.slice(i + 1).some((b) => over(a, b)));
"""


def test_no_two_layers_overlap(page: Driver) -> None:
    for width, height in ((680, 844), (820, 1000), (PROJECTOR["width"], PROJECTOR["height"])):
        page.resize(width, height)
        page.wait(APART)


def test_an_image_is_uploaded(page: Driver, tmp_path: Path) -> None:
    path = tmp_path / "four.png"
    path.write_bytes(photograph(4))
    clear(page)
    page.choose_file("#file", path)
    page.wait_for_text("#digit", "4")
    page.settle()
    page.wait("return location.hash.includes('d=grey')")


def test_the_lesson_takes_the_digit_along_and_opens_a_step(driver: Driver, live_server: str) -> None:
    driver.open(f"{live_server}/lesson#at=edges&d=digit.4.27.mnist")
    driver.settle("#yours")
    driver.wait_for_text(".reads .yours-says", "4")
    driver.wait("return Math.abs(document.querySelector('#edges').getBoundingClientRect().top) < 100")
    assert "did not start" not in driver.text("main")
    clear(driver, "#yours")
    driver.draw(ONE)
    driver.wait_for_text(".reads .yours-says", "1")
    driver.click('#contents li a[href="#softmax"]')
    driver.wait("return location.hash.includes('at=softmax')")
    driver.wait("return document.querySelector('#softmax .widget').innerText.length > 100")
    driver.open(f"{live_server}/lesson/worksheet#work=4&d=digit.7.0.mnist")
    driver.settle("#questions")
    assert driver.run("return document.querySelectorAll('#sheet-questions > li').length") == 10


def test_each_formula_of_the_lesson_is_on_one_line(driver: Driver, live_server: str) -> None:
    lines = """[...document.querySelectorAll(arguments[0] + " .formula-line")].map((line) =>
      [...line.querySelectorAll("math > msub > :first-child")].map((letter) => letter.getBoundingClientRect().top))"""
    for section in ("correlation", "pooling"):
        driver.open(f"{live_server}/lesson#at={section}")
        for tops in driver.wait(f"const lines = {lines}; return lines.length === 2 && lines", f"#{section}"):
            assert max(tops) - min(tops) < 10


def test_the_training_page_goes_through_the_epochs(driver: Driver, live_server: str) -> None:
    driver.open(f"{live_server}/training#run=lesson&d=digit.4.27.mnist")
    driver.settle("#now")
    driver.wait_for_text("#digit", "4")
    driver.wait_for_text("#epoch-says", "5 of 5")
    # uPlot needs the browser's language, and WebKitGTK has none if the system has none.
    driver.wait(
        "return document.querySelector('#accuracy-figure canvas') || !document.querySelector('.plot-empty').hidden"
    )
    driver.run(
        "const epoch = document.querySelector('#epoch'); epoch.value = 0; epoch.dispatchEvent(new Event('input'))"
    )
    driver.wait_for_text("#epoch-says", "untrained")
    driver.wait_for_text("#now-why", "10 %")
    assert driver.run(PIXELS, "#view-filters canvas") > 50


FOUR = [[(90, 40), (60, 140), (200, 140)], [(160, 90), (155, 250)]]


@pytest.mark.parametrize("driver", ["firefox"], indirect=True)
def test_each_experiment_of_the_lab_compares_a_guess_with_its_result(driver: Driver, live_server: str) -> None:
    def enter(name: str, guess: str = "") -> None:
        if guess:
            driver.write(f'#{name} [data-part="guess"]', guess)
        driver.click(f"#{name} .guess .act")

    driver.open(f"{live_server}/lab#e=break&d=digit.7.0.mnist")
    driver.settle("#yours")
    driver.click("#break [data-operation=off]")
    enter("break", "90")
    driver.wait_for_text('#break [data-part="cost-says"]', "of 2,000 test digits are misread")
    driver.wait_for_text('#break [data-part="guessed"]', "You guessed 90 of 100; it is ")

    driver.click("#tab-matter")
    for row, column in ((8, 10), (8, 18), (12, 18), (20, 13)):
        driver.click("#matter .picker canvas", (column + 0.5) / 28, (row + 0.5) / 28)
    driver.click('#matter [data-part="rub"]')
    driver.wait_for_text('#matter [data-part="falls"]', "your four")
    driver.wait("return document.querySelectorAll('#matter .method').length === 5")

    driver.click("#tab-fool")
    enter("fool", "250")
    driver.wait_for_text('#fool [data-part="guessed"]', "You guessed 250: ")
    driver.click('#fool label:has([value="fewest_pixels"])')
    driver.wait_for_text('#fool [data-part="attack-says"]', "set to black or white.")

    driver.click("#tab-map")
    driver.click('#map .guess label:has([value="logits"])')
    enter("map")
    driver.wait_for_text("#map .own", "logits")  # the table's row of this layer
    driver.wait("return document.querySelectorAll('#map [data-part=near] canvas').length === 8")
    assert driver.run(PIXELS, '#map [data-part="plot"] canvas') > 10

    driver.click("#tab-replay")
    clear(driver, "#yours")
    for stroke in FOUR:
        driver.draw(stroke)
    enter("replay", "0")
    driver.wait_for_text('#replay [data-part="guessed"]', "of the ink, the answer is always 4.")
    driver.wait_for_text('#replay [data-part="step-says"]', "100 % of the ink")
    driver.click('#replay [data-part="scrub"]', 0.25)
    driver.wait("return document.querySelector('#replay [data-part=step-says]').innerText.startsWith('2')")

    driver.click("#tab-teach")
    clear(driver, "#yours")
    for label, stroke in (("4", ONE), ("2", SEVEN)):
        driver.choose('#teach [data-part="label"]', label)
        for _ in range(3):
            driver.draw(stroke)
            driver.click('#teach [data-part="add"]')  # this also clears the pad
            driver.wait_for_text("#yours", "nothing drawn")
    enter("teach", "100")
    driver.wait_for_text('#teach [data-part="learnt"]', "Of 2 held-out drawings, ")
    driver.wait_for_text('#teach [data-part="forgotten"]', "You guessed 100 of 100: ")
