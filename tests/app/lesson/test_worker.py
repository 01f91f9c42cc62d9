"""The process that computes training steps: how it starts, times out, restarts and ends."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from app.http.problems import Problem
from app.lesson import worker
from app.lesson.schemas import StepsRequest
from app.lesson.worker import StepWorker
from app.settings import ROOT
from tests.support.servers import PATIENCE, LiveServer, wait_until

Json = dict[str, Any]

# This program replaces the process that computes training steps. It responds with its process id after a delay, and
# exits if the learning rate is 7.
FAKE_PROCESS = """
import json, os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["learning_rate"] == 7:
        os._exit(1)
    time.sleep(float(sys.argv[1]))
    print(json.dumps({"pid": os.getpid(), "requested": request["steps"]}), flush=True)
"""


def fake_command(seconds: float) -> tuple[str, ...]:
    return (sys.executable, "-c", FAKE_PROCESS, str(seconds))


def fake_worker(seconds: float = 0.0, **options: float) -> StepWorker:
    return StepWorker(fake_command(seconds), **options)


def has_ended(pid: int) -> bool:
    return wait_until(lambda: not psutil.pid_exists(pid))


async def ended(pid: int) -> bool:
    return await asyncio.to_thread(has_ended, pid)


def test_a_process_that_cannot_start_is_logged_once_and_recorded_steps_are_returned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    starts = tmp_path / "starts"

    async def compute_three_times() -> None:
        steps = StepWorker((sys.executable, "-c", f"open({str(starts)!r}, 'a').write('x')"))
        for _ in range(3):
            assert (await steps.compute(StepsRequest(optimiser="sgd", steps=2)))["recorded"] is True
        await steps.close()

    with caplog.at_level(logging.ERROR):
        asyncio.run(compute_three_times())
    assert starts.read_text() == "xx"  # the start is tried twice and not again
    assert [record.message for record in caplog.records] == [
        "inkling: Training steps cannot be computed (its process ended); recorded steps are shown."
    ]


def test_requests_beyond_the_limit_are_refused_and_the_others_run_in_order() -> None:
    async def send_twenty() -> None:
        steps = fake_worker(0.2)
        requests = [steps.compute(StepsRequest(steps=1 + number)) for number in range(20)]
        results = await asyncio.gather(*requests, return_exceptions=True)
        refused = [result for result in results if isinstance(result, Problem)]
        computed = [result for result in results if isinstance(result, dict)]
        assert (len(computed), len(refused)) == (worker.MAX_REQUESTS, 20 - worker.MAX_REQUESTS)
        assert [result["requested"] for result in computed] == list(range(1, 1 + worker.MAX_REQUESTS))
        assert len({result["pid"] for result in computed}) == 1  # one process computes all results
        for problem in refused:
            response = problem.response()
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        pid = computed[0]["pid"]
        assert (await steps.compute(StepsRequest()))["pid"] == pid
        await steps.close()
        assert await ended(pid)

    asyncio.run(send_twenty())


def test_a_process_that_takes_too_long_is_stopped_and_replaced() -> None:
    async def time_out_twice() -> None:
        steps = fake_worker(5, step_seconds=0.3)
        for _ in range(2):
            with pytest.raises(Problem) as raised:
                await steps.compute(StepsRequest())
            assert raised.value.kind.slug == "overloaded"
            assert raised.value.headers == {"Retry-After": "5"}
            assert steps.process is None
        steps._command, steps._step_seconds = fake_command(0), PATIENCE
        assert (await steps.compute(StepsRequest()))["recorded"] is False
        await steps.close()

    asyncio.run(time_out_twice())


def test_the_next_request_does_not_get_the_response_to_a_cancelled_request() -> None:
    async def cancel_one() -> None:
        steps = fake_worker(0.5)
        first = asyncio.create_task(steps.compute(StepsRequest(steps=1)))
        await asyncio.sleep(0.2)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await steps.compute(StepsRequest(steps=2)))["requested"] == 2
        await steps.close()

    asyncio.run(cancel_one())


def test_a_killed_process_is_replaced() -> None:
    async def kill_one() -> None:
        steps = fake_worker()
        first = (await steps.compute(StepsRequest()))["pid"]
        os.kill(first, signal.SIGKILL)
        second = (await steps.compute(StepsRequest()))["pid"]
        assert second != first
        assert await ended(first)
        assert (await steps.compute(StepsRequest(learning_rate=7)))["recorded"] is True  # both attempts fail
        assert await ended(second)
        await steps.close()

    asyncio.run(kill_one())


def test_an_idle_process_is_stopped_and_started_again_when_needed() -> None:
    async def wait_until_idle() -> None:
        steps = fake_worker(idle_seconds=0.3)
        first = (await steps.compute(StepsRequest()))["pid"]
        assert await ended(first)
        assert (await steps.compute(StepsRequest()))["pid"] != first
        await steps.close()

    asyncio.run(wait_until_idle())


def test_closing_stops_a_busy_process_at_once() -> None:
    async def close_while_busy() -> Json:
        steps = fake_worker(10 * PATIENCE)
        request = asyncio.create_task(steps.compute(StepsRequest()))
        assert await asyncio.to_thread(wait_until, lambda: steps.process is not None)
        assert steps.process is not None
        pid = steps.process.pid
        began = time.monotonic()
        await steps.close()
        assert time.monotonic() - began < PATIENCE
        assert await ended(pid)
        return await request

    assert asyncio.run(close_while_busy())["recorded"] is True


def test_the_service_never_loads_pytorch_and_leaves_no_process_behind(tmp_path: Path) -> None:
    # The process inherits this working folder, and must not import packages from it.
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").write_text("raise SystemExit('wrong package')")
    script = """
import sys
from fastapi.testclient import TestClient
from app.main import create_app
app = create_app()
with TestClient(app) as client:
    assert app.state.step_worker.process is None  # not before it is needed
    assert client.post("/lesson/step", json={}).json()["recorded"] is False
    print(app.state.step_worker.process.pid)
print("torch" in sys.modules, "model.training.demo_worker" in sys.modules)
"""
    command = [sys.executable, "-P", "-c", script]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    pid, loaded = done.stdout.splitlines()
    assert loaded == "False False"
    assert not psutil.pid_exists(int(pid))
    assert done.stderr == ""


def test_the_process_ends_with_a_killed_service() -> None:
    server = LiveServer()
    server.start()
    try:
        assert httpx2.post(f"{server.url}/lesson/step", json={}, timeout=100).json()["recorded"] is False
        assert server._process is not None
        (process,) = psutil.Process(server._process.pid).children()
        server.kill()
        assert has_ended(process.pid)
    finally:
        server.stop()
