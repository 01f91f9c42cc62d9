"""Sends a request and reads the complete responses."""

import socket
import time
from dataclasses import dataclass, field
from typing import IO

import httpx2

from tools.behaviour.requests.calls import Call

_SILENCE = 4.0  # seconds to wait for a response; less than the server's idle timeout of 5 seconds
_SLOW_SILENCE = 15.0
_CLOSING = 0.2  # seconds to wait for the server to close the connection


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. The names of the headers are in lower case; the headers keep their order."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class Exchange:
    """The responses to a request. `closed` is true if the server closed the connection afterwards.

    `closed` is None if the request shared its connection with other requests.
    """

    replies: list[Reply] = field(default_factory=list)
    closed: bool | None = None


class Sender:
    """Sends requests to one server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._host = url.rpartition("/")[2]
        self._client = httpx2.Client(base_url=url, timeout=60, follow_redirects=False, trust_env=False)
        self._client.headers.clear()  # a request has the headers that its Call names, and no others

    def close(self) -> None:
        """Close the connections to the server."""
        self._client.close()

    def send(self, call: Call) -> Exchange:
        """Send one request and read its responses."""
        if call.pieces:
            return self._send_pieces(call)
        target = self._filled(call.target, "")
        headers = [(name, self._filled(value, target)) for name, value in call.headers]
        # Set the raw path, because a URL object would normalise parts such as `..`.
        request = self._client.build_request(call.method, "/", headers=headers, content=call.body)
        request.url = request.url.copy_with(raw_path=target.encode())
        response = self._client.send(request)
        found = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw]
        return Exchange([Reply(response.status_code, found, response.content)])

    def _filled(self, text: str, target: str) -> str:
        if "{etag}" in text:
            text = text.replace("{etag}", self._client.get(target).headers.get("etag", "none"))
        if "{sha256}" in text:
            text = text.replace("{sha256}", self._client.get("/model").json()["sha256"])
        return text.replace("{host}", self._host)

    def _send_pieces(self, call: Call) -> Exchange:
        host, _, port = self._host.partition(":")
        exchange = Exchange([], closed=False)
        patience = _SLOW_SILENCE if call.name.startswith("slow") else _SILENCE
        with (
            socket.create_connection((host, int(port)), timeout=patience) as connection,
            connection.makefile("rb") as stream,
        ):
            try:
                for i, piece in enumerate(call.pieces):
                    time.sleep(call.pause if i else 0)
                    connection.sendall(piece)
            except OSError:
                pass  # the server has closed the connection; the responses that it sent before can still be read
            try:
                while len(exchange.replies) < call.replies:
                    reply = _read(stream, call, len(exchange.replies))
                    if reply is None:
                        exchange.closed = True
                        return exchange
                    exchange.replies.append(reply)
                connection.settimeout(_CLOSING)
                exchange.closed = stream.read(1) == b""
            except ConnectionError:
                exchange.closed = True
            except TimeoutError:
                pass
        return exchange


def _read(stream: IO[bytes], call: Call, number: int) -> Reply | None:
    """Read the next response; None if the connection is closed. `number` counts the responses read before."""
    line = stream.readline()
    if not line:
        return None
    status = int(line.split()[1])
    headers = []
    while field_ := stream.readline().strip():
        name, _, value = field_.decode("latin-1").partition(":")
        headers.append((name.lower(), value.strip()))
    length = int(dict(headers).get("content-length", 0))
    bodiless = status < 200 or status in (204, 304) or (number == 0 and call.pieces[0].startswith(b"HEAD "))
    return Reply(status, headers, b"" if bodiless else stream.read(length))
