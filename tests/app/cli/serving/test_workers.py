"""Several workers: they end with their supervisor, are replaced, and answer what they have begun to read."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import psutil
import pytest

from tests import ROOT
from tests.app.connections.raw_http import SEVEN, Connection, post
from tests.support.servers import free_port, wait_until


class Supervised:
    """`inkling serve --workers 2` in a process that a test may kill."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port), "--workers", "2"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
        assert wait_until(lambda: len(self.workers()) == 2 and self.is_ready(), 90)

    def workers(self) -> list[psutil.Process]:
        """The worker processes. multiprocessing also starts a process that tracks resources."""
        return [child for child in psutil.Process(self.process.pid).children() if is_worker(child)]

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


@pytest.fixture
def supervised() -> Iterator[Supervised]:
    started = Supervised()
    workers = started.workers()
    yield started
    if started.process.poll() is None:
        workers += started.workers()
        started.process.kill()
    started.process.wait(10)
    for worker in workers:
        if worker.is_running():
            worker.kill()


def test_workers_end_when_their_supervisor_is_killed(supervised: Supervised) -> None:
    workers = supervised.workers()
    supervised.process.send_signal(signal.SIGKILL)
    supervised.process.wait(10)
    assert wait_until(lambda: not any(map(is_alive, workers)), 20)
    assert wait_until(supervised.port_is_free, 5)


def test_killed_workers_are_replaced(supervised: Supervised) -> None:
    before = {worker.pid for worker in supervised.workers()}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: len({worker.pid for worker in supervised.workers()} - before) == 2, 30)
    assert wait_until(supervised.is_ready, 60)


def test_a_stopping_service_answers_what_it_has_begun_to_read_and_refuses_the_rest(supervised: Supervised) -> None:
    connections = [Connection(supervised.url) for _ in range(4)]
    cuts = [10, 40, len(post()) - len(SEVEN) - 1, len(post()) - 3]
    for connection, cut in zip(connections, cuts, strict=True):
        connection.send(post()[:cut])
    time.sleep(0.3)  # so that the workers have begun to read
    supervised.process.terminate()
    assert wait_until(lambda: refuses(supervised.port), 10)
    for connection, cut in zip(connections, cuts, strict=True):
        connection.send(post()[cut:])
    for connection in connections:
        assert connection.digit() == 7
        assert connection.is_closed()
        connection.close()
    assert supervised.process.wait(20) == 0


def is_worker(child: psutil.Process) -> bool:
    try:
        return any("spawn_main" in part for part in child.cmdline())
    except psutil.Error:  # it has just ended
        return False


def is_alive(worker: psutil.Process) -> bool:
    try:
        return bool(worker.status() != psutil.STATUS_ZOMBIE)  # in a container, nobody may wait for orphans
    except psutil.NoSuchProcess:
        return False


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
