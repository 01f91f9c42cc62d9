"""Sends a request and reads every byte of what comes back."""

import socket
import time
from dataclasses import dataclass, field
from typing import IO

import httpx2

from tools.behaviour.requests.calls import Call

_SILENCE = 4.0  # seconds after which no further reply is expected; less than the 5 for which connections are kept
_SLOW_SILENCE = 15.0
_CLOSING = 0.2  # seconds in which a connection that is to be closed is closed


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers in lower case, in their order, and the body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class Exchange:
    """The replies to a request, and, on a connection of its own, whether the server closed it afterwards."""

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
        """Close its connections."""
        self._client.close()

    def send(self, call: Call) -> Exchange:
        """Send one request and read its replies."""
        if call.pieces:
            return self._send_pieces(call)
        target = self._filled(call.target, "")
        headers = [(name, self._filled(value, target)) for name, value in call.headers]
        # Sent as it is written: a URL object would tidy up `..` and the like.
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
                pass  # the server has closed the connection; what it answered before is still to be read
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
    """The next reply; None where the connection is closed."""
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
