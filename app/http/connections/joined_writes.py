"""Sends the headers of a response together with the beginning of its body."""

import asyncio

_CONTINUE = b"HTTP/1.1 100 "
_CHUNKED = b"transfer-encoding: chunked\r\n"


class JoinedWrites(asyncio.Transport):
    """The transport to which uvicorn writes responses. It sends headers together with the beginning of the body.

    ASGI asks servers for that. uvicorn sends headers at once, so each response takes two system calls and wakes its
    client twice. The headers of a stream are still sent at once: its first chunk may come much later.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._headers = b""  # those that wait for the body
        self._in_body = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        """Write headers or a part of the body. An empty part sends the headers."""
        if self._in_body:
            self._transport.write(self._headers + data if self._headers else data)
            self._headers = b""
        elif data.startswith(_CONTINUE):
            self._transport.write(data)
        else:
            self._in_body = True
            if _CHUNKED in data:
                self._transport.write(data)
            else:
                self._headers = data

    def end_response(self) -> None:
        """Send headers that are still waiting for a body: a response to HEAD has none. The next write begins another
        response."""
        if self._headers:
            self._transport.write(self._headers)
        self._headers, self._in_body = b"", False

    def close(self) -> None:
        """Close the connection after everything has been sent."""
        self.end_response()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is being closed."""
        return self._transport.is_closing()
