"""Several worker processes for `inkling serve`, each with a uvicorn server on the same socket.

The code is ours because uvicorn's own supervisor leaves its workers behind when it is killed, keeps the socket open
while they end, may notice only after seconds that one of them has ended, and then takes seconds to start another.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess

import uvicorn

from app.cli import interrupts
from app.cli.serve import accepting_sockets
from app.cli.serving.memory import return_large_blocks
from app.http.connections.server import Server
from app.settings import ROOT
from model.inference.engines import NO_TELEMETRY

STARTUP_FAILURE = 3  # the exit status of a uvicorn server that cannot start
_SHORT_SECONDS = 1.0  # a worker that ends sooner is not replaced at once: the next one would do the same
_ATTEMPTS = 20  # to start a worker
_PAUSE_SECONDS = 0.1  # between two attempts
_UNKNOWN = 255  # the exit status of a worker if the process from which it was forked has ended
_END_SECONDS = 10.0  # a worker that takes longer to end is killed; uvicorn's own timeout for requests is shorter
# The modules that a worker imports. On Linux, one process imports them once and is then forked for each worker, so that
# a worker starts in a fraction of the time.
_MODULES = ["app.cli.serving.workers", "app.main", "app.http.connections.header_timeout", "onnxruntime", "uvloop"]


def run_workers(config: uvicorn.Config, listening: socket.socket, count: int) -> int:
    """Run `count` workers until SIGTERM or SIGINT. Workers that end are replaced. Returns the exit status.

    If a worker cannot start, all are stopped, and the status is 3.
    """
    stop_read, stop_write = socket.socketpair()

    def stop(*_: object) -> None:
        stop_write.send(b".")

    signal.signal(signal.SIGTERM, stop)
    interrupts.keep_from_children(stop)
    context = _context()

    def start() -> _Worker:
        return _start(lambda: context.Process(target=_work, args=(config, listening)))

    workers = [start() for _ in range(count)]
    status = 0
    while stop_read not in (ready := wait([stop_read, *(worker.sentinel for worker in workers)])):
        ended = [worker for worker in workers if worker.sentinel in ready]
        for worker in ended:
            worker.join()
        if any(worker.process.exitcode == STARTUP_FAILURE for worker in ended):
            status = STARTUP_FAILURE
            break
        if any(worker.ended_early() for worker in ended) and wait([stop_read], _SHORT_SECONDS):
            break
        workers = [start() if worker in ended else worker for worker in workers]
    listening.close()  # otherwise the system would accept connections that nobody serves
    for worker in workers:
        worker.process.terminate()
    deadline = time.monotonic() + _END_SECONDS
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        worker.process.kill()
        worker.process.join()
    return status


class _Worker:
    def __init__(self, process: BaseProcess) -> None:
        self.process = process
        self.started = time.monotonic()
        process.start()
        self.sentinel = process.sentinel

    def join(self) -> None:
        """Wait until the process has ended. If the process from which it was forked has ended instead, end it."""
        self.process.join()
        if self.process.exitcode == _UNKNOWN and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGTERM)

    def ended_early(self) -> bool:
        return time.monotonic() - self.started < _SHORT_SECONDS


def _start(create: Callable[[], BaseProcess]) -> _Worker:
    """Start a worker. If the process that should fork it is just ending, try again: a new one is started then."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(OSError, EOFError):
            return _Worker(create())
        time.sleep(_PAUSE_SECONDS)
    return _Worker(create())


def _context() -> ForkServerContext | SpawnContext:
    """How processes are started: on Linux, as forks of a process that has imported the modules."""
    if sys.platform != "linux":
        return get_context("spawn")
    # That process imports the modules from here, not from packages with the same names in the working folder.
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    os.environ.update(NO_TELEMETRY)
    context = get_context("forkserver")
    context.set_forkserver_preload(_MODULES)
    return context


def _work(config: uvicorn.Config, listening: socket.socket) -> None:
    """Run a server in this process until the supervisor sends SIGTERM, or until the supervisor has ended."""
    threading.Thread(target=_stop_after_supervisor, daemon=True).start()
    return_large_blocks()
    config.configure_logging()
    Server(config).run(sockets=accepting_sockets(listening))


def _stop_after_supervisor() -> None:
    """Wait until the supervisor has ended. Then stop this process."""
    supervisor = parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)
