"""A time limit for incomplete request headers. uvicorn has none: it would wait for ever.

The class overrides callbacks only: those of asyncio's protocol, those of httptools' parser, and the one that uvicorn
calls after a response. It uses nothing private, so uvicorn can be updated.
"""

import asyncio
from collections import deque

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.limits import HEADER_SECONDS


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, but it closes a connection that does not send complete request headers in time.

    The time starts when the connection is made, and again with the first byte after a response. Until that byte
    arrives, uvicorn's keep-alive timeout applies.
    """

    header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.unanswered: deque[RequestResponseCycle] = deque()
        self.header_timer = self.loop.call_later(HEADER_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.unanswered and self.header_timer is None:
            self.header_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def on_headers_complete(self) -> None:
        self.stop_header_timer()
        super().on_headers_complete()
        self.unanswered.append(self.cycle)

    def on_response_complete(self) -> None:
        self.unanswered.popleft()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_header_timer()
        while self.unanswered:  # uvicorn sets `disconnected` for the last pipelined request only
            self.unanswered.popleft().disconnected = True
        super().connection_lost(exc)

    def stop_header_timer(self) -> None:
        """Stop the timer if it runs."""
        if self.header_timer is not None:
            self.header_timer.cancel()
            self.header_timer = None
