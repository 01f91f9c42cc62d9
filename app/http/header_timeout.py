"""A time limit for request headers, which uvicorn does not have: it would wait for them for ever.

The subclass overrides only the callbacks of asyncio's protocol and of httptools' parser, so uvicorn can be updated.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.settings import HEADER_SECONDS


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol. It closes a connection that has sent no complete request headers in time."""

    header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the first request."""
        super().connection_made(transport)
        self.header_timer = self.loop.call_later(HEADER_SECONDS, transport.close)

    def on_message_begin(self) -> None:
        """Start the timer for a further request; between requests uvicorn's keep-alive timeout applies."""
        super().on_message_begin()
        if self.header_timer is None:
            self.header_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def on_headers_complete(self) -> None:
        """Stop the timer."""
        self.stop_header_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self.stop_header_timer()
        super().connection_lost(exc)

    def stop_header_timer(self) -> None:
        """Stop the timer if it runs."""
        if self.header_timer is not None:
            self.header_timer.cancel()
            self.header_timer = None
