"""Hot calls whose head was read before are answered straight from their connection.

What uvicorn does for each request, reading its head, a task, an event and two messages through the application, takes
as long as the network does. Programs and the page send the same head each time, but for the length of the body. So what
uvicorn's parser made of it is remembered: a request that comes whole, with a head that is known, joins the next batch
at once, and its answer is written in one piece. Whatever is out of the ordinary takes uvicorn's way, and so does every
error: a head never seen, a body that is still on its way, a picture that takes time, a client that does not read, a
service that logs each access.
"""

import asyncio
import re
from time import perf_counter
from typing import NamedTuple, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.drawings.batching import Answer
from app.drawings.parsing import Unread
from app.drawings.routes import Call
from app.http.middleware import Shortcut, head
from app.http.problems import Problem
from app.main import Service
from app.settings import HEADER_SECONDS

_SMALL = 4096  # bytes; an answer that is sooner copied than handed on in two pieces
_MOST = 256  # heads that are remembered
_LONGEST = 4096  # bytes of a head; browsers send less than a thousand
_UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d{1,7})\r\n")


class Known(NamedTuple):
    """What a head asks for."""

    path: str
    shortcut: Shortcut
    call: Call


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the short way for hot calls."""

    _service: Service | None = None  # where the short way is open
    _inside = False  # whether a request has begun that is not whole yet
    _asked: bytes | None = None  # the request that waits for its answer on the short way
    _later = b""  # what came after it
    _closing = False  # whether the service is going down

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the loop."""
        super().connection_made(transport)
        if isinstance(self.app, Service) and not self.access_log and not self.server_state.default_headers:
            self._service = self.app
        self._wait()

    def _wait(self) -> None:
        """Close the connection if nothing more comes for a while."""
        self.timeout_keep_alive_task = self.loop.call_later(HEADER_SECONDS, self.timeout_keep_alive_handler)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._inside = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Called by the parser when a request's body is whole."""
        self._inside = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._asked is not None:  # whoever sends the next request before the answer gets one after the other
            self._later += data
            self.flow.pause_reading()
            return
        parts = self._parts(data)
        known = self._service.heads.get(parts[0]) if self._service and parts else None
        if known and parts and self._ask(known, data, parts[1]):
            return
        self._take(data)
        if parts and not known:
            self._remember(*parts)
        elif self._inside and self._idle() and not self.transport.is_closing():  # the head is not whole yet
            self._wait()

    def _take(self, data: bytes) -> None:
        """uvicorn's way."""
        super().data_received(data if self._inside else _without_upgrade(data))

    def _idle(self) -> bool:
        """Whether nobody is waiting for an answer."""
        return self.cycle is None or self.cycle.response_complete

    def _parts(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The head without the length that it gives, and the body, if `data` is one whole request and nothing else."""
        if self._inside or self.flow.write_paused or not self._idle():
            return None
        end = data.find(b"\r\n\r\n", 0, _LONGEST) + 4
        length = _LENGTH.search(data, 0, end)
        if length is None or int(length[1]) != len(data) - end:
            return None
        return data[: length.start(1)] + data[length.end(1) : end], data[end:]

    def _remember(self, key: bytes, body: bytes) -> None:
        """Note what uvicorn's parser made of a head, if it is that of an ordinary hot call."""
        cycle, service = self.cycle, self._service
        whole = cycle is not None and not (self._inside or cycle.more_body or cycle.response_complete)
        if service is None or not whole or cycle.body != body:
            return
        shortcut = service.hot.get(cycle.scope["path"]) if cycle.scope["method"] == "POST" else None
        if shortcut is None or cycle.waiting_for_100_continue or not cycle.keep_alive:
            return
        try:
            call = shortcut.answering.call(cast(Scope, cycle.scope))
        except Problem:
            return
        if call is not None:
            if len(service.heads) >= _MOST:
                service.heads.clear()
            service.heads[key] = Known(cycle.scope["path"], shortcut, call)

    def _ask(self, known: Known, data: bytes, body: bytes) -> bool:
        """Let a request join the next batch, if its body is as small as most are."""
        started = perf_counter()
        drawing = Unread.of(body, picture=known.call.picture)
        if drawing is None:
            return False
        self._unset_keepalive_if_required()
        self._asked = data
        try:
            known.shortcut.answering.batcher.add(drawing, known.call.wish, _Reply(self, known, started))
        except Problem:
            self._asked = None
            return False
        return True

    def answer(self, media_type: str, body: bytes) -> None:
        """Write the answer to the request that is waiting."""
        start = head(media_type, len(body), closing=self._closing)
        if len(body) < _SMALL:
            self.transport.write(start + body)
        else:
            self.transport.writelines((start, body))
        if self._closing:
            self.transport.close()
        elif self._later:
            self.loop.call_soon(self._go_on)  # not now: others of the same batch are still to be answered
        else:
            self._asked = None
        self.on_response_complete()

    def _go_on(self) -> None:
        later, self._later, self._asked = self._later, b"", None
        if not self.transport.is_closing():
            self.data_received(later)

    def again(self) -> None:
        """Let the request that is waiting, and what came after it, take uvicorn's way."""
        data = cast(bytes, self._asked) + self._later
        self._asked, self._later = None, b""
        self.flow.resume_reading()
        self._take(data)
        if self._closing:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn's word for it
        """Called where what came is not HTTP."""
        body = bytes(Problem("unreadable-request").response().body)
        start = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
        self.transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (start, len(body), body))
        self.transport.close()

    def shutdown(self) -> None:
        """Called by the server when it is to stop: whoever is waiting is answered first."""
        if self._asked is None:
            super().shutdown()
        else:
            self._closing = True


def _without_upgrade(data: bytes) -> bytes:
    """The same bytes without the wish for another protocol, which a server may pass over. uvicorn loses the body."""
    end = max(0, data.find(b"\r\n\r\n"))
    return _UPGRADE.sub(b"\r\nx-asked:", data[:end]) + data[end:] if _UPGRADE.search(data, 0, end) else data


class _Reply:
    """Stands for the future of a request: an answer is written to the connection."""

    __slots__ = ("_known", "_protocol", "_started")

    def __init__(self, protocol: Protocol, known: Known, started: float) -> None:
        self._protocol, self._known, self._started = protocol, known, started

    def done(self) -> bool:
        """Whether the connection has gone."""
        return self._protocol.transport.is_closing()

    def set_exception(self, _: Exception) -> None:
        """What went wrong will do so again on uvicorn's way, where it is told and logged."""
        self._protocol.again()

    def set_result(self, answer: Answer) -> None:
        """Write the answer."""
        try:
            body, media_type = self._known.call.written(answer)
        except Exception as error:
            self.set_exception(error)
            return
        self._protocol.answer(media_type, body)
        self._known.shortcut.metrics.request(self._known.path, 200, perf_counter() - self._started)
