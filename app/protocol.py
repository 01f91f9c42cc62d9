"""Hot calls that arrive in one piece are answered straight from their connection.

What uvicorn does for each request, a task, an event and two messages through the application, takes longer than reading
a drawing does. Here a request whose whole body came with its head joins the next batch at once, and its answer is
written in one piece. Whatever is out of the ordinary takes uvicorn's way, and so does every error: a body that is still
on its way, a picture that takes time, a client that does not read, one that sends the next request before it has the
answer, a service that logs each access.
"""

from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api import Simple
from app.batching import Answer
from app.errors import Problem
from app.main import Service
from app.middleware import Shortcut, head

_SMALL = 4096  # bytes; an answer that is sooner copied than handed on in two pieces


def _nothing() -> None:
    pass


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the short way for hot calls."""

    _feeding = False  # whether bytes are being parsed now
    _held: tuple[Any, Shortcut] | None = None  # the request among them that no task was started for

    def data_received(self, data: bytes) -> None:
        """Parse what came; a request that is held and not whole by then is left to uvicorn."""
        self._feeding = True
        super().data_received(data)  # raises nothing: what cannot be parsed is answered there
        self._feeding = False
        if self._held is not None:
            cycle, _ = self._held
            self._held = None
            super()._start_asgi_task(cycle, self.app)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Called by uvicorn when a request's head is whole, or when one that came early has its turn."""
        self._unset_keepalive_if_required()  # an answer may have gone out since the bytes came in
        shortcut = self._shortcut(cycle, app) if self._feeding else None
        if shortcut is None:
            super()._start_asgi_task(cycle, app)
        else:
            self._held = cycle, shortcut

    def _shortcut(self, cycle: Any, app: Any) -> Shortcut | None:
        if not isinstance(app, Service) or cycle.scope["method"] != "POST":
            return None
        out_of_the_ordinary = (
            not cycle.keep_alive
            or cycle.waiting_for_100_continue
            or self.flow.write_paused
            or cycle.default_headers
            or self.access_log
        )
        return None if out_of_the_ordinary else app.hot.get(cycle.scope["path"])

    def on_message_complete(self) -> None:
        """Called by the parser when a request's body is whole."""
        super().on_message_complete()
        if self._held is not None:
            cycle, shortcut = self._held
            self._held = None
            if not self._ask(cycle, shortcut):
                super()._start_asgi_task(cycle, self.app)

    def _ask(self, cycle: Any, shortcut: Shortcut) -> bool:
        """Let a request join the next batch, if it is simple enough."""
        started = perf_counter()
        batcher = shortcut.answering.batcher
        try:
            simple = shortcut.answering.simple(cycle.scope, bytes(cycle.body))
            if simple is None:
                return False
            batcher.add(simple.drawing, simple.wish, _Reply(self, cycle, shortcut, simple, started))
        except Problem:
            return False
        return True

    def again(self, cycle: Any) -> None:
        """Take uvicorn's way after all."""
        super()._start_asgi_task(cycle, self.app)


class _Reply:
    """Stands for the future of a request: an answer is written to the connection."""

    __slots__ = ("_cycle", "_protocol", "_shortcut", "_simple", "_started")

    def __init__(self, protocol: Protocol, cycle: Any, shortcut: Shortcut, simple: Simple, started: float) -> None:
        self._protocol, self._cycle, self._shortcut, self._simple = protocol, cycle, shortcut, simple
        self._started = started

    def done(self) -> bool:
        """Whether the connection has gone."""
        return bool(self._cycle.disconnected or self._protocol.transport.is_closing())

    def set_exception(self, _: Exception) -> None:
        """What went wrong will do so again on uvicorn's way, where it is told and logged."""
        self._protocol.again(self._cycle)

    def set_result(self, answer: Answer) -> None:
        """Write the answer."""
        try:
            body, media_type = self._simple.written(answer)
        except Exception as error:
            self.set_exception(error)
            return
        cycle, transport = self._cycle, self._protocol.transport
        start = head(media_type, len(body), closing=not cycle.keep_alive)
        if len(body) < _SMALL:
            transport.write(start + body)
        else:
            transport.writelines((start, body))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response = _nothing  # or a connection that has gone stays in memory until the collector looks for it
        if not cycle.keep_alive:  # the service is going down
            transport.close()
        self._shortcut.metrics.request(cycle.scope["path"], 200, perf_counter() - self._started)
        self._protocol.on_response_complete()
