"""Requests as bytes, and connections on which a test decides when each byte is sent and read."""

import json
import socket
import struct
import time
from collections.abc import Callable

JSON = "application/json"
SAFETENSORS = "application/vnd.safetensors"
SEVEN = json.dumps({"strokes": [[[30, 40], [110, 40], [60, 150]]]}).encode()
ONE = json.dumps({"strokes": [[[30, 10], [31, 90], [30, 170]]]}).encode()
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def post(target: str = "/predict", body: bytes = SEVEN, *headers: str, media_type: str = JSON) -> bytes:
    """A POST request."""
    lines = [
        f"POST {target} HTTP/1.1", "Host: x", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(target: str, chunks: list[bytes], media_type: str = JSON) -> list[bytes]:
    """A POST request whose body is sent in chunks: the headers, each chunk, and the end."""
    headers = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [headers.encode(), *(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks), b"0\r\n\r\n"]


class Connection:
    """A connection that sends bytes as they are and reads one response after another."""

    def __init__(self, url: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30)
        self.file = self.socket.makefile("rb")

    def send(self, *pieces: bytes, pause: float = 0.03) -> "Connection":
        """Send the pieces, `pause` seconds apart."""
        for i, piece in enumerate(pieces):
            time.sleep(pause if i else 0)
            self.socket.sendall(piece)
        return self

    def response_headers(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next response."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers

    def response(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next response."""
        status, headers = self.response_headers()
        return status, headers, self.file.read(int(headers["content-length"]))

    def digit(self) -> int | None:
        """The digit in the next response, or None if it is a problem."""
        status, _, body = self.response()
        digit: int | None = json.loads(body)["digit"] if status == 200 else None
        return digit

    def problem(self) -> tuple[int, str]:
        """Status and type of the problem in the next response."""
        status, headers, body = self.response()
        assert headers["content-type"] == "application/problem+json"
        return status, json.loads(body)["type"].removeprefix("/problems/")

    def is_closed(self) -> bool:
        """Whether the server closes the connection instead of sending more."""
        return self.file.read(1) == b""

    def close(self, *, reset: bool = False) -> None:
        """Close the connection; with `reset`, without reading what has arrived (TCP RST)."""
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.file.close()
        self.socket.close()


Connect = Callable[[str], Connection]
