"""Requests to unknown addresses: a redirect if there is only a slash too many, and a page with links for browsers.

API clients get the problem document of `app.http.problems`.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from app.http.media_types import prefers_html
from app.http.middleware import root_path
from app.http.problems import Problem
from app.http.templates import page

Handler = Callable[[Request, Any], Response | Awaitable[Response]]
EXPLAINED = (404, 405)  # statuses that a browser gets as a page


def install(app: FastAPI) -> None:
    """Replace the problem documents of unknown addresses where a redirect or a page is better.

    `app.http.problems` must be installed before.
    """
    for kind in (HTTPException, Problem):
        app.add_exception_handler(kind, _with_page(app.exception_handlers[kind]))


def _with_page(handler: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        answer = handler(request, error)
        response = answer if isinstance(answer, Response) else await answer
        if response.status_code not in EXPLAINED:
            return response
        if (address := _without_slash(request)) is not None:
            return Response(status_code=308, headers={"Location": address})
        if prefers_html(request.headers.get("Accept", "")):
            problem = orjson.loads(bytes(response.body))
            headers = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
            response = page(request, "unknown-address.html", response.status_code, problem=problem)
            response.headers.update(headers)
        response.headers.append("Vary", "Accept")
        return response

    return handle


def _without_slash(request: Request) -> str | None:
    """The address with the query, but without slashes at the end of the path; None if that is no route either.

    The address is a path on this server: it begins with a route, so it never begins with `//`.
    """
    root = root_path(request)
    path: str = request.scope["path"].removeprefix(root)
    shorter = path.rstrip("/") if path else "/"  # the first page of a service below a prefix ends with a slash
    if shorter in ("", path):
        return None
    scope = {**request.scope, "path": root + shorter}
    # A Mount stands for all addresses that begin with a path, such as /static.
    routes = (route for route in request.app.router.routes if not isinstance(route, Mount))
    if not any(route.matches(scope)[0] is not Match.NONE for route in routes):
        return None
    query = request.url.query
    return quote(root + shorter) + (f"?{query}" if query else "")
