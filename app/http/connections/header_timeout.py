"""Limits on connections, which uvicorn lacks: size and time of request headers, pipelined requests, unread responses.

The class overrides callbacks only: those of asyncio's protocol, those of httptools' parser, and those that uvicorn
calls after a response, for bytes that are not HTTP, and after the keep-alive timeout. Responses are written through
JoinedWrites. Nothing private is used, so uvicorn can be updated.
"""

import asyncio
from collections import deque

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.http.connections.joined_writes import JoinedWrites
from app.http.connections.server import StoppableState
from app.http.problems import Problem, problem_bytes
from app.limits import HEADER_SECONDS, MAX_ADDRESS, MAX_HEADER_FIELDS, MAX_HEADERS, MAX_PIPELINED, UNREAD_SECONDS

_PART = MAX_HEADERS // 4  # bytes that are parsed at a time, so that headers can be measured before they are complete


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, but with limits.

    The time for request headers starts when the connection is made, and again with the first byte after a response.
    Until that byte arrives, uvicorn's keep-alive timeout applies. A request to upgrade the protocol is answered as if
    it did not ask for that. Then the connection is closed, because the parser would take the body for the next request.
    """

    server_state: StoppableState
    header_timer: asyncio.TimerHandle | None = None
    unread_timer: asyncio.TimerHandle | None = None
    in_headers = in_body = too_large = upgrade = False
    finished = True  # whether uvicorn knows that the last response is complete
    header_bytes = 0  # that have arrived since the request or the last part of its body began

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.unanswered: deque[RequestResponseCycle] = deque()
        self.writes = JoinedWrites(transport)
        self.header_timer = self.loop.call_later(HEADER_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        if len(data) > _PART:
            for start in range(0, len(data), _PART):
                self.data_received(data[start : start + _PART])
            return
        if self.upgrade or self.transport.is_closing():
            return
        super().data_received(data)
        if self.in_headers or self.in_body:  # the extension of a chunk and trailers are limited like headers
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADERS:
                self.too_large = True
                self.send_400_response("")
        if not self.unanswered and self.header_timer is None:
            self.header_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        self.in_headers = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.stop_header_timer()
        self.in_headers, self.header_bytes = False, 0
        self.too_large = len(self.headers) > MAX_HEADER_FIELDS or len(self.url) > MAX_ADDRESS
        if self.too_large or len(self.unanswered) > MAX_PIPELINED:
            raise ValueError  # the parser stops, and uvicorn calls send_400_response
        super().on_headers_complete()
        self.unanswered.append(self.cycle)
        self.cycle.transport = self.writes
        self.headers = []  # for trailers, which are ignored
        self.in_body = True
        self.upgrade = self.parser.should_upgrade()
        if self.upgrade or self.server_state.stopping:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self.header_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.in_body = False
        super().on_message_complete()

    def shutdown(self) -> None:
        if not self.in_headers:  # otherwise the request is still answered
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- the problem has better words
        if self.in_body and not self.unanswered:  # the request was answered before its end
            self.transport.close()
        elif not self.transport.is_closing():
            problem = Problem("headers-too-large" if self.too_large else "unreadable-request")
            self.transport.write(problem_bytes(problem, self.root_path))
            self.transport.close()

    def on_response_complete(self) -> None:
        self.writes.end_response()
        self.unanswered.popleft()
        self.finished = not self.flow.write_paused
        if self.finished:  # otherwise the next request would be computed while the client does not read
            super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.flow.pause_reading()
        self.unread_timer = self.loop.call_later(UNREAD_SECONDS, self.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.stop_unread_timer()
        self.flow.resume_reading()
        if not self.finished:
            self.finished = True
            super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()  # closes the connection as soon as the client has read everything
        self.stop_unread_timer()
        self.unread_timer = self.loop.call_later(UNREAD_SECONDS, self.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_header_timer()
        self.stop_unread_timer()
        while self.unanswered:  # uvicorn sets `disconnected` for the last pipelined request only
            self.unanswered.popleft().disconnected = True
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close the connection without waiting until the client has read everything."""
        self.transport.abort()

    def stop_header_timer(self) -> None:
        """Stop the timer if it runs."""
        if self.header_timer is not None:
            self.header_timer.cancel()
            self.header_timer = None

    def stop_unread_timer(self) -> None:
        """Stop the timer if it runs."""
        if self.unread_timer is not None:
            self.unread_timer.cancel()
            self.unread_timer = None
