"""Starts the servers under test, each in a process of its own on a free port of 127.0.0.1."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from benchmarks.client import HOST, LoadError

TIMEOUT = 60.0  # seconds to wait for a server to start; importing PyTorch takes several
# The options with which `inkling serve` runs uvicorn, so that the servers differ only in the application.
UVICORN_OPTIONS = ("--no-access-log", "--log-level", "warning", "--no-server-header", "--no-date-header")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `seconds` is the time from the start of its process to its first response with status 200."""

    port: int
    seconds: float
    process: subprocess.Popen[bytes]

    @property
    def megabytes(self) -> float:
        """The resident memory of the process and its children in 10⁶ bytes."""
        return float(sum(process.memory_info().rss for process in self._processes())) / 1e6

    @property
    def cpu_seconds(self) -> float:
        """The processor time in seconds that the process and its children have used so far."""
        return float(sum(times.user + times.system for times in (process.cpu_times() for process in self._processes())))

    def _processes(self) -> list[psutil.Process]:
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True)]


@contextmanager
def inkling(**environment: str) -> Iterator[Server]:
    """Run the service as `make serve` does, with these environment variables, until the block ends."""
    with _server(["app.cli", "serve", "--host", HOST], "/readyz", environment) as server:
        yield server


@contextmanager
def bare(application: str, path: str = "/openapi.json") -> Iterator[Server]:
    """Run another application with the service's uvicorn options, until the block ends.

    The server counts as ready when GET `path` has status 200.
    """
    with _server(["uvicorn", application, "--host", HOST, *UVICORN_OPTIONS], path) as server:
        yield server


@contextmanager
def fixed() -> Iterator[Server]:
    """Run a server that gives every request the same response, until the block ends."""
    with _server(["benchmarks.baselines.fixed", "--host", HOST], "/") as server:
        yield server


@contextmanager
def _server(module: Sequence[str], ready: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    started = time.perf_counter()
    command = [sys.executable, "-m", *module, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | (environment or {}))
    try:
        while not _answers(port, ready):
            if process.poll() is not None:
                raise LoadError(f"{' '.join(module)} ended with {process.returncode} before it was ready")
            if time.perf_counter() - started > TIMEOUT:
                raise LoadError(f"{' '.join(module)} was not ready after {TIMEOUT:.0f} s")
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
    """Whether GET `path` is answered with status 200."""
    try:
        with socket.create_connection((HOST, port), timeout=TIMEOUT) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False
