"""An open-loop load generator: requests leave on a schedule that is fixed beforehand.

A closed-loop client waits for each response, so it sends fewer requests while the server is slow. Here, the latency of
a request counts from its scheduled time, so one slow response also increases the latency of the requests behind it.

Like the page, each connection has at most one request in flight. If the previous response is late, the next request is
sent late. A request is lost if the connection fails, if the status is not 200, if the response has another media type,
or if the response arrives more than a second after the scheduled time. Of the lost requests, those that the server
answered with status 503 are also counted as refused.
"""

import gc
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

from benchmarks.client import HOST, Request, ResponseReader

LOST = 1.0  # seconds; a request without a response this long after its scheduled time counts as lost
START = 0.1  # seconds from the start of the run to the first scheduled request
_CHUNK = 1 << 16  # bytes to read at once; larger than any response


class Response(NamedTuple):
    """A response: the scheduled time of its request, and the seconds until the response was complete, counted from that
    time (`latency`) and from when the request was sent (`since_sent`)."""

    scheduled: float
    latency: float
    since_sent: float

    def after(self, start: float) -> "Response":
        """The same response, with its scheduled time counted from `start`."""
        return self._replace(scheduled=self.scheduled - start)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run. Times are in seconds.

    `scheduled` is the number of requests. `answered` has the responses that arrived in time, `refused` those with
    status 503; their scheduled times count from the start of the run. `rate` is the number of answered requests per
    second of the schedule.
    `lateness` has the generator's own delay for each request, which is an error of the measurement: the time between
    the moment when the request was due and its connection was free, and the moment when the request was sent.
    """

    scheduled: int
    answered: list[Response]
    refused: list[Response]
    lateness: list[float]
    rate: float

    @property
    def lost(self) -> int:
        """The number of requests without a good response in time."""
        return self.scheduled - len(self.answered)


class _Connection:
    """One connection with its requests and their scheduled times."""

    def __init__(self, port: int, wires: Sequence[bytes], times: Sequence[float], accept: bytes) -> None:
        self.port = port
        self.wires, self.times, self.accept = wires, times, accept
        self.next = 0  # index of the next request to send
        self.free = 0.0  # the time when the last response was complete
        self.in_flight: float | None = None  # the scheduled time of the request in flight
        self.sent = 0.0  # when the last request was sent
        self.reader = ResponseReader()
        self.answered: list[Response] = []
        self.refused: list[Response] = []
        self.lateness: list[float] = []
        self.connect()

    def connect(self) -> None:
        self.in_flight = None
        self.socket = socket.create_connection((HOST, self.port), timeout=LOST)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reconnect(self) -> None:
        """Replace the connection; the request in flight is lost.

        If the server refuses the new connection, all requests that have not been sent are lost, too.
        """
        self.socket.close()
        try:
            self.connect()
        except OSError:
            self.next = len(self.times)

    def due(self) -> float | None:
        """The scheduled time of the next request; None while a request is in flight and after the last request."""
        return self.times[self.next] if self.in_flight is None and self.next < len(self.times) else None

    def send(self, now: float) -> None:
        """Send the next request if it is due. Requests that are already lost are skipped."""
        while self.next < len(self.times) and self.times[self.next] < now - LOST:
            self.next += 1
        if self.next == len(self.times) or self.times[self.next] > now:
            return
        self.in_flight = self.times[self.next]
        self.lateness.append(now - max(self.in_flight, self.free))
        self.sent = perf_counter()
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
                response = Response(self.in_flight, self.free - self.in_flight, self.free - self.sent)
                if self.reader.is_refusal():
                    self.refused.append(response)
                elif self.reader.is_ok(self.accept) and response.latency <= LOST:
                    self.answered.append(response)
                self.in_flight = None
        except (OSError, ValueError):
            self.reconnect()


def run(port: int, requests: Sequence[Sequence[Request]], interval: float) -> Outcome:
    """Send the requests; `requests` has a sequence for each connection, which sends one every `interval` seconds.

    Each connection starts a little later than the one before, so that the requests are spread evenly over time.
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
    gc.disable()
    try:
        _run(connections, start + interval * max(map(len, wires)) + LOST)
    finally:
        gc.enable()
        for connection in connections:
            connection.socket.close()
    scheduled = sum(map(len, wires))
    answered = [response.after(start) for connection in connections for response in connection.answered]
    refused = [response.after(start) for connection in connections for response in connection.refused]
    lateness = [late for connection in connections for late in connection.lateness]
    return Outcome(scheduled, answered, refused, lateness, len(answered) / (interval * max(map(len, wires))))


def _run(connections: Sequence[_Connection], end: float) -> None:
    """Send requests and receive responses until no request is left or the time is `end`."""
    # The timeout of select has a resolution of microseconds; epoll and asyncio's timers round to milliseconds.
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
