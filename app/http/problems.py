"""Errors as RFC 9457 problem documents: a type, a status, and a sentence that a student understands.

A problem never repeats the input and never contains a stack trace.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from app.http.media_types import PROBLEM
from app.http.middleware import SECURITY_HEADERS, root_path
from app.http.problem_types import PROBLEMS
from app.http.schemas import ProblemDetails, schema_reference

_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Problem(Exception):  # noqa: N818 -- RFC 9457 calls it a problem
    """An error for the client.

    `detail` says what is wrong this time; the default is the meaning of the problem type. `errors` lists the invalid
    fields. `run` is the training run that causes a conflict.
    """

    def __init__(
        self,
        slug: str,
        detail: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        run: str | None = None,
    ) -> None:
        self.kind = PROBLEMS[slug]
        self.detail = self.kind.meaning if detail is None else detail
        self.errors = errors
        self.run = run
        self.headers = dict(headers or {})
        super().__init__(self.detail)

    def response(self, root: str = "") -> Response:
        """This problem as a response. `root` is the service's root path, with which the type's address begins."""
        body: dict[str, Any] = {
            "type": f"{root}/problems/{self.kind.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        if self.run is not None:
            body["run"] = self.run
        return Response(orjson.dumps(body), self.kind.status, self.headers, PROBLEM)


def service_unavailable(slug: str, detail: str | None = None, *, retry_after: int = 1) -> Problem:
    """A temporary problem with a Retry-After header: the client should try again after `retry_after` seconds."""
    return Problem(slug, detail, headers={"Retry-After": str(retry_after)})


def stopping() -> Problem:
    """The problem for a request that uvicorn cancels: the service is stopping and has waited as long as it may."""
    return service_unavailable(
        "overloaded", "The service is stopping. Wait for the time in Retry-After, then try again."
    )


def problem_bytes(problem: Problem, root: str = "") -> bytes:
    """A problem as bytes of HTTP/1.1, for a request that never reaches the application. It ends the connection."""
    response = problem.response(root)
    response.headers.update({**SECURITY_HEADERS, "Connection": "close"})
    lines = [b"HTTP/1.1 %d %b" % (problem.kind.status, HTTPStatus(problem.kind.status).phrase.encode())]
    lines += [b"%b: %b" % field for field in response.raw_headers]
    return b"\r\n".join([*lines, b"", bytes(response.body)])


def problem_responses(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a path operation that can fail with these problems or with an internal error.

    There is one response for each status, with one example for each problem type, even if it is named twice.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for slug in dict.fromkeys((*slugs, "internal-error")):
        kind = PROBLEMS[slug]
        response = responses.setdefault(
            kind.status,
            {
                "description": "",
                "content": {PROBLEM: {"schema": schema_reference(ProblemDetails), "examples": {}}},
            },
        )
        response["description"] = " · ".join(filter(None, (response["description"], kind.title)))
        response["content"][PROBLEM]["examples"][slug] = {
            "summary": kind.title,
            "value": {
                "type": f"/problems/{slug}",
                "title": kind.title,
                "status": kind.status,
                "detail": kind.meaning,
            },
        }
        if kind.status == 503:
            response["headers"] = {
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": 1}
            }
    return responses


def _allowed(request: Request) -> str:
    """All methods of the request's address. Starlette's own Allow header has only the methods of one route.

    The middleware passes HEAD on as GET, so HEAD works wherever GET does.
    """
    routes = request.app.router.routes
    scopes = {method: {**request.scope, "method": method.replace("HEAD", "GET")} for method in _METHODS}
    return ", ".join(
        method for method, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)
    )


async def _from_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(root_path(request))


async def _from_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = _allowed(request) or headers["Allow"]  # a mounted application sends its own list
    slug = _BY_STATUS.get(error.status_code)
    if slug is None:
        slug = "internal-error" if error.status_code >= 500 else "unreadable-body"
    return Problem(slug, headers=headers).response(root_path(request))


async def _from_unexpected_error(request: Request, _error: Exception) -> Response:
    # This response bypasses the middleware.
    return Problem("internal-error", headers=SECURITY_HEADERS).response(root_path(request))


def install(app: FastAPI) -> None:
    """Make errors problem documents, whether the application or the framework raises them.

    `app.http.validation` adds those of parameters.
    """
    app.add_exception_handler(Problem, _from_problem)
    app.add_exception_handler(HTTPException, _from_http_exception)
    app.add_exception_handler(Exception, _from_unexpected_error)
