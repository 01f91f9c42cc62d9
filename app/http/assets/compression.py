"""Whether and how a response is compressed. Only gzip is used: every current client supports it."""

import gzip
import re

from starlette.requests import Request
from starlette.responses import Response

_LEAST = 1000  # bytes; a shorter body fits into one packet anyway
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)  # q=0 means: not acceptable


def accepts_gzip(request: Request) -> bool:
    """Whether the client accepts a body in gzip format."""
    return _GZIP.search(request.headers.get("Accept-Encoding", "")) is not None


def compress(request: Request, response: Response, *, level: int = 6) -> Response:
    """The same response with its body in gzip format, if that is worth it and the client accepts it.

    A response with an ETag must be compressed by `app.http.conditional`, because the ETag depends on the format.
    `level` is that of gzip: 1 is the fastest, 9 the smallest.
    """
    response.headers.append("Vary", "Accept-Encoding")
    body = bytes(response.body)
    if len(body) >= _LEAST and accepts_gzip(request):
        response.body = gzip.compress(body, level, mtime=0)
        response.headers.update({"Content-Encoding": "gzip", "Content-Length": str(len(response.body))})
    return response
