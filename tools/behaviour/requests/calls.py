"""The class of the requests to record, and functions that build requests and their bodies."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
SAFETENSORS = "application/vnd.safetensors"
BOUNDARY = "inkling-boundary"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to record.

    If `pieces` is not empty, these pieces are sent over a new connection, unchanged and `pause` seconds apart, and
    `replies` responses are read from it. The method, target, headers and body are then ignored.

    In `target` and `headers`, three placeholders are replaced: `{etag}` by the entity tag of GET `target`, `{sha256}`
    by the hash of the weights, and `{host}` by the server's host and port.
    """

    name: str
    method: str = "POST"
    target: str = "/predict"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    pieces: tuple[bytes, ...] = ()
    replies: int = 1
    pause: float = 0.02  # seconds between two pieces

    @property
    def line(self) -> str:
        """The request as one line of text."""
        return f"{len(self.pieces)} pieces on a socket" if self.pieces else f"{self.method} {self.target}"


def get(name: str, target: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Call:
    """A request without a body."""
    return Call(name, method, target, tuple((headers or {}).items()))


def post(name: str, target: str, content_type: str | None, body: bytes, *headers: tuple[str, str]) -> Call:
    """A POST request with a body; without `content_type` it has no Content-Type header."""
    kind = (("Content-Type", content_type),) if content_type is not None else ()
    return Call(name, "POST", target, (*kind, *headers), body)


def post_json(name: str, target: str, value: Any, *headers: tuple[str, str]) -> Call:
    """A POST request whose body is the value as JSON."""
    return post(name, target, JSON, as_json(value), *headers)


def as_json(value: Any) -> bytes:
    """The value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def as_base64(content: bytes) -> str:
    """The bytes as base64 text."""
    return base64.b64encode(content).decode()


def form(*fields: tuple[str, bytes, str | None]) -> bytes:
    """A multipart body. Each field is a tuple of its name, its content, and a file name or None."""
    parts = []
    for name, content, file in fields:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        parts.append(f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


FORM = f"multipart/form-data; boundary={BOUNDARY}"


def request(target: str, body: bytes = b"", *headers: str, method: str = "POST", kind: str = JSON) -> bytes:
    """The bytes of a complete HTTP/1.1 request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *headers]
    if method == "POST":
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(body: bytes, size: int) -> Sequence[bytes]:
    """The body in the chunked transfer coding: chunks of `size` bytes, then the empty last chunk."""
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return [*(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]
