"""How the service behaves when it gets ten times as many requests as it can answer.

An open loop sends the requests on a schedule over many connections, as in `open_loop`; a tenth of the requests open a
connection of their own. At the same time, another process requests /livez and /readyz on new connections. The service
should answer some requests fast and refuse the others at once, with 503 and Retry-After.

On few cores, the load generator delays the responses that it measures. A second run shows by how much: it sends the
same requests to a server that only sends a fixed response.
"""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import psutil
import uvloop

from benchmarks import client
from benchmarks.client import HOST, Request
from benchmarks.servers import Server

FACTOR = 10  # times the measured capacity
TARGETS = {"p99_ms": 250.0, "livez_ms": 100.0, "readyz_ms": 100.0, "memory_mb": 100.0, "after_ms": 50.0}
_BODY = b'{"strokes": [[[30, 40], [110, 40], [60, 150]]]}'
REQUEST = Request("POST", "/feature-maps", _BODY, "application/json")  # all layers as JSON, the most expensive response
# Requests per second; a lower rate is measured only if other programs use the machine meanwhile.
_LEAST_CAPACITY = 100.0
_PROBE_SECONDS = 0.1
_PROBED = ("/livez", "/readyz")
_PATIENCE = 60.0  # seconds; a longer response counts as lost


@dataclass(slots=True)
class Overload:
    """The result of a run. Latencies are in milliseconds, memory in 10⁶ bytes.

    `capacity` is the number of requests per second that are answered on eight connections, `rate` the number that the
    open loop sends. `late` has the generator's own delay for each request: from the moment when it was due and its
    connection was free, to the moment when it was sent. `after_ms` is the p99 of 50 requests that are sent one by one,
    a second after the load.
    """

    capacity: float = 0.0
    rate: float = 0.0
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    lost: int = 0
    probes: dict[str, list[float]] = field(default_factory=dict)
    peak_mb: float = 0.0
    after_ms: float = 0.0
    memory_after_mb: float = 0.0


def quantile(values: list[float], share: float) -> float:
    """The smallest value that is not exceeded by this share of the values; NaN if there are none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def measure(server: Server, connections: int, seconds: float) -> Overload:
    """Measure the capacity, then send FACTOR times as many requests for `seconds` over `connections` connections."""
    capacity = client.measure(server.port, [REQUEST], 8, max(0.5, seconds / 4)).rate
    # In another process, because here the responses to the load would delay these measurements.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(probe, server.port, 0.0).result()  # wait until the process has started
        probing = pool.submit(probe, server.port, seconds)
        outcome = uvloop.run(_Run(server, connections, seconds, FACTOR * max(capacity, _LEAST_CAPACITY)).result())
        outcome.probes = probing.result()
    outcome.capacity = capacity
    return outcome


def measure_generator(server: Server, connections: int, seconds: float, rate: float) -> Overload:
    """Send the requests of `measure` at a known rate to another server."""
    return uvloop.run(_Run(server, connections, seconds, rate).result())


def probe(port: int, seconds: float) -> dict[str, list[float]]:
    """The latencies of /livez and /readyz in milliseconds; infinite if the status is not 200."""
    return uvloop.run(_probe_all(port, time.perf_counter() + seconds))


async def _probe_all(port: int, end: float) -> dict[str, list[float]]:
    return dict(zip(_PROBED, await asyncio.gather(*(_probe(port, path, end) for path in _PROBED)), strict=True))


async def _probe(port: int, path: str, end: float) -> list[float]:
    wire = Request("GET", path, b"", "").wire
    latencies = []
    while time.perf_counter() < end:
        status, latency = await _once(port, wire)
        latencies.append(latency if status == 200 else float("inf"))
        await asyncio.sleep(_PROBE_SECONDS)
    return latencies


async def _once(port: int, wire: bytes) -> tuple[int, float]:
    """Status and latency of a request on a new connection."""
    started = time.perf_counter()
    async with asyncio.timeout(_PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 22)
        status = await _exchange(reader, writer, wire)
    writer.close()
    return status, 1000 * (time.perf_counter() - started)


class _Run:
    def __init__(self, server: Server, connections: int, seconds: float, rate: float) -> None:
        self.server, self.connections, self.seconds = server, connections, seconds
        self.outcome = Overload(rate=rate)
        self.end = 0.0

    async def result(self) -> Overload:
        outcome = self.outcome
        before = self.server.megabytes
        self.end = time.perf_counter() + self.seconds
        interval = self.connections / outcome.rate
        loads = [
            self._load(i * interval / self.connections, interval, fresh=i % 10 == 0) for i in range(self.connections)
        ]
        await asyncio.gather(*loads, self._watch_memory(before))
        await asyncio.sleep(1.0)
        latencies = [(await _once(self.server.port, REQUEST.wire))[1] for _ in range(50)]
        outcome.after_ms = quantile(latencies, 0.99)
        outcome.memory_after_mb = self.server.megabytes - before
        return outcome

    async def _load(self, phase: float, interval: float, *, fresh: bool) -> None:
        """Send a request every `interval` seconds, on one connection, or each on a connection of its own."""
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        scheduled = time.perf_counter() + phase
        while scheduled < self.end:
            await asyncio.sleep(max(0.0, scheduled - time.perf_counter()))
            self.outcome.late.append(1000 * (time.perf_counter() - scheduled))
            try:
                async with asyncio.timeout(_PATIENCE):
                    if connection is None or fresh:
                        connection = await asyncio.open_connection(HOST, self.server.port, limit=1 << 22)
                    status = await _exchange(*connection, REQUEST.wire)
                if fresh:
                    connection[1].close()
                latency = 1000 * (time.perf_counter() - scheduled)
                (self.outcome.answered if status == 200 else self.outcome.refused).append(latency)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                self.outcome.lost += 1
                connection = None
            # A late response delays the next request; requests that were due in the meantime are not sent.
            scheduled = max(scheduled + interval, time.perf_counter())
        if connection is not None:
            connection[1].close()

    async def _watch_memory(self, before: float) -> None:
        process = psutil.Process(self.server.process.pid)
        while time.perf_counter() < self.end:
            self.outcome.peak_mb = max(self.outcome.peak_mb, process.memory_info().rss / 1e6 - before)
            await asyncio.sleep(_PROBE_SECONDS / 2)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: bytes) -> int:
    """Send a request and return the status of the response. Raises OSError or IncompleteReadError."""
    writer.write(wire)
    headers = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, rest = headers.partition(b"content-length:")
    await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    return int(headers[9:12])
