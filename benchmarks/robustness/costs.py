"""What single requests cost: how long each keeps the event loop busy, and how much memory it takes.

Each request runs in a process of its own, forked from one that has the application loaded. The application is called
without a network, on the same event loop as a task that measures the time between its turns.
"""

import asyncio
import math
import resource
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import psutil
from fastapi import FastAPI
from starlette.types import Message, Scope

from app.cli.serving.memory import return_large_blocks
from app.main import create_app
from app.settings import Settings
from benchmarks import servers
from benchmarks.client import HOST, TIMEOUT
from benchmarks.robustness.inputs import Input

BLOCK_MS, MEMORY_MB = 20.0, 64.0  # targets
STAYING_MB = 100.0  # target: the growth of the resident memory after hundreds of such requests
_TURN = 0.001  # seconds between the turns of the measuring task
_TIMES = 3  # calls; the shortest block counts, because other programs can only lengthen it
_ORDINARY = Input("", "/predict")
_SEVEN = b'{"strokes":[[[30,40],[110,40],[60,150]]]}'


class Cost(NamedTuple):
    """What one request costs. `memory_mb` is the growth of the peak of the resident memory, in 10⁶ bytes.

    `seconds` is the time until the response is complete.
    """

    name: str
    status: int
    block_ms: float
    memory_mb: float
    seconds: float


def costs(requests: Iterable[Input], enough_ms: float = 0.0) -> Iterator[Cost]:
    """Measure each request a few times, but stop once it has kept the event loop busy for at most `enough_ms`."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        for request in requests:
            content = request.make()  # not in the other process, whose memory is measured
            yield pool.submit(_measured, request._replace(make=bytes), content, enough_ms).result()


def _measured(request: Input, content: bytes, enough_ms: float) -> Cost:
    return asyncio.run(_measure(request, content, enough_ms))


def memory(requests: Iterable[Input], rounds: int) -> list[float]:
    """The resident memory of a running service in 10⁶ bytes: before, and after each round of all requests.

    Eight clients send the requests. The process that computes the lesson's steps does not count; it ends when idle.
    Requests for the lab's maps are left out: the service keeps their numbers, up to app.lab.maps.MAX_VECTORS.
    """
    contents = [(request, request.make()) for request in requests if not request.target.startswith("/lab/map")]
    with servers.inkling() as server, ThreadPoolExecutor(8) as clients:
        process = psutil.Process(server.process.pid)
        measured = [process.memory_info().rss / 1e6]
        for _ in range(rounds):
            list(clients.map(lambda each: _send(server.port, *each), contents))
            measured.append(process.memory_info().rss / 1e6)
    return measured


def _send(port: int, request: Input, content: bytes) -> int:
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT)
    headers = {"Accept": request.accept, "Accept-Encoding": "gzip", "Content-Type": request.media_type}
    connection.request("POST" if content else "GET", request.target, content or None, headers)
    with connection.getresponse() as response:
        response.read()
        status = response.status
    connection.close()
    return status


async def _measure(request: Input, content: bytes, enough_ms: float) -> Cost:
    return_large_blocks()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(engine="onnx", collect=True, collect_file=Path(folder) / "corrections.sqlite"))
        async with app.router.lifespan_context(app):
            for _ in range(3):
                await _call(app, _ORDINARY, _SEVEN)
            before = psutil.Process().memory_info().rss
            blocks: list[float] = []
            durations: list[float] = []
            while len(blocks) < _TIMES and min(blocks, default=math.inf) * 1e3 > enough_ms:
                turns = [perf_counter()]
                turning = asyncio.create_task(_take_turns(turns))
                await asyncio.sleep(5 * _TURN)
                started = perf_counter()
                status = max(await asyncio.gather(*(_call(app, request, content) for _ in range(request.times))))
                durations.append(perf_counter() - started)
                await asyncio.sleep(2 * _TURN)
                turning.cancel()
                blocks.append(max(later - earlier for earlier, later in pairwise(turns)) - _TURN)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
            return Cost(request.name, status, min(blocks) * 1e3, memory / 1e6, min(durations))


async def _take_turns(turns: list[float]) -> None:
    while True:
        await asyncio.sleep(_TURN)
        turns.append(perf_counter())


async def _call(app: FastAPI, request: Input, content: bytes) -> int:
    """Call the application. Returns the status of the response."""
    path, _, query = request.target.partition("?")
    status = 0
    sent = False
    ended = asyncio.Event()

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await ended.wait()
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    headers = {"host": "localhost", "accept": request.accept, "accept-encoding": "gzip"}
    if content:
        headers |= {"content-type": request.media_type, "content-length": str(len(content))}
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": "POST" if content else "GET", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    ended.set()
    return status
