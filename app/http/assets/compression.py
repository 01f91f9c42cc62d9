"""Whether and how a response is compressed. Only gzip is used: every current client supports it."""

import gzip

from starlette.requests import Request
from starlette.responses import Response

_LEAST = 1000  # bytes; a shorter body fits into one packet anyway


def accepts_gzip(request: Request) -> bool:
    """Whether the client accepts a body in gzip format."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def compress(request: Request, response: Response, *, level: int = 6) -> Response:
    """The same response with its body in gzip format, if that is worth it and the client accepts it.

    `level` is that of gzip: 1 is the fastest, 9 the smallest.
    """
    response.headers.append("Vary", "Accept-Encoding")
    body = bytes(response.body)
    if len(body) >= _LEAST and accepts_gzip(request):
        response.body = gzip.compress(body, level, mtime=0)
        if etag := response.headers.get("ETag"):
            response.headers["ETag"] = f"W/{etag}"  # weak: the same content, but not the same bytes
        response.headers.update({"Content-Encoding": "gzip", "Content-Length": str(len(response.body))})
    return response
