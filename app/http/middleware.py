"""What every answer gets on its way out: the headers that keep a page safe, and a place in the counters."""

from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.metrics import Metrics
from app.http.problems import Problem

if TYPE_CHECKING:
    from app.drawings.batching import Batcher
    from app.drawings.routes import Call


class Answering(Protocol):
    """What answers one hot call."""

    @property
    def batcher(self) -> "Batcher":
        """Whom it asks."""
        ...

    async def __call__(self, scope: Scope, receive: Receive) -> tuple[bytes, str]:
        """The body of the answer and its media type. Raises Problem."""
        ...

    def call(self, scope: Scope) -> "Call | None":
        """What a request's head asks for; None where that takes more than a glance. Raises Problem."""
        ...


# Everything comes from this service: no script, style, font or connection from or to anywhere else.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_ALWAYS = ((b"x-content-type-options", b"nosniff"),)
_HEADERS = (
    *_ALWAYS,
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
# A counter for each address that exists, and one for all that do not: what people type must not make new counters.
_ROUTES = frozenset(
    (
        "/",
        "/predict",
        "/feature-maps",
        "/model",
        "/model/weights",
        "/lesson",
        "/lesson/figures",
        "/lesson/dense",
        "/lesson/step",
        "/livez",
        "/readyz",
        "/metrics",
        "/corrections",
        "/corrections.npz",
        "/docs",
        "/openapi.json",
    )
)
_FOLDERS = ("/static/", "/problems/", "/corrections/")


class Shortcut:
    """The endpoint of a call that is answered past all that the framework does for its routes, which costs more than
    the network.

    Errors, headers and counters are those of every other route, but for headers that only concern what a browser shows.
    """

    def __init__(self, answering: Answering, metrics: Metrics) -> None:
        self.answering = answering
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        status = 500
        try:
            body, media_type = await self.answering(scope, receive)
            status = 200
            headers = (*_fixed_headers(media_type), (b"content-length", b"%d" % len(body)))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        except Problem as problem:
            status = problem.kind.status
            await self._refuse(problem, scope, receive, send)
        except Exception:
            if status == 500:
                await self._refuse(Problem("internal-error"), scope, receive, send)
                raise  # for the log
            # else there was only sending left to be done, and whoever asked has gone
        finally:
            self.metrics.request(scope["path"], status, perf_counter() - started)

    @staticmethod
    async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem.response()
        response.raw_headers.extend(_ALWAYS)
        await response(scope, receive, send)


@cache
def _fixed_headers(media_type: str) -> tuple[tuple[bytes, bytes], ...]:
    return (b"content-type", media_type.encode()), *_ALWAYS


def head(media_type: str, length: int, *, closing: bool) -> bytes:
    """The head of an answer to a hot call, as HTTP/1.1 has it."""
    return b"%b%d\r\n\r\n" % (_start_of_head(media_type, closing), length)


@cache
def _start_of_head(media_type: str, closing: bool) -> bytes:
    headers = (*_fixed_headers(media_type), *(((b"connection", b"close"),) if closing else ()))
    return b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % header for header in headers) + b"content-length: "


class Outgoing:
    """Adds the security headers and counts the request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status = 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        finally:
            self.metrics.request(_route(scope["path"]), status, perf_counter() - started)


def _route(path: str) -> str:
    if path in _ROUTES:
        return path
    for folder in _FOLDERS:
        if path.startswith(folder):
            return folder
    return "other"
