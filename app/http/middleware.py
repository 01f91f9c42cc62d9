"""Adds the security headers to every response and records every request in the metrics."""

from collections.abc import Sequence
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.metrics import Metrics

# Pages may load scripts, styles, fonts and data only from this service.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def security_headers(frame_ancestors: Sequence[str] = ()) -> dict[str, str]:
    """The headers of every response. Pages of `frame_ancestors` (origins) may show this service's pages in frames."""
    return {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": " ".join((CONTENT_SECURITY_POLICY, *frame_ancestors)),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


SECURITY_HEADERS = security_headers()


class ResponseMiddleware:
    """Adds headers, records metrics, and passes HEAD on as GET; the HTTP server omits the body of the response."""

    def __init__(self, app: ASGIApp, metrics: Metrics, frame_ancestors: Sequence[str] = ()) -> None:
        self.app = app
        self.metrics = metrics
        headers = security_headers(frame_ancestors)
        self.headers = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        started = perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self.metrics.count_request(_route_label(scope), status, perf_counter() - started)


def _route_label(scope: Scope) -> str:
    """The path template of the matched route. With the path itself, clients could create any number of labels."""
    if "route" in scope:
        label: str = scope["route"].path
        return label
    # A mounted application, such as /static/, has no route. Its path is the root path.
    return f"{scope['root_path']}/" if scope.get("root_path") else "other"
