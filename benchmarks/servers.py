"""Starts the servers under test, each in a process of its own on a free port of 127.0.0.1."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import psutil

from app.access import is_loopback
from benchmarks.client import HOST, LoadError

TIMEOUT = 60.0  # seconds to wait for a server to start; importing PyTorch takes several
STOP_TIMEOUT = 10.0  # seconds to wait for a server to end
CHILD_TIMEOUT = 1.0  # seconds that its children have after that
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
        return self._sum(lambda process: process.memory_info().rss) / 1e6

    @property
    def cpu_seconds(self) -> float:
        """The processor time in seconds that the process and its children have used so far."""
        return self._sum(lambda process: sum(process.cpu_times()[:2]))  # user and system

    @property
    def proportional_megabytes(self) -> float:
        """The memory of the process and its children in 10⁶ bytes; shared pages are divided among them (PSS)."""
        return self._sum(lambda process: process.memory_full_info().pss) / 1e6

    @property
    def processes(self) -> int:
        """The number of processes: the first and its children."""
        return len(self._processes())

    def open_addresses(self) -> list[str]:
        """The addresses on which the process and its children listen and which other machines can reach."""
        listening = set()
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                connections = process.net_connections("inet")
                listening |= {each.laddr for each in connections if each.status == psutil.CONN_LISTEN}
        return sorted(f"{ip}:{port}" for ip, port in listening if not is_loopback(ip))

    def stop(self) -> None:
        """End the process, and those of its children that do not end with it."""
        try:
            processes = self._processes()
        except psutil.NoSuchProcess:
            processes = []
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _, left = psutil.wait_procs(processes, CHILD_TIMEOUT)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, STOP_TIMEOUT)

    def _sum(self, read: Callable[[psutil.Process], float]) -> float:
        """The sum of a figure over the process and its children, without those that end meanwhile."""
        total = 0.0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                total += read(process)
        return total

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
    port = free_port()
    command = [sys.executable, "-m", *module, "--port", str(port)]
    with started(command, port, lambda: _answers(port, ready), environment or {}) as server:
        yield server


def free_port() -> int:
    """A port of 127.0.0.1 on which no program listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(
    command: Sequence[str],
    port: int,
    ready: Callable[[], bool],
    environment: Mapping[str, str],
    folder: Path | None = None,
    log: IO[bytes] | None = None,
) -> Iterator[Server]:
    """Run a command that serves on a port, until the block ends. Waits until `ready` returns True.

    `environment` is added to the environment variables, and `folder` becomes the working directory. With `log`, what
    the command prints is written there, and Ctrl-C does not reach the command by itself.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=log or subprocess.DEVNULL,
        stderr=log,
        env=os.environ | environment,
        cwd=folder,
        start_new_session=log is not None,
    )
    name = " ".join(command[1:])
    server = Server(port, 0.0, process)
    try:
        while not ready():
            if process.poll() is not None:
                raise LoadError(f"{name} ended with {process.returncode} before it was ready")
            if time.perf_counter() - started > TIMEOUT:
                raise LoadError(f"{name} was not ready after {TIMEOUT:.0f} s")
            time.sleep(0.002)
        yield replace(server, seconds=time.perf_counter() - started)
    finally:
        server.stop()


def _answers(port: int, path: str) -> bool:
    """Whether GET `path` is answered with status 200."""
    try:
        with socket.create_connection((HOST, port), timeout=TIMEOUT) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False
