"""Every error is an RFC 9457 problem: a documented type, a status, and a sentence a student understands.

A problem never repeats what was sent and never shows where in the code it arose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of error: its slug ends the type's address, `/problems/<slug>`, where it is explained."""

    slug: str
    status: int
    title: str
    meaning: str


_TYPES = (
    ProblemType(
        "unreadable-body",
        400,
        "The body cannot be read",
        "The JSON, its UTF-8, the base64 or the multipart form is broken, or the body ended early.",
    ),
    ProblemType(
        "unreadable-picture",
        400,
        "The picture cannot be read",
        "The bytes are not a PNG, JPEG or WebP picture, or the picture is cut off or damaged.",
    ),
    ProblemType(
        "not-collecting",
        403,
        "This service does not keep drawings",
        "Whoever runs it has not switched the keeping of corrections on. Nothing of what was sent is stored.",
    ),
    ProblemType(
        "foreign-request",
        403,
        "The request comes from a page of another site",
        "What is kept is changed from this service's own pages, or by a program, and from no other site's.",
    ),
    ProblemType("not-found", 404, "There is nothing here", "No page, file or call has this address."),
    ProblemType(
        "method-not-allowed",
        405,
        "This address does not take this method",
        "The header Allow names the methods it takes.",
    ),
    ProblemType(
        "unreadable-request",
        400,
        "This is not a request",
        "What came is not HTTP/1.1 as it should be: a method that does not exist, a Content-Length that is no number "
        "or not that of the body, a line that ends wrongly.",
    ),
    ProblemType(
        "not-acceptable",
        406,
        "The answer does not come in this format",
        "Feature maps come as application/json or application/vnd.safetensors; ask for one of them in Accept.",
    ),
    ProblemType(
        "too-slow", 408, "The body took too long to arrive", "A body has to be complete ten seconds after its request."
    ),
    ProblemType("body-too-large", 413, "The body is too large", "A body may have at most 1 MiB (1,048,576 bytes)."),
    ProblemType(
        "picture-too-large",
        413,
        "The picture has too many pixels",
        "A picture may have at most 16 megapixels; this is checked before it is decoded.",
    ),
    ProblemType(
        "unsupported-type",
        415,
        "The body is of a type that is not read here",
        "Send application/json, image/png, image/jpeg, image/webp, or multipart/form-data with the field file.",
    ),
    ProblemType(
        "invalid-drawing",
        422,
        "The drawing has a wrong shape or value",
        "A number is not finite or out of range, rows have different lengths, a list is empty, a field is of "
        "the wrong kind or unknown.",
    ),
    ProblemType(
        "one-input",
        422,
        "Send exactly one drawing",
        "The body must hold exactly one of strokes, image and pixels, and a form exactly one file.",
    ),
    ProblemType(
        "too-many-points",
        422,
        "The drawing has too many points",
        "A drawing may have at most 20,000 points in at most 1,000 strokes.",
    ),
    ProblemType(
        "wrong-size",
        422,
        "The picture has the wrong size",
        "With prepare=none a picture must be 28×28 already; rows of pixels may be at most 4,096 long and as many.",
    ),
    ProblemType(
        "animated-picture",
        422,
        "The picture is animated",
        "Send one picture, without animation: it is not for the service to choose a frame.",
    ),
    ProblemType(
        "invalid-correction",
        422,
        "The correction has a wrong shape or value",
        "A field is missing, unknown or of the wrong kind, a number is out of range, or rows have different lengths.",
    ),
    ProblemType(
        "invalid-step",
        422,
        "These steps of training cannot be taken",
        "learning_rate is a number from 0.000001 to 10, steps a whole number from 1 to 20, optimiser sgd or adam; "
        "there are no other fields.",
    ),
    ProblemType(
        "unknown-layer",
        422,
        "There is no such layer",
        "Layers are input, conv1, relu1, pool1, conv2, relu2, pool2, flatten, dense1, relu3, logits and probabilities.",
    ),
    ProblemType(
        "invalid-parameter",
        422,
        "A query parameter has a value it cannot have",
        "prepare is mnist, resize, none, uncentred or own_pen; dtype is float32, float16 or uint8; stages is true or "
        "false; page is a whole number from 1.",
    ),
    ProblemType(
        "internal-error",
        500,
        "Something went wrong on our side",
        "The service met an error that it did not expect. It is in the service's log; your drawing is fine.",
    ),
    ProblemType(
        "not-ready",
        503,
        "The service is still starting",
        "The network has not made its first pass yet. Ask again in a moment.",
    ),
    ProblemType(
        "overloaded",
        503,
        "The service is busy",
        "More drawings are waiting than can be answered soon. Wait as long as Retry-After says and send it again.",
    ),
    ProblemType(
        "corrections-unavailable",
        503,
        "The kept drawings cannot be reached",
        "Their file is damaged or cannot be written; the service's log says what is wrong. Drawings are still read.",
    ),
    ProblemType(
        "corrections-full",
        507,
        "No more drawings can be kept",
        "As many are kept as whoever runs the service allows, or the disk is full. Nothing was stored or deleted.",
    ),
)
PROBLEMS: Mapping[str, ProblemType] = {problem.slug: problem for problem in _TYPES}
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}


class Problem(Exception):  # noqa: N818 -- the name RFC 9457 gives it
    """An error to be shown to whoever asked. `detail` says what is wrong this time; `errors` where, piece by piece."""

    def __init__(
        self,
        slug: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = PROBLEMS[slug]
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """This problem as a response."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.kind.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return Response(orjson.dumps(body), self.kind.status, self.headers, MEDIA_TYPE)


def later(slug: str) -> Problem:
    """A problem that passes: whoever asks again in a second may be answered."""
    return Problem(slug, PROBLEMS[slug].meaning, headers={"Retry-After": "1"})


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def _allowed(request: Request) -> str:
    """All the methods of an address; the framework names those of one of its routes alone."""
    routes = request.app.router.routes
    asked = {method: {**request.scope, "method": method} for method in _METHODS}
    return ", ".join(
        method for method, scope in asked.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = _allowed(request)
    slug = _BY_STATUS.get(error.status_code)
    if slug is None:
        slug = "internal-error" if error.status_code >= 500 else "unreadable-body"
    return Problem(slug, PROBLEMS[slug].meaning, headers=headers).response()


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return Problem("invalid-parameter", PROBLEMS["invalid-parameter"].meaning).response()


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return Problem("internal-error", PROBLEMS["internal-error"].meaning).response()


def install(app: FastAPI) -> None:
    """Let every error of the app, its own and the framework's, leave as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)
