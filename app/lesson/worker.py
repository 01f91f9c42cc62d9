"""Steps of training, computed by PyTorch in a process of its own: started when it is first needed, ended when it has
been idle, at most one for each process of the service. Where there is no PyTorch, steps that were recorded.

The process is `python -m model.steps`, which says what it reads and writes. It ends by itself when the service is gone,
however that came about, because then there is nothing more for it to read.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from math import log10
from time import monotonic
from typing import Any

from app.http.problems import Problem
from app.lesson.schemas import StepsRequest
from app.settings import ROOT, STATIC
from model.checkpoint import WEIGHTS

RECORDED = WEIGHTS / "lesson-steps.json"
# -P: a package `model` in the working folder is not imported instead.
COMMAND = (sys.executable, "-P", "-m", "model.training.demo_worker", str(STATIC / "samples"))
START_SECONDS = 60.0  # importing PyTorch takes 2 to 5, on a busy machine longer
STEP_SECONDS = 30.0  # 20 steps take about one
IDLE_SECONDS = 300.0
WAITING = 8  # askers at a time, one of them being answered; the others are told to come back
_READY = b"ready\n"
_BUSY = "Steps are being computed for others. Wait as long as Retry-After says and send it again."

Json = dict[str, Any]
log = logging.getLogger("inkling")


class _GoneError(Exception):
    """The process ended when it should have answered."""


class _LateError(Exception):
    """The process did not answer in time, and was ended."""


class Stepper:
    """Computes steps, one request after another."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        start_seconds: float = START_SECONDS,
        step_seconds: float = STEP_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._command = command
        self._start_seconds, self._step_seconds, self._idle_seconds = start_seconds, step_seconds, idle_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="steps")  # the only one that touches the process
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting = 0
        self._broken = self._closing = False
        self._last = 0.0
        self._idle: threading.Timer | None = None

    async def take(self, wanted: StepsRequest) -> Json:
        """The steps: computed, or recorded where they cannot be. Raises Problem while too many ask."""
        if self._broken or find_spec("torch") is None:
            return recorded(wanted)
        if self._waiting >= WAITING:
            raise Problem("overloaded", _BUSY, headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            told = await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, wanted)
        except _LateError:
            raise Problem("overloaded", _BUSY, headers={"Retry-After": "5"}) from None
        except (_GoneError, OSError) as error:
            self._broken = True
            log.error("inkling: Steps of training cannot be computed (%s); recorded ones are shown.", error)
            return recorded(wanted)
        finally:
            self._waiting -= 1
        return {"recorded": False, **told}

    def close(self) -> None:
        """End the process, and return when it has ended."""
        self._closing = True
        if self._idle is not None:
            self._idle.cancel()
        if (process := self._process) is not None:
            process.kill()  # whoever waits for it in the thread wakes
        self._thread.shutdown(cancel_futures=True)
        self._end()

    # ------------------------------------------------------------ in the thread

    def _ask(self, wanted: StepsRequest) -> Json:
        try:
            return self._answer(wanted)
        except _GoneError:  # killed, perhaps long ago: once more, with a new one
            return self._answer(wanted)

    def _answer(self, wanted: StepsRequest) -> Json:
        try:
            process = self._process or self._start()
            line = self._exchange(process, wanted.model_dump_json().encode() + b"\n", self._step_seconds)
            told: Json = json.loads(line)
        except BaseException:  # what comes next would be the answer to something else
            self._end()
            raise
        self._last = monotonic()
        self._wait_for_idleness()
        return told

    def _start(self) -> "subprocess.Popen[bytes]":
        if self._closing:
            raise _GoneError("the service is ending")
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        process = self._process = subprocess.Popen(  # noqa: S603  # fixed words
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Threads that wait should sleep, not spin (app/cli/common.py).
            env=os.environ | {"PYTHONPATH": path, "OMP_WAIT_POLICY": "PASSIVE"},
            start_new_session=True,  # Ctrl-C is for the service, which then ends it
        )
        if self._closing:
            process.kill()
        if self._exchange(process, b"", self._start_seconds) != _READY:
            raise _GoneError("its process did not start as it should")
        return process

    def _exchange(self, process: "subprocess.Popen[bytes]", line: bytes, seconds: float) -> bytes:
        """Write a line, if there is one, and read the next."""
        assert process.stdin is not None
        assert process.stdout is not None
        with _at_most(seconds, process.kill) as late:
            try:
                process.stdin.write(line)
                process.stdin.flush()
                answer = process.stdout.readline()
            except (BrokenPipeError, ConnectionError):
                answer = b""
        if late.is_set() and not self._closing:
            raise _LateError
        if not answer.endswith(b"\n"):
            raise _GoneError("its process ended")
        return answer

    def _wait_for_idleness(self) -> None:
        if self._idle is None and not self._closing:
            self._idle = threading.Timer(self._idle_seconds, self._is_idle)
            self._idle.daemon = True
            self._idle.start()

    def _is_idle(self) -> None:
        """The timer's: let the thread look, after what it has to do."""
        try:
            self._thread.submit(self._retire)
        except RuntimeError:
            return  # it is closing

    def _retire(self) -> None:
        self._idle = None
        if monotonic() - self._last >= self._idle_seconds:
            self._end()
        elif self._process is not None:
            self._wait_for_idleness()

    def _end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.communicate()  # closes its pipes and waits for it


@contextmanager
def _at_most(seconds: float, stop: Callable[[], None]) -> Iterator[threading.Event]:
    """Stop something when it takes longer; the event then is set."""
    late = threading.Event()

    def is_late() -> None:
        late.set()
        stop()

    timer = threading.Timer(seconds, is_late)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


@cache
def _recordings() -> list[Json]:
    found: list[Json] = json.loads(RECORDED.read_bytes())["recordings"]
    return found


def recorded(wanted: StepsRequest) -> Json:
    """What `python -m tools.lesson_steps` recorded at the learning rate nearest to the one wanted, as a factor."""
    of_this = [each for each in _recordings() if each["optimiser"] == wanted.optimiser]
    nearest = min(of_this, key=lambda each: abs(log10(each["learning_rate"]) - log10(wanted.learning_rate)))
    steps = nearest["steps"][: wanted.steps]
    return {"recorded": True, **nearest, "steps": steps, "diverged": len(steps) < wanted.steps}
