"""An open-loop load generator: requests leave on a schedule that is fixed beforehand.

A closed-loop client waits for a slow server and so sends less while the server is slow. Here a request's latency counts
from its scheduled time, so that a delay also counts for all the requests it holds up.

Each connection has at most one request in flight, as the page does. If the previous response is late, the next request
is sent late. A request is lost if it gets an error or a status other than 200, if its response takes more than a second
from the scheduled time, or if there is no response at the end.
"""

import gc
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.client import HOST, Request, ResponseReader

LOST = 1.0  # seconds from the scheduled time after which a request is lost
START = 0.1  # seconds from the start of the run to the first scheduled request
_CHUNK = 1 << 16  # bytes to read at once; more than one response takes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run; times in seconds.

    `answered` has the scheduled time, from the start, and the latency of each request that was answered in time.
    `rate` is their number per second of the schedule. `lateness` is the generator's own delay, an error of measurement:
    for each request, the time from when it was due and its connection was free until it was sent.
    """

    scheduled: int
    answered: list[tuple[float, float]]
    lateness: list[float]
    rate: float

    @property
    def lost(self) -> int:
        """How many requests got no good response in time."""
        return self.scheduled - len(self.answered)


class _Connection:
    """One connection, its requests and their schedule."""

    def __init__(self, port: int, wires: Sequence[bytes], times: Sequence[float], accept: bytes) -> None:
        self.port = port
        self.wires, self.times, self.accept = wires, times, accept
        self.next = 0  # the next request to send
        self.free = 0.0  # when the connection became free
        self.in_flight: float | None = None  # the scheduled time of the request in flight
        self.reader = ResponseReader()
        self.answered: list[tuple[float, float]] = []  # scheduled time and latency
        self.lateness: list[float] = []
        self.connect()

    def connect(self) -> None:
        self.in_flight = None
        self.socket = socket.create_connection((HOST, self.port), timeout=LOST)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reconnect(self) -> None:
        """Give up the request in flight, and all others if the server refuses new connections."""
        self.socket.close()
        try:
            self.connect()
        except OSError:
            self.next = len(self.times)

    def due(self) -> float | None:
        """When the next request is to be sent; None while one is in flight, and after the last."""
        return self.times[self.next] if self.in_flight is None and self.next < len(self.times) else None

    def send(self, now: float) -> None:
        """Send the next request; skip those that are lost already."""
        while self.next < len(self.times) and self.times[self.next] < now - LOST:
            self.next += 1
        if self.next == len(self.times) or self.times[self.next] > now:
            return
        self.in_flight = self.times[self.next]
        self.lateness.append(now - max(self.in_flight, self.free))
        self.reader.reset()
        wire = self.wires[self.next]
        self.next += 1
        try:
            self.socket.sendall(wire)
        except OSError:
            self.reconnect()

    def receive(self) -> None:
        try:
            data = self.socket.recv(_CHUNK)
            if not data or self.in_flight is None:
                self.reconnect()
            elif self.reader.feed(data):
                self.free = perf_counter()
                latency = self.free - self.in_flight
                if self.reader.is_ok(self.accept) and latency <= LOST:
                    self.answered.append((self.in_flight, latency))
                self.in_flight = None
        except (OSError, ValueError):
            self.reconnect()


def run(port: int, requests: Sequence[Sequence[Request]], interval: float) -> Outcome:
    """Send each connection's requests, one per `interval` seconds.

    The connections' schedules are shifted against one another, so that their requests are spread evenly over time.
    Raises OSError if the server refuses the connections.
    """
    wires = [[request.wire for request in sequence] for sequence in requests]
    accept = requests[0][0].accept.encode()
    start = perf_counter() + START
    connections = []
    for i, sequence in enumerate(wires):
        phase = start + interval * i / len(wires)
        times = [phase + interval * turn for turn in range(len(sequence))]
        connections.append(_Connection(port, sequence, times, accept))
    gc.collect()
    gc.disable()
    try:
        _run(connections, start + interval * max(map(len, wires)) + LOST)
    finally:
        gc.enable()
        for connection in connections:
            connection.socket.close()
    scheduled = sum(map(len, wires))
    answered = [(at - start, latency) for connection in connections for at, latency in connection.answered]
    lateness = [late for connection in connections for late in connection.lateness]
    return Outcome(scheduled, answered, lateness, len(answered) / (interval * max(map(len, wires))))


def _run(connections: Sequence[_Connection], end: float) -> None:
    """Send and receive until every request is answered or `end` has come."""
    # select, because it waits for microseconds where epoll and asyncio's timers round to milliseconds.
    while (now := perf_counter()) < end:
        by_socket = {connection.socket: connection for connection in connections}
        due = [at for connection in connections if (at := connection.due()) is not None]
        if not due and all(connection.in_flight is None for connection in connections):
            return
        wait = max(min(due, default=end) - now, 0.0)
        readable, _, _ = select.select(list(by_socket), (), (), min(wait, end - now))
        for ready in readable:
            by_socket[ready].receive()
        now = perf_counter()
        for connection in connections:
            if (at := connection.due()) is not None and at <= now:
                connection.send(now)
