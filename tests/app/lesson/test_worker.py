"""A step of training is really computed, in a process of its own that nobody has to clean up after."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from fastapi.testclient import TestClient

from app.http.problems import Problem
from app.lesson import worker as stepping
from app.lesson.schemas import StepsRequest, StepsResponse
from app.lesson.worker import Stepper
from app.main import create_app
from app.settings import ROOT, STATIC, Settings
from model.training import demo_worker
from tests.servers import LiveServer, wait_until
from tools import lesson_steps

Json = dict[str, Any]

# Stands for the process that computes: says its own number, as slowly as it is told, and dies of learning rate 7.
TALKER = """
import json, os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    wanted = json.loads(line)
    if wanted["learning_rate"] == 7:
        os._exit(1)
    time.sleep(float(sys.argv[1]))
    print(json.dumps({"pid": os.getpid(), "wanted": wanted["steps"]}), flush=True)
"""


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def step(client: TestClient, **wanted: object) -> Json:
    answer = client.post("/lesson/step", json=wanted)
    assert answer.status_code == 200, answer.text
    StepsResponse.model_validate(answer.json(), strict=True)
    told: Json = answer.json()
    return told


def talker(seconds: float = 0.0, **options: float) -> Stepper:
    return Stepper((sys.executable, "-c", TALKER, str(seconds)), **options)


def gone(pid: int) -> bool:
    return wait_until(lambda: not psutil.pid_exists(pid), 20)


def test_a_learning_rate_can_be_too_small_right_and_far_too_large(client: TestClient) -> None:
    small, right, large = (step(client, optimiser="sgd", learning_rate=rate, steps=8) for rate in (0.00001, 0.03, 3))
    assert small["loss"] - 0.001 < small["steps"][-1]["loss"] < small["loss"]
    losses = [right["loss"], *(each["loss"] for each in right["steps"])]
    assert losses == sorted(losses, reverse=True)
    assert right["steps"][-1]["accuracy"] > 3 * right["accuracy"]
    assert max(each["loss"] for each in large["steps"]) > large["loss"] + 0.1


# ---------------------------------------------------------------- without PyTorch


def test_without_pytorch_a_recorded_step_is_shown_and_labelled(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "find_spec", lambda _: None)
    for optimiser, rate, nearest in (
        ("sgd", 0.025, 0.03),
        ("adam", 0.001, 0.001),
        ("adam", 10, 1),
        ("sgd", 1e-6, 1e-5),
    ):
        told = step(client, optimiser=optimiser, learning_rate=rate, steps=4)
        assert (told["recorded"], told["optimiser"], told["learning_rate"]) == (True, optimiser, nearest)
        assert [each["step"] for each in told["steps"]] == [1, 2, 3, 4]
    assert len(step(client)["steps"]) == 1
    assert len(step(client, steps=3.0)["steps"]) == 3


def test_the_recording_is_what_is_computed() -> None:
    recordings = json.loads(stepping.RECORDED.read_bytes())["recordings"]
    assert [(each["optimiser"], each["learning_rate"]) for each in recordings] == [
        (optimiser, rate) for optimiser in ("sgd", "adam") for rate in lesson_steps.RATES
    ]
    assert all(each["diverged"] or len(each["steps"]) == lesson_steps.STEPS for each in recordings)
    digits = demo_worker.samples(STATIC / "samples")
    for optimiser, rate in (("sgd", 0.01), ("adam", 0.001)):
        told = demo_worker.train_steps(digits, optimiser, rate, 2)  # type: ignore[arg-type]
        (kept,) = (each for each in recordings if (each["optimiser"], each["learning_rate"]) == (optimiser, rate))
        assert kept["loss"] == pytest.approx(told["loss"], rel=1e-4)
        for ours, theirs in zip(told["steps"], kept["steps"], strict=False):
            assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-3)
            numbers = [{key: each[key] or 0.0 for key in each} for each in (ours["weight"], theirs["weight"])]
            assert numbers[0] == pytest.approx(numbers[1], rel=2e-2, abs=1e-7)
            assert ours["gradient_norms"] == pytest.approx(theirs["gradient_norms"], rel=1e-2)


def test_a_process_that_cannot_start_is_said_once_and_recorded_steps_are_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    starts = tmp_path / "starts"
    stepper = Stepper((sys.executable, "-c", f"open({str(starts)!r}, 'a').write('x')"))
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            told = asyncio.run(stepper.take(StepsRequest(optimiser="sgd", steps=2)))
            assert told["recorded"] is True
    stepper.close()
    assert starts.read_text() == "xx"  # a second try, and then no more
    assert [record.message for record in caplog.records] == [
        "inkling: Steps of training cannot be computed (its process ended); recorded ones are shown."
    ]


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": 11}, "learning_rate"),
        ({"learning_rate": "0.1"}, "learning_rate"),
        ({"learning_rate": None}, "learning_rate"),
        ({"steps": 0}, "steps"),
        ({"steps": 21}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"optimiser": "magic"}, "optimiser"),
        ({"epochs": 3}, "a field is not known; there are learning_rate, steps and optimiser"),
        ([], "must be a JSON object"),
    ],
)
def test_other_steps_are_refused_in_a_sentence(body: object, words: str, client: TestClient) -> None:
    answer = client.post("/lesson/step", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/invalid-step"
    assert words in answer.json()["detail"]


def test_what_cannot_be_read_is_refused_as_everywhere(client: TestClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert client.post("/lesson/step", content=b"{", headers=json_type).json()["type"] == "/problems/unreadable-body"
    nan = client.post("/lesson/step", content=b'{"learning_rate": NaN}', headers=json_type)
    assert nan.status_code in (400, 422)
    assert client.post("/lesson/step", content=b"steps=1").status_code == 415
    assert client.post("/lesson/step", content=b" " * 2_000_000, headers=json_type).status_code == 413
    assert client.get("/lesson/step").status_code == 405


# ---------------------------------------------------------------- the process


def test_whoever_asks_too_much_is_told_to_come_back_and_nothing_piles_up() -> None:
    stepper = talker(0.2)

    async def hammer() -> list[object]:
        asked = [stepper.take(StepsRequest(steps=1 + number)) for number in range(20)]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(hammer())
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    answered = [answer for answer in answers if isinstance(answer, dict)]
    assert (len(answered), len(refused)) == (stepping.WAITING, 20 - stepping.WAITING)
    assert [answer["wanted"] for answer in answered] == list(range(1, 1 + stepping.WAITING))
    assert len({answer["pid"] for answer in answered}) == 1  # one process, which is kept
    for problem in refused:
        response = problem.response()
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert asyncio.run(stepper.take(StepsRequest()))["pid"] == answered[0]["pid"]
    stepper.close()
    assert gone(answered[0]["pid"])


def test_a_process_that_takes_too_long_is_ended_and_the_next_starts_afresh() -> None:
    stepper = talker(5, step_seconds=0.3)
    for _ in range(2):
        with pytest.raises(Problem) as raised:
            asyncio.run(stepper.take(StepsRequest()))
        assert raised.value.kind.slug == "overloaded"
        assert raised.value.headers == {"Retry-After": "5"}
        assert stepper._process is None
    stepper._command = talker()._command
    assert asyncio.run(stepper.take(StepsRequest()))["recorded"] is False
    stepper.close()


def test_a_process_that_was_killed_is_replaced() -> None:
    stepper = talker()
    first = asyncio.run(stepper.take(StepsRequest()))["pid"]
    os.kill(first, signal.SIGKILL)
    second = asyncio.run(stepper.take(StepsRequest()))["pid"]
    assert second != first
    assert gone(first)
    assert asyncio.run(stepper.take(StepsRequest(learning_rate=7)))["recorded"] is True  # it dies of this, twice
    assert gone(second)
    stepper.close()


def test_an_idle_process_is_ended_and_started_again_when_it_is_needed() -> None:
    stepper = talker(idle_seconds=0.3)
    first = asyncio.run(stepper.take(StepsRequest()))["pid"]
    assert gone(first)
    assert asyncio.run(stepper.take(StepsRequest()))["pid"] != first
    stepper.close()


def test_closing_ends_a_process_that_is_at_work_at_once() -> None:
    stepper = talker(60)

    async def close_soon() -> object:
        asked = asyncio.ensure_future(stepper.take(StepsRequest()))
        assert await asyncio.to_thread(wait_until, lambda: stepper._process is not None, 20)
        assert stepper._process is not None
        pid = stepper._process.pid
        began = time.monotonic()
        await asyncio.to_thread(stepper.close)
        assert time.monotonic() - began < 10
        assert gone(pid)
        return await asked

    told = asyncio.run(close_soon())
    assert isinstance(told, dict)
    assert told["recorded"] is True


def test_the_service_never_loads_pytorch_and_leaves_no_process_behind() -> None:
    script = """
import sys
from fastapi.testclient import TestClient
from app.main import create_app
app = create_app()
with TestClient(app) as client:
    assert app.state.stepper._process is None  # not before it is needed
    assert client.post("/lesson/step", json={}).json()["recorded"] is False
    print(app.state.stepper._process.pid)
print("torch" in sys.modules, "model.training.demo_worker" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    pid, loaded = done.stdout.splitlines()
    assert loaded == "False False"
    assert not psutil.pid_exists(int(pid))
    assert done.stderr == ""


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_the_process_ends_with_its_service_however_that_ends(way: signal.Signals) -> None:
    server = LiveServer()
    server.start()
    try:
        assert httpx2.post(f"{server.url}/lesson/step", json={}, timeout=100).json()["recorded"] is False
        assert server._process is not None
        service = psutil.Process(server._process.pid)
        (worker,) = service.children()
        service.send_signal(way)
        server._process.wait(20)
        assert gone(worker.pid)
    finally:
        server.stop()
