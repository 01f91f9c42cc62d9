"""Several worker processes for `inkling serve`, each with a uvicorn server on the same socket.

The code is ours because uvicorn's own supervisor leaves its workers behind when it is killed, keeps the socket open
while they end, and sometimes notices only after seconds that one of them has ended.
"""

import os
import signal
import socket
import threading
import time
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

import uvicorn

from app.cli import interrupts
from app.cli.serve import accepting_sockets

STARTUP_FAILURE = 3  # the exit status of a uvicorn server that cannot start
_SHORT_SECONDS = 1.0  # a worker that lives no longer is not replaced at once, because the next one would end as soon
_END_SECONDS = 10.0  # a worker that takes longer to end is killed; uvicorn's own timeout for requests is shorter


def run_workers(config: uvicorn.Config, listening: socket.socket, count: int) -> int:
    """Run `count` workers until SIGTERM or SIGINT. Workers that end are replaced. Returns the exit status.

    If a worker cannot start, all are stopped, and the status is 3.
    """
    stop_read, stop_write = socket.socketpair()

    def stop(*_: object) -> None:
        stop_write.send(b".")

    signal.signal(signal.SIGTERM, stop)
    interrupts.keep_from_children(stop)
    workers = [_start(config, listening) for _ in range(count)]
    status = 0
    while stop_read not in (ready := wait([stop_read, *(worker.sentinel for worker in workers)])):
        ended = [worker for worker in workers if worker.sentinel in ready]
        for worker in ended:
            worker.join()
        if any(worker.exitcode == STARTUP_FAILURE for worker in ended):
            status = STARTUP_FAILURE
            break
        if _lived_shortly(ended) and wait([stop_read], _SHORT_SECONDS):
            break
        workers = [_start(config, listening) if worker in ended else worker for worker in workers]
    listening.close()  # otherwise the system would accept connections that nobody serves
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _END_SECONDS
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        worker.kill()
        worker.join()
    return status


class _Worker(SpawnProcess):
    started = 0.0  # seconds of the monotonic clock


def _lived_shortly(ended: list[_Worker]) -> bool:
    return any(time.monotonic() - worker.started < _SHORT_SECONDS for worker in ended)


def _start(config: uvicorn.Config, listening: socket.socket) -> _Worker:
    worker = _Worker(target=_work, args=(config, listening))
    worker.started = time.monotonic()
    worker.start()
    return worker


def _work(config: uvicorn.Config, listening: socket.socket) -> None:
    """Run a server in this process until the supervisor sends SIGTERM, or until the supervisor has ended."""
    threading.Thread(target=_stop_after_supervisor, daemon=True).start()
    config.configure_logging()
    uvicorn.Server(config).run(sockets=accepting_sockets(listening))


def _stop_after_supervisor() -> None:
    supervisor = parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)
