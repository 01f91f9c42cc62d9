"""Servers to measure, each a process of its own on a free port of 127.0.0.1."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from benchmarks.client import HOST, LoadError

PATIENCE = 60.0  # seconds to wait for a server; torch takes its time to import
# As `inkling serve` configures uvicorn, so that what differs is the application alone.
LOOP = ("--no-access-log", "--log-level", "warning", "--no-server-header", "--no-date-header")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `seconds` is how long it took from the start of its process to its first good answer."""

    port: int
    seconds: float
    process: subprocess.Popen[bytes]

    @property
    def megabytes(self) -> float:
        """Resident memory of the process and its children, in 10⁶ bytes."""
        return float(sum(member.memory_info().rss for member in self._family())) / 1e6

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the process and its children have used so far."""
        return float(sum(times.user + times.system for times in (member.cpu_times() for member in self._family())))

    def _family(self) -> list[psutil.Process]:
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True)]


@contextmanager
def inkling() -> Iterator[Server]:
    """The service, as `make serve` starts it."""
    with _server(["app.cli", "serve", "--host", HOST], "/readyz") as server:
        yield server


@contextmanager
def bare(application: str, path: str = "/openapi.json") -> Iterator[Server]:
    """A bare application under the same server software as the service's; ready when `path` is answered."""
    with _server(["uvicorn", application, "--host", HOST, *LOOP], path) as server:
        yield server


@contextmanager
def _server(module: Sequence[str], ready: str) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *module, "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        while not _answers(port, ready):
            if process.poll() is not None:
                raise LoadError(f"{' '.join(module)} ended with {process.returncode} before it was ready")
            if time.perf_counter() - started > PATIENCE:
                raise LoadError(f"{' '.join(module)} was not ready after {PATIENCE:.0f} s")
            time.sleep(0.002)
        yield Server(port, time.perf_counter() - started, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int, path: str) -> bool:
    """Whether GET `path` is answered with 200 now."""
    try:
        with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False
