"""`inkling serve` in a process that a test may kill, and clients that send requests until the test stops them."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx2
import psutil

from tests import ROOT
from tests.app.connections.raw_http import post
from tests.support.servers import PATIENCE, free_port, wait_until

WORKERS = 2


class Supervised:
    """The service with several workers, or with one."""

    def __init__(self, workers: int = WORKERS) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), "--workers", str(workers)]
        # Remove the variable CI, because with CI set, ONNX Runtime switches its telemetry off.
        environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)})
        assert wait_until(lambda: (workers == 1 or len(self.workers()) == workers) and self.is_ready(), 90)

    def workers(self) -> list[psutil.Process]:
        """The worker processes: they are forked from a child of the supervisor."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a test may have killed it
                if child.ppid() != self.process.pid:
                    found.append(child)
        return found

    def fork_server(self) -> psutil.Process:
        """The process from which the workers are forked."""
        (parent,) = {worker.ppid() for worker in self.workers()}
        return psutil.Process(parent)

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def port_is_free(self) -> bool:
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind(("127.0.0.1", self.port))
            except OSError:
                return False
            return True


@contextmanager
def supervised(workers: int = WORKERS) -> Iterator[Supervised]:
    """Run the service. At the end, none of its processes is left, even if the test has killed some."""
    started = Supervised(workers)
    processes = psutil.Process(started.process.pid).children(recursive=True)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            processes += psutil.Process(started.process.pid).children(recursive=True)
            started.process.kill()
        started.process.wait(PATIENCE)
        for process in processes:
            if process.is_running():
                process.kill()


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)  # in a container, perhaps no process waits for orphans
    except psutil.NoSuchProcess:
        return False


@dataclass
class Clients:
    """Clients that send one request after another, and the outcome of the requests.

    `lost` has, for each client, the number of requests that were sent without an error and got no response.
    """

    port: int
    lost: list[int] = field(default_factory=list)
    answered: int = 0
    refused: int = 0  # attempts to connect
    announced: int = 0  # responses with `Connection: close`
    finished: bool = False  # set by the test; the clients then end

    async def send(self, *, keep: bool, reconnect: bool) -> None:
        """Send requests, all over one connection or each over a new one.

        End when a connection is refused; with `reconnect`, also go on after lost requests.
        """
        client = len(self.lost)
        self.lost.append(0)
        while not self.finished:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.refused += 1
                return
            try:
                while not self.finished:
                    writer.write(post())
                    headers = (await reader.readuntil(b"\r\n\r\n")).lower()
                    assert headers.startswith(b"http/1.1 200"), headers
                    _, _, rest = headers.partition(b"content-length:")
                    await reader.readexactly(int(rest.partition(b"\r\n")[0]))
                    self.answered += 1
                    closed = b"connection: close" in headers
                    self.announced += closed
                    if closed or not keep:
                        break
            except (OSError, asyncio.IncompleteReadError):
                self.lost[client] += 1
                if not reconnect:
                    return
            finally:
                writer.close()

    async def answers(self, count: int, seconds: float = PATIENCE) -> None:
        """Wait until this many more requests have been answered."""
        wanted = self.answered + count
        async with asyncio.timeout(seconds):
            while self.answered < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
