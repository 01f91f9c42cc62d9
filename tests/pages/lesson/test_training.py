"""The lesson's section on training; the steps are computed here again with rules written by hand."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Route, expect
from torch import Tensor, nn

from app.lesson.schemas import StepsRequest
from app.lesson.worker import recorded
from tests import ROOT
from tests.pages.conftest import Place
from tests.support.lesson_page import run_program
from tests.support.lesson_programs import program
from tests.support.visitor import COLOURS, Opener, Visitor

Json = dict[str, Any]
FIRST = 120_000  # ms; the service has to start PyTorch, on a machine with other work to do


@pytest.fixture
def shared(lesson_at: Place) -> Visitor:
    """A page that the tests share because the steps that it has already computed make no difference to them."""
    return lesson_at("training")


def shown(visitor: Visitor, step: int) -> Visitor:
    """Wait until the page shows this step."""
    visitor.find(f'#training .loop[data-shown="{step}"]').wait_for(state="attached", timeout=FIRST)
    return visitor


def batch() -> tuple[Tensor, Tensor]:
    """The 80 sample digits, normalised, and their labels."""
    folder = ROOT / "static/samples"
    digits = json.loads((folder / "digits.json").read_text(encoding="utf-8"))["digits"]
    sheet = np.asarray(Image.open(folder / "digits.png").convert("L"), np.float32)
    cut = [sheet[28 * d["row"] : 28 * d["row"] + 28, 28 * d["column"] : 28 * d["column"] + 28] for d in digits]
    return torch.tensor((np.stack(cut) / 255 - 0.1307) / 0.3081)[:, None], torch.tensor([d["label"] for d in digits])


def trained(rate: float, steps: int, rule: Callable[[int, Tensor, Json], Tensor]) -> tuple[list[Json], nn.Sequential]:
    """The lesson's loop without an optimiser: each weight changes by −rate · rule(…)."""
    pictures, labels = batch()
    torch.manual_seed(0)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    memories: list[Json] = [{} for _ in network.parameters()]
    told: list[Json] = []
    for step in range(steps + 1):
        logits = network(pictures)
        chosen = logits.log_softmax(1)[torch.arange(80), labels]
        loss = -chosen.mean()
        told.append(
            {
                "loss": loss.item(),
                "right": int((logits.argmax(1) == labels).sum()),
                "answers": logits.argmax(1).tolist(),
            }
        )
        network.zero_grad()
        loss.backward()
        if step == steps:
            break
        with torch.no_grad():
            for parameter, memory in zip(network.parameters(), memories, strict=True):
                assert parameter.grad is not None
                parameter.sub_(rate * rule(step + 1, parameter.grad, memory))
    return told, network


def sgd(step: int, gradient: Tensor, memory: Json) -> Tensor:
    return gradient


def adam(step: int, gradient: Tensor, memory: Json) -> Tensor:
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * gradient
    memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * gradient**2
    mean, spread = memory["m"] / (1 - 0.9**step), memory["v"] / (1 - 0.999**step)
    update: Tensor = mean / (spread.sqrt() + 1e-8)
    return update


def near(value: float, digits: int = 4) -> str:
    """A regular expression for a number whose last digit may be off by one: sums in another order round differently."""
    unit: float = 10.0**-digits
    return "(?:" + "|".join(re.escape(f"{value + d * unit:.{digits}f}".replace("-", "−")) for d in (-1, 0, 1)) + ")"


def test_the_steps_equal_those_of_rules_written_by_hand(shared: Visitor) -> None:
    told, network = trained(0.03, 2, sgd)
    expect(shared.find('#training [name="training-rule"]').first).to_have_value("sgd")
    expect(shared.find('#training [name="training-rule"][value="sgd"]')).to_be_checked()
    expect(shared.find("#training .rate-box")).to_have_value("0.03")
    shared.press("#training .one-step")
    shown(shared, 1)
    loss = shared.find("#training .loss-now")
    expect(loss).to_have_text(
        re.compile(f"^After step 1: loss {near(told[1]['loss'])}, {told[1]['right']} of 80 correct")
    )
    shared.press("#training .one-step")
    shown(shared, 2)
    expect(loss).to_have_text(re.compile(f"^After step 2: loss {near(told[2]['loss'])}, {told[2]['right']} of 80"))
    assert [int(text) for text in shared.seen("#training .batch li b").all_inner_texts()] == told[2]["answers"]
    labels = batch()[1].tolist()
    wrong = shared.seen("#training .batch li").evaluate_all("(all) => all.map(({ className }) => className)")
    assert wrong == ["right" if a == b else "wrong" for a, b in zip(told[2]["answers"], labels, strict=True)]
    weight = network[0].weight[0, 0, 1, 1].item()  # type: ignore[index]
    expect(shared.find("#training .rule")).to_have_text(re.compile(near(weight, 6) + "$"))

    shared.find("#training .slid-number input[type=range]").press("Home")
    expect(loss).to_have_text(
        re.compile(f"^Before the first step: loss {near(told[0]['loss'])}, {told[0]['right']} of 80")
    )
    shared.find("#training .slid-number input[type=number]").fill("2")
    shown(shared, 2)

    # The other rule is computed again, and the curve of the first run stays.
    shared.find("#training .presets button").nth(1).click()
    shared.choose("training-rule", "adam")
    shared.find("#training .presets button").nth(1).click()
    expect(shared.find("#training .rate-box")).to_have_value("0.001")
    told, network = trained(0.001, 2, adam)
    expect(loss).to_have_text(re.compile(f"^After step 2: loss {near(told[2]['loss'])}"), timeout=FIRST)
    expect(shared.find("#training .loss-key")).to_contain_text("before: SGD, η = 0.03")
    weight = network[0].weight[0, 0, 1, 1].item()  # type: ignore[index]
    lines = shared.find("#training .rule p")
    expect(lines).to_have_count(4)
    expect(shared.find("#training .rule-explained")).to_contain_text("changes each weight by about η")
    expect(lines.nth(3)).to_have_text(re.compile(near(weight, 6) + "$"))
    rows = shared.find("#training .loop .as-table tbody tr")
    expect(rows).to_have_count(3)
    for i, row in enumerate(told):
        expect(rows.nth(i).locator("td").first).to_have_text(re.compile(f"^{near(row['loss'])}$"))


def answer_as_recorded(route: Route) -> None:
    """Answer a request for steps with the recorded ones, as if the service had computed them, if there are any."""
    asked = StepsRequest.model_validate_json(route.request.post_data or "")
    told = recorded(asked)
    if told["learning_rate"] == asked.learning_rate:
        route.fulfill(json=told | {"recorded": False})
    else:
        route.continue_()


def test_a_text_tells_that_a_rate_is_too_small_or_too_large_and_axe_finds_nothing(shared: Visitor) -> None:
    shared.page.route("**/lesson/step", answer_as_recorded)
    says = shared.find("#training .loop .says:not(.warn)")
    for step, text in [
        ("small", "the learning rate is small"),
        ("large", "The learning rate is too large"),
        ("adam", "The loss fell"),
        ("right", "The loss fell"),
    ]:
        shared.run("(step) => { location.hash = `at=training.${step}` }", step)
        expect(says).to_contain_text(text, timeout=FIRST)
        if step == "adam":  # whose rule has the most lines
            program(shared, "training", "torch")
            shared.run("document.querySelectorAll('#training details').forEach((part) => (part.open = true))")
            assert shared.violations("#training") == []
            shared.change_screen("dark")
            assert shared.violations("#training", rules=COLOURS) == []
            shared.change_screen("light")
    expect(shared.find("#training .loss-key")).to_contain_text("before: Adam, η = 0.001")
    shared.run("location.hash = 'at=training.loop'")
    expect(shared.find("#training .loss-now")).to_contain_text("Before the first step", timeout=FIRST)
    shared.run("location.hash = 'at=training.step'")
    shown(shared, 1)
    expect(shared.find("#training .rule p")).to_have_count(1)
    shared.run("location.hash = 'at=training.epochs'")
    expect(shared.find("#training .runs-part")).to_be_in_viewport()
    assert "NaN" not in shared.text("#training")
    shared.page.unroute("**/lesson/step")


def test_the_verdict_depends_on_every_step(js: Visitor) -> None:
    cases = {
        "too large. After that, it fell to 2.3053": [
            325.9,
            *[40.0] * 18,
            2.3053,
        ],
        "The loss jumped to 3.6000; before the first step it was 2.3177. The learning rate is too large.": [2.3, 3.6],
        "the learning rate is small.": [2.3177 - 0.001 * i for i in range(1, 21)],
        "The loss fell from 2.3177 to 2.3160. In 9 of the 20 steps, it rose": [
            2.317 - 0.001 * (i % 2) for i in range(20)
        ],
        "The loss is higher than before the first step": [2.4],
        "The loss fell from 2.3177 to 1.5000.": [2.0, 1.5],
    }
    for said, losses in cases.items():
        run = {"loss": 2.3177, "diverged": False, "steps": [{"loss": loss} for loss in losses]}
        verdict = js.module("lesson/training/loss-verdict", "return m.verdict(a, a.steps.length)", run)
        assert said in verdict
        assert ("rate is small" in verdict) == ("rate is small" in said)


def test_a_busy_service_is_asked_again_and_errors_are_shown(visitors: Opener) -> None:
    training = visitors("/lesson#at=training", settled="#yours")
    training.expect_in_console("status of (503|422)")
    training.expect_in_console("ERR_FAILED")
    is_busy = True  # until the test has seen what the page says
    answers: list[Callable[[Route], None]] = [
        lambda route: route.fulfill(status=422, json={"detail": "The learning rate is far too odd."}),
        lambda route: route.abort(),
    ]

    def answer(route: Route) -> None:
        if is_busy:
            return route.fulfill(status=503, headers={"Retry-After": "1"}, json={"detail": "Busy."})
        if answers:
            return answers.pop(0)(route)
        told = route.fetch(timeout=FIRST).json()
        return route.fulfill(json=told | {"recorded": True, "learning_rate": 0.003})

    training.page.route("**/lesson/step", answer)
    error = training.find("#training .step-error")
    training.press("#training .one-step")
    expect(training.find("#training .working")).to_contain_text("busy")
    expect(training.find("#training .loss-now")).to_have_text("Computing 20 steps…")
    expect(training.find("#training .one-step")).to_have_attribute("aria-busy", "true")
    expect(training.find("#training .slid-number input[type=number]")).to_have_value("0")
    is_busy = False
    expect(error).to_have_text("The learning rate is far too odd.")
    training.press("#training .one-step")
    expect(error).to_contain_text("does not answer")
    expect(training.find("#training .loss-now")).to_have_text("No step has been taken yet.")
    training.press("#training .one-step")
    shown(training, 1)
    expect(training.find("#training .one-step")).to_have_attribute("aria-busy", "false")
    expect(training.find("#training .slid-number input[type=number]")).to_have_value("1")
    expect(error).to_be_hidden()
    expect(training.find("#training .recorded")).to_contain_text("nearest recorded learning rate, η = 0.003")


def test_only_one_request_is_sent_at_a_time_then_the_newest(js: Visitor) -> None:
    script = """
        const log = []; let now = 0, most = 0;
        const send = async (url, { body }) => {
          most = Math.max(most, ++now);
          await new Promise((done) => setTimeout(done, 5));
          now--;
          log.push(JSON.parse(body).learning_rate);
          if (log.length === 2) return new Response("", { status: 503, headers: { "Retry-After": "1" } });
          return new Response(JSON.stringify({ rate: log.at(-1) }));
        };
        const said = [];
        const ask = m.createSteps({ onProgress: (text) => said.push(text), send });
        const first = ask({ optimiser: "sgd", rate: 1 });
        await new Promise((done) => setTimeout(done, 1)); // it is under way
        const rest = [2, 3, 4].map((rate) => ask({ optimiser: "sgd", rate }));
        const answers = await Promise.all([first, ...rest]);
        return { answers, most, log, last: said.at(-1), busy: said.some((text) => text.includes("busy")) };
    """
    assert js.module("service/training-steps", script) == {
        "answers": [None, None, None, {"rate": 4}],
        "most": 1,
        "log": [1, 4, 4],
        "last": "",
        "busy": True,
    }


def test_the_shipped_runs_are_shown_epoch_by_epoch(shared: Visitor, live_server: str) -> None:
    runs = [run for run in httpx2.get(f"{live_server}/lesson/figures").json()["runs"] if run["shipped"]]
    rows = shared.find("#training .runs tbody").first.locator("tr")
    expect(rows).to_have_count(len(runs))
    for i, run in enumerate(runs):
        found = [f"{100 * run['accuracy'][at]:.2f} %" for at in (0, 1, -1)] + [str(run["epochs"])]
        expect(rows.nth(i).locator("td")).to_have_text(found)
    below = shared.find("#training .below")
    expect(below).to_contain_text("Hollow marks are values below the axis")
    for run in runs:
        expect(below).to_contain_text(f"{run['name']} {100 * run['accuracy'][0]:.2f} % at epoch 0")
    longest = max(run["epochs"] for run in runs)
    shared.choose("training-epochs", str(longest))
    dots = shared.find("#training .runs .chart .dot")
    expect(dots).to_have_count(sum(len(run["accuracy"]) for run in runs))
    lines = shared.find("#training .runs .as-table tbody tr")
    for epoch in (0, 5, 6, longest):
        found = [f"{100 * run['accuracy'][epoch]:.2f} %" if epoch <= run["epochs"] else "" for run in runs]
        expect(lines.nth(epoch).locator("td")).to_have_text(found)
    shared.choose("training-scale", "whole")
    expect(below).to_be_empty()
    expect(shared.find("#training .runs .chart text").first).to_have_text("0 %")


def test_the_program_prints_the_same_loss(shared: Visitor, tmp_path: Path) -> None:
    shared.find("#training .slid-number input[type=number]").fill("3")
    shown(shared, 3)
    file = program(shared, "training", "file")
    assert file.rstrip() == (ROOT / "examples/train_mnist.py").read_text(encoding="utf-8").rstrip()
    loss, weight = run_program(shared, "training", "torch", tmp_path).split()
    expect(shared.find("#training .loss-now")).to_have_text(re.compile(f"loss {near(float(loss))},"))
    expect(shared.find("#training .rule")).to_have_text(re.compile(near(float(weight), 6) + "$"))
