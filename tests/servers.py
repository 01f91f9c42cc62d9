"""A real service in a process of its own, on a port of its own, for tests that need the whole of it."""

import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from tests import ROOT

START_SECONDS = 60.0
# Below those that systems hand out by themselves: a port that a test gives back for a moment stays free.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of this machine that nobody listens on, and hardly anybody else is about to."""
    while True:
        port = random.SystemRandom().choice(PORTS)  # not the seeded one, which is the same for tests side by side
        with socket.socket() as listening:
            try:
                listening.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class LiveServer:
    """`inkling serve` on 127.0.0.1. It can be stopped and started again on the same port."""

    def __init__(self, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it is ready; raises RuntimeError when it ends or takes too long."""
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        if not wait_until(self._ready, START_SECONDS):
            self.stop()
            raise RuntimeError(f"the service was not ready within {START_SECONDS} s")

    def stop(self) -> None:
        """End it, and return when it has ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
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


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until `condition` holds; False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held
