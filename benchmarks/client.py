"""A closed-loop load generator: raw keep-alive HTTP/1.1 over asyncio protocols.

A Python client library takes longer for a request than the server, so a benchmark with such a library would measure the
library. This client writes bytes that were prepared before the measurement. It parses only the status, the media type
and the length of a response, and reads a body only if the next request depends on it.
"""

import asyncio
import gc
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from time import perf_counter
from typing import cast

import uvloop

HOST = "127.0.0.1"
TIMEOUT = 60.0  # seconds by which a measurement may exceed its planned time
SPLIT_DELAY = 30e-6  # the shortest time between sending headers and body, in seconds; twice that of http.client
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
_TYPE = re.compile(rb"\r\ncontent-type: *([^\r;]+)", re.IGNORECASE)


class LoadError(Exception):
    """Raised if a server failed or sent an unexpected response."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is sent repeatedly; `accept` is also the media type that its response must have.

    If `vary` is true, User-Agent and X-Request-Id differ each time the request is sent. If `split` is true, headers and
    body are sent separately, as Python's `http.client` does. If the answer takes a second request, `then` makes it from
    the body of the first response.
    """

    method: str
    target: str
    body: bytes = b""
    content_type: str = "application/json"
    accept: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    vary: bool = False
    split: bool = False
    then: Callable[[bytes], "Request"] | None = None

    @property
    def wire(self) -> bytes:
        """The bytes of the HTTP/1.1 request."""
        return self.header_block() + self.body

    def header_block(self, number: int = 0) -> bytes:
        """The request line, the headers and the empty line after them. `number` is inserted if the headers vary."""
        template = self.header_template()
        return template % {b"number": number} if self.vary else template

    def header_template(self) -> bytes:
        """The header block. If the headers vary, `%(number)d` stands for the number of the request."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {HOST}", f"Accept: {self.accept}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body:
            lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(self.body)}"]
        if self.vary:
            lines = [line.replace("%", "%%") for line in lines]
            lines += ["User-Agent: benchmarks/%(number)d", "X-Request-Id: %(number)d"]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of one round: requests per second, and the latency of each request in seconds.

    The latency is the time from sending the first byte of the request to receiving the last byte of the response.
    """

    rate: float
    latencies: list[float]


class ResponseReader:
    """Finds the end of each response on a connection. Responses need a Content-Length or chunks.

    If `keep` is true, `body` has the body of a complete response.
    """

    __slots__ = ("body", "chunked", "chunks", "headers", "keep", "missing")

    def __init__(self) -> None:
        self.keep = False
        self.reset()

    def reset(self) -> None:
        """Prepare for the next response."""
        self.headers = b""  # status line and headers received so far
        self.missing = -1  # bytes of the body that are still missing; negative until the headers are complete
        self.chunked = False
        self.chunks = b""  # received parts of a chunked body that were not yet read
        self.body = b""

    def feed(self, data: bytes) -> bool:
        """Process received data; returns True if the response is now complete.

        Raises ValueError if the response has neither a Content-Length nor chunks, or is longer than announced.
        """
        if self.chunked:
            return self._take_chunks(data)
        if self.missing >= 0:
            return self._take_body(data)
        received = self.headers + data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            self.headers = received
            return False
        self.headers = received[: end + 2]
        length = _LENGTH.search(self.headers)
        if length is None:
            self.chunked = _CHUNKED.search(self.headers) is not None
            if not self.chunked:
                raise ValueError("the response has no Content-Length")
            return self._take_chunks(received[end + 4 :])
        self.missing = int(length[1])
        return self._take_body(received[end + 4 :])

    def _take_body(self, data: bytes) -> bool:
        size = len(data)
        if size > self.missing:
            raise ValueError("the response is longer than its Content-Length")
        if self.keep:
            self.body += data
        self.missing -= size
        return self.missing == 0

    def _take_chunks(self, data: bytes) -> bool:
        """A chunk is its size in hexadecimal digits, a line break, its bytes and a line break. The last size is 0."""
        self.chunks += data
        while (line := self.chunks.find(b"\r\n")) >= 0:
            size = int(self.chunks[:line].partition(b";")[0], 16)
            end = line + 2 + size
            if len(self.chunks) < end + 2:
                return False
            if self.keep:
                self.body += self.chunks[line + 2 : end]
            self.chunks = self.chunks[end + 2 :]
            if size == 0:
                if self.chunks:
                    raise ValueError("the response is longer than its chunks")
                return True
        return False

    def is_ok(self, media_type: bytes) -> bool:
        """Whether the response has status 200 and this media type."""
        kind = _TYPE.search(self.headers)
        return self.headers.startswith(b"HTTP/1.1 200 ") and kind is not None and kind[1] == media_type

    def is_refusal(self) -> bool:
        """Whether the response has status 503, because the server is overloaded."""
        return self.headers.startswith(b"HTTP/1.1 503 ")


class _Load:
    """The state that the connections of one round share."""

    def __init__(self, requests: Sequence[Request], count: int) -> None:
        self.requests = [(request.header_template(), request.body, request.then) for request in requests]
        self.vary, self.split = requests[0].vary, requests[0].split
        self.target = requests[0].target
        self.accept = requests[0].accept.encode()
        self.keep = requests[0].then is not None
        self.left = count  # the number of requests still to send
        self.sent = 0
        self.until = 0.0
        self.last = 0.0
        self.latencies: list[float] = []
        self.open = 0
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()

    def fail(self, text: str) -> None:
        if not self.done.done():
            self.done.set_exception(LoadError(text))

    def close(self) -> None:
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """One connection, which sends the next request as soon as it has received the previous response."""

    def __init__(self, load: _Load, turn: int) -> None:
        self.load = load
        self.turn = turn
        self.reader = ResponseReader()
        self.reader.keep = load.keep
        self.then: Callable[[bytes], Request] | None = None
        self.accept = load.accept
        self.busy = False
        self.started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        load = self.load
        self.started = perf_counter()
        if self.started >= load.until or load.left <= 0:
            self.busy = False
            self.transport.close()
            load.close()
            return
        load.left -= 1
        load.sent += 1
        self.reader.reset()
        self.busy = True
        headers, body, self.then = load.requests[self.turn % len(load.requests)]
        self.turn += 1
        if load.vary:
            headers %= {b"number": load.sent}
        if load.split:
            self.transport.write(headers)
            load.loop.call_soon(self.send_body, body)
        else:
            self.transport.write(headers + body)

    def send_body(self, body: bytes, headers_sent: float = 0.0) -> None:
        """Send the body after the headers, in a later iteration of the event loop.

        If both were written in the same iteration, the transport would join them into one write.
        """
        now = perf_counter()
        if now - (headers_sent or now) < SPLIT_DELAY:
            self.load.loop.call_soon(self.send_body, body, headers_sent or now)
        elif not self.transport.is_closing():
            self.transport.write(body)

    def send_next(self, request: Request) -> None:
        """Send the request that depends on the response just received."""
        self.then, self.accept = request.then, request.accept.encode()
        self.reader.reset()
        self.transport.write(request.wire)

    def data_received(self, data: bytes) -> None:
        load, reader = self.load, self.reader
        try:
            if not reader.feed(data):
                return
            expected = reader.is_ok(self.accept)
        except ValueError:
            expected = False
        if not expected:
            load.fail(f"{load.target} was answered with: {reader.headers[:300]!r}")
            return
        if self.then is not None:
            self.send_next(self.then(reader.body))
            return
        self.accept = load.accept
        load.last = perf_counter()
        load.latencies.append(load.last - self.started)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.busy:
            self.load.fail(f"the server closed a connection before it answered: {error}")


async def _load(port: int, requests: Sequence[Request], connections: int, seconds: float, count: int) -> Measured:
    load = _Load(requests, count)
    clients = [_Connection(load, turn) for turn in range(connections)]
    for client in clients:
        await load.loop.create_connection(lambda client=client: client, HOST, port)  # type: ignore[misc]
    load.open = connections
    started = perf_counter()
    load.until = started + seconds
    for client in clients:
        client.send()
    try:
        await asyncio.wait_for(load.done, seconds + TIMEOUT)
    except TimeoutError:
        raise LoadError(f"{load.target} was not answered within {seconds + TIMEOUT:.0f} s") from None
    finally:
        for client in clients:
            client.busy = False
            client.transport.abort()
    return Measured(len(load.latencies) / (load.last - started), load.latencies)


def measure(
    port: int, requests: Sequence[Request], connections: int, seconds: float, count: int = 1_000_000
) -> Measured:
    """Send requests on `connections` connections for `seconds` seconds, or until `count` requests were sent.

    Each connection sends the requests in order, but starts at a different one. `vary`, `split` and `accept` must be the
    same for all requests, and all or none of them have `then`. Raises LoadError unless all responses have status 200
    and the expected media type.
    """
    gc.disable()
    try:
        return uvloop.run(_load(port, requests, connections, seconds, count))
    finally:
        gc.enable()


def fetch(port: int, request: Request) -> bytes:
    """Send one request, and those that follow from it; returns the last body.

    Raises LoadError unless the status is 200 or 201.
    """
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT)
    headers = {"Accept": request.accept, **dict(request.headers)}
    if request.body:
        headers["Content-Type"] = request.content_type
    try:
        connection.request(request.method, request.target, request.body or None, headers)
        response = connection.getresponse()
        body = response.read()
    except (OSError, HTTPException) as error:
        raise LoadError(f"{request.target}: {error}") from error
    finally:
        connection.close()
    if response.status not in (200, 201):
        raise LoadError(f"{request.target} was answered with {response.status}: {body[:300]!r}")
    return fetch(port, request.then(body)) if request.then else body
