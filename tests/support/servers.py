"""Runs the complete service in a process of its own, for tests that send requests over the network."""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psutil

from tests import ROOT

START_SECONDS = 60.0
PATIENCE = 60.0  # seconds, far longer than anything takes on a busy machine
# These ports are below the range from which systems choose ports, so no other program takes a port between its release
# and its use.
PORTS = range(20_000, 32_000)
_given: set[int] = set()


def own_ports() -> range:
    """The ports of this process of pytest-xdist, all of them without pytest-xdist.

    If the processes shared them, one could take a port before a program of another one listens on it, or while that
    program is restarted.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return PORTS[process :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]


def free_port() -> int:
    """A random port of 127.0.0.1 on which no program listens, another one with each call."""
    while True:
        port = random.SystemRandom().choice(own_ports())  # a seed would give two runs of the tests the same ports
        with socket.socket() as listening:
            try:
                listening.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


def has_been_read(port: int) -> bool:
    """Whether the programs that listen on a port of 127.0.0.1 have accepted and read all that clients have sent."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    unread = [int(row[4].partition(":")[2], 16) for row in rows if row[1] == f"0100007F:{port:04X}"]
    return sum(unread) == 0


class LiveServer:
    """`inkling serve` on 127.0.0.1. It can be stopped and started again on the same port.

    `environment` has variables in addition to those that this process has now. `runs` is the folder of runs and
    uploads; by default, it is a temporary one. What the service prints is appended to `log`.
    """

    def __init__(
        self,
        *options: str,
        port: int | None = None,
        environment: dict[str, str] | None = None,
        runs: Path | None = None,
        log: Path | None = None,
    ) -> None:
        if runs is None:
            runs = Path(tempfile.mkdtemp(prefix="inkling-runs-"))
            weakref.finalize(self, shutil.rmtree, runs, ignore_errors=True)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        own = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "INKLING_RUNS": str(runs)}
        self._environment = os.environ | own | (environment or {})
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the service and wait until it is ready. Raises RuntimeError if it ends or takes too long."""
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), *self._options]
        with self._log.open("ab") if self._log else nullcontext() as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log)
        if not wait_until(self._ready, START_SECONDS):
            self.stop()
            raise RuntimeError(f"the service was not ready within {START_SECONDS} s")

    def stop(self) -> None:
        """Stop the service and wait until its process has ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Kill the service, as the system does when memory runs out."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"the service ended with status {self._process.returncode}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def training_service(runs: Path, data: Path, environment: dict[str, str] | None = None) -> Iterator[LiveServer]:
    """A service that trains in `runs`. Afterwards, it and its training processes are killed, if they still run."""
    own = {"INKLING_DATA": str(data)}
    server = LiveServer("--engine", "onnx", environment=own | (environment or {}), runs=runs)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        for process in training_processes(runs):
            process.kill()


def training_processes(runs: Path) -> list[psutil.Process]:
    """The processes that train a run in this folder."""
    return [each for each in psutil.process_iter(["cmdline"]) if str(runs) in (each.info["cmdline"] or ())]


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE, longest_pause: float = 0.02) -> bool:
    """Call `condition` repeatedly until it returns True. Returns False if that takes more than `seconds`.

    The pauses between the calls grow up to `longest_pause`, in seconds.
    """
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(2 * pause, longest_pause)
    return held
