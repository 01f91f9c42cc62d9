"""Handles every request: completes its root path, adds headers to its response, and records it in the metrics."""

from collections.abc import Sequence
from time import perf_counter

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.assets.inline import inline_sources
from app.http.metrics import Metrics

# Pages may load scripts, styles, fonts and data only from this service.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; script-src 'self' {inline_sources()}; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
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
            send = _without_rest(send)
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


def _without_rest(send: Send) -> Send:
    """`send`, but the response ends with the first part of its body: HEAD must not wait for the end of a stream.

    A stream stops when it sees that the response is complete, as if the client had disconnected.
    """
    ended = False

    async def send_first(message: Message) -> None:
        nonlocal ended
        if ended:
            return
        if message["type"] == "http.response.body":
            ended = True
            message = {**message, "more_body": False}
        await send(message)

    return send_first


def _route_label(scope: Scope) -> str:
    """The path template of the matched route. With the path itself, clients could create any number of labels."""
    if "route" in scope:
        label: str = scope["route"].path
        return label
    if "app_root_path" in scope:  # a mounted application, such as /static/, has no route
        return f"{scope['root_path'].removeprefix(scope['app_root_path'])}/"
    return "other"


class RootPathMiddleware:
    """Lets the service be published below a root path, such as https://school.example/inkling/.

    Some proxies remove the root path from the path of a request, and others do not. uvicorn's option `root_path` always
    adds it. This middleware makes every path begin with the root path exactly once, as ASGI requires. So both kinds of
    proxy work, and so do requests that do not come from a proxy. `root` is used if the server names no root path.
    """

    def __init__(self, app: ASGIApp, root: str = "") -> None:
        self.app = app
        self.root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (root := (scope.get("root_path") or self.root).rstrip("/")):
            path = scope["path"]
            for _ in range(2):  # from the proxy and from uvicorn
                if f"{path}/".startswith(f"{root}/"):
                    path = path.removeprefix(root)
            scope.update(root_path=root, path=root + path)  # in place, for the handler of unexpected errors
        await self.app(scope, receive, send)


def root_path(request: Request) -> str:
    """The path below which a proxy publishes the service, such as `/inkling`; "" if there is none."""
    return root_path_of(request.scope)


def root_path_of(scope: Scope) -> str:
    """`root_path` for the scope of a request."""
    # In a mounted application, such as /static, Starlette moves the root path to another key.
    path: str = scope.get("app_root_path", scope.get("root_path", ""))
    return path
