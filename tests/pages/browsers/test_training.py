"""Real training on the page in Firefox: a run from the guess to the end, and the use of its weights.

The service is restarted while the run is paused.

Chromium does this with fewer steps in tests/pages/training/test_real_run.py.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.browsers.driver import Driver
from tests.support.servers import LiveServer, training_service
from tests.support.visitor import SEVEN
from tools.browser import FULL_VIEW

TRAINING_SECONDS = 240  # far longer than a step of the training takes, for a busy machine
DRAWING = {"strokes": [[[60, 70], [200, 68], [120, 250]]], "pen": 26}
# How many pixels of a plot have the colour of the first run.
CURVE = """
const canvas = document.querySelector(`${arguments[0]} canvas`);
const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
const colour = getComputedStyle(document.documentElement).getPropertyValue("--run-0").trim();
const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
let found = 0;
for (let i = 0; i < data.length; i += 4) found += data[i] === r && data[i + 1] === g && data[i + 2] === b;
return found;
"""
# The number of bars in the small plot of the digit 7: the other epochs, and the selected one.
BARS = """
const seven = document.querySelectorAll("#multiples li")[7];
return ["bars", "here"].map((name) => seven.querySelector(`.chart-${name}`).getAttribute("d").split("z").length - 1);
"""


@pytest.fixture
def trainer(tmp_path: Path, data_dir: Path) -> Iterator[LiveServer]:
    with training_service(tmp_path / "runs", data_dir) as server:
        yield server


def answering(trainer: LiveServer) -> str:
    """The name of the weights that answer a program."""
    name: str = httpx2.post(f"{trainer.url}/predict", json=DRAWING).json()["model"]
    return name


@pytest.mark.parametrize("driver", ["firefox"], indirect=True)
def test_a_student_trains_and_uses_the_weights(driver: Driver, trainer: LiveServer, tmp_path: Path) -> None:
    driver.open(f"{trainer.url}/training")
    driver.settle("#now")
    driver.draw(SEVEN)
    run = begin(driver)
    take_steps(driver)
    lose_the_service(driver, trainer)
    finish(driver)
    download(driver, trainer, tmp_path / "runs" / run)
    put_a_mistake_on_the_pad(driver)
    compare(driver)
    read_with_another_epoch(driver, run)
    serve(driver, trainer, run)
    answer = driver.text("#now-says")
    file = (tmp_path / "runs" / run / "mnist_cnn.pth").rename(tmp_path / "my_network.pth")
    delete(driver, run)
    open_weights(driver, file, answer)


def begin(driver: Driver) -> str:
    """Choose a preset, answer its question, guess, change a setting, and start step by step. Returns the run's name."""
    driver.choose("#preset", "overfitting")
    driver.wait_for_text(".curve legend", "Which curve will go up?")
    driver.click('.curve label:has([value="test"])')
    driver.click(".settings summary")
    driver.write(".fields input", "1")  # epoch
    driver.write("#guess", "90")
    driver.wait_for_text(".settings summary", "1 epoch ·")
    driver.click("#start-paused")
    driver.wait_for_text("#epoch-says", "untrained", TRAINING_SECONDS)
    driver.wait_for_text(".running-head", "paused")
    driver.wait_for_text("#now-why", "about 10 % each")
    assert driver.run(CURVE, "#loss-figure") == 0
    return driver.text(".run-name").partition(":")[0]


def take_steps(driver: Driver) -> None:
    """Train with one batch a second, and pause."""
    driver.click("#slow")
    driver.wait_for_text("#view-step .panel-says", "Epoch 1, batch ", TRAINING_SECONDS)
    driver.click("#pause")
    driver.wait_for_text(".running-head", "paused")
    driver.wait_for_text(".followed-sum", "learning rate 0.001")


def lose_the_service(driver: Driver, trainer: LiveServer) -> None:
    """Kill the service while the run is paused, and start it again. The page finds it and trains the next batch."""
    before = driver.text("#view-step .panel-says")
    trainer.kill()
    driver.wait_for_text(".running-head", "connecting again…")
    driver.click("#one-batch")
    driver.wait_for_text("#message", "The server does not answer.")
    driver.run("document.querySelector('#close-message').click()")  # even if it has disappeared by itself
    trainer.start()
    driver.wait_for_text(".running-head", "paused")
    assert driver.text("#view-step .panel-says") == before
    driver.click("#one-batch")
    driver.wait("return document.querySelector('#view-step .panel-says').innerText !== arguments[0]", before)


def finish(driver: Driver) -> None:
    """Train until the end. The page compares it with the guess, draws the curves, and reads the digit at each epoch."""
    driver.click("#resume")
    driver.wait_for_text("#epoch-says", "1 of 1", TRAINING_SECONDS)
    driver.wait_for_text("#outcome", "You were right about the curve. The loss went down;")
    driver.wait_for_text("#outcome", "You expected 90 %; it is ")
    driver.wait("return document.querySelectorAll('.files a').length === 3", seconds=TRAINING_SECONDS)
    driver.settle("#now")
    driver.wait(f"const [others, selected] = (() => {{ {BARS} }})(); return others === 1 && selected === 1")
    assert driver.run(CURVE, "#loss-figure") > 50
    assert driver.run(CURVE, "#accuracy-figure") > 50


def download(driver: Driver, trainer: LiveServer, run: Path) -> None:
    """Get the three files of weights from the addresses of the links."""
    links = driver.run(
        "return [...document.querySelectorAll('.files a')].map((a) => [a.innerText, a.href, a.download])"
    )
    for kind, address, name in links:
        assert (address, name) == (f"{trainer.url}/runs/{run.name}/files/mnist_cnn.{kind}", f"mnist_cnn.{kind}")
        assert httpx2.get(address).raise_for_status().content == (run / name).read_bytes()
    assert [kind for kind, _, _ in links] == ["pth", "safetensors", "onnx"]


def put_a_mistake_on_the_pad(driver: Driver) -> None:
    driver.click("#tab-mistakes")
    driver.wait_for_text("#view-mistakes .panel-says", "After epoch 1, ")
    cells = driver.run("return [...document.querySelectorAll('.confusion td')].map((cell) => Number(cell.innerText))")
    assert sum(cells) == 10_000
    driver.click(".worst button")
    driver.wait("return location.hash.includes('d=grey')")
    driver.settle("#now")


def compare(driver: Driver) -> None:
    """Compare the run with the shipped one."""
    driver.click("#tab-compare")
    driver.click('#runs [aria-label="Compare with lesson (shipped)"]')
    driver.wait("return document.querySelectorAll('.compared-maps canvas').length === 2")
    driver.wait_for_text(".compare-table", "99.")
    driver.wait_for_text("#legend", "lesson (shipped)")


def read_with_another_epoch(driver: Driver, run: str) -> None:
    """Let the trained and the untrained weights read the drawing on the page of the network, and come back."""
    driver.run(FULL_VIEW)
    driver.click('.top nav a[data-page="network"]')
    driver.settle()
    driver.choose("#weights", run)
    driver.wait_for_text("#epoch-says", "epoch 1 of 1")
    driver.run("document.querySelector('#epoch').focus()")
    driver.keys("ArrowLeft")
    driver.wait_for_text("#epoch-says", "untrained")
    driver.settle()
    driver.wait("return location.hash.includes(arguments[0])", f"w={run}.0")
    driver.click('.top a[href^="/training"]')
    driver.settle("#now")


def serve(driver: Driver, trainer: LiveServer, run: str) -> None:
    """Put the weights into service, and go back to the shipped ones."""
    before = answering(trainer)
    driver.wait_for_text('#runs [aria-pressed="true"]', run)
    driver.click("#serve")
    driver.wait_for_text("#served", "lesson-epoch-01-")
    assert answering(trainer) == driver.text("#served")
    driver.click("#serve-shipped")
    driver.wait_for_text("#served", before)
    assert answering(trainer) == before


def delete(driver: Driver, run: str) -> None:
    driver.click("#delete")
    driver.wait_for_text("#delete", "Really delete?")
    driver.click("#delete")
    driver.wait("return !document.querySelector('#runs').innerText.includes(arguments[0])", run)


def open_weights(driver: Driver, file: Path, answer: str) -> None:
    """Open a file of weights. They read the drawing on the pad."""
    driver.choose_file("#run-actions input[type=file]", file)
    driver.wait_for_text("#runs [aria-pressed=true]", "my_network")
    driver.settle("#now")
    driver.wait_for_text("#now-says", answer)
