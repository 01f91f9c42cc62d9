"""What every answer gets on its way out: the headers that keep a page safe, and a place in the counters."""

from collections.abc import Mapping
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Problem
from app.metrics import Metrics

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
_DATA = frozenset(("/predict", "/feature-maps"))  # no browser shows these, and each header takes time to write
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
    """Takes POSTs to a few addresses straight to their endpoints, past all that the framework does for its routes.

    Only what the endpoints do not need is passed by; a Problem becomes the response it becomes anywhere else, and any
    other exception goes on to the framework's own handler. Every other request takes the usual way.
    """

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, ASGIApp]) -> None:
        self.app = app
        self.endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self.endpoints.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if endpoint is None:
            await self.app(scope, receive, send)
            return
        try:
            await endpoint(scope, receive, send)
        except Problem as problem:
            await problem.response()(scope, receive, send)


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
        path: str = scope["path"]
        extra = _ALWAYS if path in _DATA else _HEADERS

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        finally:
            self.metrics.request(_route(path), status, perf_counter() - started)


def _route(path: str) -> str:
    if path in _ROUTES:
        return path
    for folder in _FOLDERS:
        if path.startswith(folder):
            return folder
    return "other"
