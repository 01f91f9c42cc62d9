"""A request to record, and the bytes that requests are made of."""

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
    """One request. With `pieces`, these bytes are sent as they are on a connection of their own, a moment apart, and
    `replies` answers are read.

    In `target` and `headers`, `{etag}`, `{sha256}` and `{host}` stand for the entity tag that GET `target` gives, the
    hash of the weights, and the server's host and port.
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
        """What is asked for, in a line."""
        return f"{len(self.pieces)} pieces on a socket" if self.pieces else f"{self.method} {self.target}"


def get(name: str, target: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Call:
    """A request without a body."""
    return Call(name, method, target, tuple((headers or {}).items()))


def post(name: str, target: str, content_type: str | None, body: bytes, *headers: tuple[str, str]) -> Call:
    """A request with a body."""
    kind = (("Content-Type", content_type),) if content_type is not None else ()
    return Call(name, "POST", target, (*kind, *headers), body)


def post_json(name: str, target: str, value: Any, *headers: tuple[str, str]) -> Call:
    """A request whose body is a value as JSON."""
    return post(name, target, JSON, as_json(value), *headers)


def as_json(value: Any) -> bytes:
    """A value as JSON, without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def as_base64(content: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(content).decode()


def form(*fields: tuple[str, bytes, str | None]) -> bytes:
    """A multipart form of (name, content, file name or None)."""
    parts = []
    for name, content, file in fields:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        parts.append(f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


FORM = f"multipart/form-data; boundary={BOUNDARY}"


def request(target: str, body: bytes = b"", *headers: str, method: str = "POST", kind: str = JSON) -> bytes:
    """A request as bytes, to be sent as it is."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *headers]
    if method == "POST":
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(body: bytes, size: int) -> Sequence[bytes]:
    """A body in chunks, with the last, empty one."""
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return [*(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]
