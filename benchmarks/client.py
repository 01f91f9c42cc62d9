"""A load generator that costs less than what it measures: raw keep-alive HTTP/1.1 over asyncio protocols.

A client library in Python takes longer over a request than the server does, and would measure itself. This one writes
bytes that were made beforehand and reads no more of an answer than it must to tell that it is whole and right.
"""

import asyncio
import gc
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from time import perf_counter
from typing import cast

import uvloop

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds that one load may take beyond its own time before it is given up
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TYPE = re.compile(rb"\r\ncontent-type: *([^\r;]+)", re.IGNORECASE)


class LoadError(Exception):
    """The server's answer was not what the measurement is about."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, again and again, and the media type that has to come back."""

    method: str
    target: str
    body: bytes = b""
    content_type: str = "application/json"
    accept: str = "application/json"

    @property
    def wire(self) -> bytes:
        """The request as the bytes of HTTP/1.1."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {HOST}", f"Accept: {self.accept}"]
        if self.body:
            lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: requests a second, and the seconds that each request took, from first byte out to last byte in."""

    rate: float
    latencies: list[float]


class _Load:
    """What the connections of one round share: what to send, until when, and what came of it."""

    def __init__(self, requests: Sequence[Request], count: int) -> None:
        self.wires = [request.wire for request in requests]
        self.accept = requests[0].accept.encode()
        self.left = count
        self.until = 0.0
        self.last = 0.0
        self.latencies: list[float] = []
        self.open = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, text: str) -> None:
        if not self.done.done():
            self.done.set_exception(LoadError(text))

    def close(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """One person who asks again as soon as they have the answer."""

    def __init__(self, load: _Load, turn: int) -> None:
        self.load = load
        self.turn = turn
        self.head = b""
        self.missing = -1  # bytes of the body still to come; negative while the head is not whole
        self.busy = False
        self.started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self) -> None:
        load = self.load
        self.started = perf_counter()
        if self.started >= load.until or load.left <= 0:
            self.busy = False
            self.transport.close()
            load.close()
            return
        load.left -= 1
        self.head, self.missing, self.busy = b"", -1, True
        self.transport.write(load.wires[self.turn % len(load.wires)])
        self.turn += 1

    def data_received(self, data: bytes) -> None:
        if self.missing >= 0:
            self.missing -= len(data)
        else:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            self.missing = self.read_head(self.head[: end + 2]) - (len(self.head) - end - 4)
        if self.missing == 0:
            self.load.last = perf_counter()
            self.load.latencies.append(self.load.last - self.started)
            self.ask()

    def read_head(self, head: bytes) -> int:
        """The length of the body that follows; anything but a 200 of the right type ends the round."""
        length, kind = _LENGTH.search(head), _TYPE.search(head)
        if not head.startswith(b"HTTP/1.1 200 ") or length is None or kind is None or kind[1] != self.load.accept:
            self.load.fail(f"{self.load.wires[0].split(b' HTTP', 1)[0].decode()} was answered with: {head[:300]!r}")
            return 1 << 62
        return int(length[1])

    def connection_lost(self, error: Exception | None) -> None:
        if self.busy:
            self.load.fail(f"the server closed a connection before it answered: {error}")


async def _load(port: int, requests: Sequence[Request], connections: int, seconds: float, count: int) -> Measured:
    loop = asyncio.get_running_loop()
    load = _Load(requests, count)
    people = [_Connection(load, turn) for turn in range(connections)]
    for person in people:
        await loop.create_connection(lambda person=person: person, HOST, port)  # type: ignore[misc]
    load.open = connections
    started = perf_counter()
    load.until = started + seconds
    for person in people:
        person.ask()
    try:
        await asyncio.wait_for(load.done, seconds + PATIENCE)
    except TimeoutError:
        raise LoadError(f"{requests[0].target} was not answered within {seconds + PATIENCE:.0f} s") from None
    finally:
        for person in people:
            person.busy = False
            person.transport.abort()
    return Measured(len(load.latencies) / (load.last - started), load.latencies)


def measure(
    port: int, requests: Sequence[Request], connections: int, seconds: float, count: int = 1_000_000
) -> Measured:
    """Keep so many connections busy for so many seconds, or until `count` requests were sent.

    The requests take turns. Raises LoadError unless every answer is a 200 of the type asked for.
    """
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(_load(port, requests, connections, seconds, count))
    finally:
        gc.enable()


def fetch(port: int, request: Request) -> bytes:
    """Send one request and return the whole body, to look at what is being measured. Raises LoadError unless 200."""
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    headers = {"Accept": request.accept} | ({"Content-Type": request.content_type} if request.body else {})
    try:
        connection.request(request.method, request.target, request.body or None, headers)
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise LoadError(f"{request.target}: {error}") from error
    finally:
        connection.close()
    if response.status != 200:
        raise LoadError(f"{request.target} was answered with {response.status}: {body[:300]!r}")
    return body
