"""Training steps, computed by PyTorch in a separate process.

The process starts with the first request and ends when it has been idle for some minutes. If PyTorch is not installed,
recorded steps are returned.

The process is an asyncio subprocess, so it can be killed when it takes too long. It reads requests from its standard
input, so it ends even when the service is killed. A ProcessPoolExecutor cannot do this: its workers cannot be stopped
while they compute, and they do not notice that their parent was killed.
"""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from math import log10
from typing import Any

from app.http.problems import service_unavailable
from app.lesson.schemas import StepsRequest
from app.settings import ROOT, STATIC
from model.checkpoint import WEIGHTS

RECORDED = WEIGHTS / "lesson-steps.json"
# -P: do not import packages from the working folder, which may have an `app` or `model` of its own.
COMMAND = (sys.executable, "-P", "-m", "model.training.demo_worker", str(STATIC / "samples"))
START_SECONDS = 60.0  # importing PyTorch takes 2 to 5 s, longer on a busy machine
STEP_SECONDS = 30.0  # 20 steps take about 1 s
IDLE_SECONDS = 300.0
MAX_REQUESTS = 8  # requests that run or wait
_READY = b"ready\n"
_MAX_LINE = 1 << 20  # bytes of a response; 20 steps take 10 kB
_BUSY = "Training steps are being computed for other users. Wait for the time in Retry-After, then try again."

Json = dict[str, Any]
log = logging.getLogger("inkling")


class _ProcessEndedError(Exception):
    """The process has ended without a response."""


class StepWorker:
    """Computes training steps, one request at a time. All calls must come from the same event loop."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        start_seconds: float = START_SECONDS,
        step_seconds: float = STEP_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.process: Process | None = None
        self._command = command
        self._start_seconds, self._step_seconds, self._idle_seconds = start_seconds, step_seconds, idle_seconds
        self._requests = 0
        self._lock = asyncio.Lock()  # held while a request uses the process
        self._idle_timer: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._failed = self._closing = False

    async def compute(self, request: StepsRequest) -> Json:
        """The computed steps; recorded steps if computing is impossible. Raises Problem if too many requests wait."""
        if self._failed or find_spec("torch") is None:
            return recorded(request)
        if self._requests >= MAX_REQUESTS:
            raise service_unavailable("overloaded", _BUSY)
        self._requests += 1
        try:
            async with self._lock:
                steps = await self._ask_twice(request)
        except TimeoutError:
            raise service_unavailable("overloaded", _BUSY, retry_after=5) from None
        except (_ProcessEndedError, OSError) as error:
            self._failed = True
            log.error("inkling: Training steps cannot be computed (%s); recorded steps are shown.", error)
            return recorded(request)
        finally:
            self._requests -= 1
        return {"recorded": False, **steps}

    async def close(self) -> None:
        """Stop the process and wait until it has ended."""
        self._closing = True
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self.process is not None:
            _kill(self.process)  # a running request fails at once
        async with self._lock:
            await self._stop()
        if self._stopping is not None:
            await self._stopping

    async def _ask_twice(self, request: StepsRequest) -> Json:
        try:
            return await self._ask(request)
        except _ProcessEndedError:  # perhaps the process was killed while it was idle: try once more with a new process
            return await self._ask(request)

    async def _ask(self, request: StepsRequest) -> Json:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        try:
            process = self.process or await self._start()
            line = await self._exchange(process, request.model_dump_json().encode() + b"\n", self._step_seconds)
            steps: Json = json.loads(line)
        except BaseException:
            # Stop the process: if it were reused, the next request could read the response to this one.
            await self._stop()
            raise
        if not self._closing:
            self._idle_timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._stop_idle)
        return steps

    async def _start(self) -> Process:
        if self._closing:
            raise _ProcessEndedError("the service is stopping")
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        process = self.process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            limit=_MAX_LINE,
            # OpenMP threads should sleep while they wait, not spin (app/cli/options.py).
            env=os.environ | {"PYTHONPATH": path, "OMP_WAIT_POLICY": "PASSIVE"},
            start_new_session=True,  # Ctrl-C goes to the service, which then stops the process
        )
        if self._closing:
            _kill(process)
        if await self._exchange(process, b"", self._start_seconds) != _READY:
            raise _ProcessEndedError("its process did not start correctly")
        return process

    @staticmethod
    async def _exchange(process: Process, line: bytes, seconds: float) -> bytes:
        """Write `line`, if it is not empty, and read a line. Raises TimeoutError or _ProcessEndedError."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                process.stdin.write(line)
                await process.stdin.drain()
                response = await process.stdout.readline()
        except ConnectionError:  # for example BrokenPipeError
            response = b""
        if not response.endswith(b"\n"):
            raise _ProcessEndedError("its process ended")
        return response

    def _stop_idle(self) -> None:
        if not self._lock.locked():
            self._stopping = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        """Stop the process, if there is one."""
        process, self.process = self.process, None
        if process is None:
            return
        _kill(process)
        await process.communicate()  # closes the pipes and waits until the process has ended


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):  # the process has ended already
        process.kill()


@cache
def _recordings() -> list[Json]:
    recordings: list[Json] = json.loads(RECORDED.read_bytes())["recordings"]
    return recordings


def recorded(request: StepsRequest) -> Json:
    """The steps that `python -m tools.lesson_steps` recorded with the nearest learning rate, on a logarithmic scale."""
    candidates = [each for each in _recordings() if each["optimiser"] == request.optimiser]
    nearest = min(candidates, key=lambda each: abs(log10(each["learning_rate"]) - log10(request.learning_rate)))
    steps = nearest["steps"][: request.steps]
    return {"recorded": True, **nearest, "steps": steps, "diverged": len(steps) < request.steps}
