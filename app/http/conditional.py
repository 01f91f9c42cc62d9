"""Conditional GET for content in memory: the response is 304 if the client already has the content."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from app.http.assets.compression import accepts_gzip

IMMUTABLE = "public, max-age=31536000, immutable"  # the value of Cache-Control for a year, in seconds
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The content has not changed (If-None-Match)."}}
_static_files = StaticFiles()  # serves no files: only its method is_not_modified is used


@cache
def hash_of(content: bytes) -> str:
    """The SHA-256 of some content in hexadecimal. It is cached, so the content should be one of a few constants."""
    return sha256(content).hexdigest()


def conditional_response(
    request: Request,
    content: bytes,
    media_type: str,
    *,
    sha256: str,
    compressed: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The content with its hash as the ETag; or 304 if the request's If-None-Match contains that ETag.

    `compressed` is the content in gzip format, which is sent to clients that accept it. It has an ETag of its own:
    content with other bytes needs another strong ETag, even if it differs only in its encoding (RFC 9110, 8.8.3.3).
    Clients must revalidate the content each time, unless `headers` has another Cache-Control.
    """
    all_headers = {"ETag": f'"{sha256}"', "Cache-Control": "no-cache", **(headers or {})}
    if compressed is not None:
        all_headers["Vary"] = "Accept-Encoding"
        if accepts_gzip(request):
            content = compressed
            all_headers |= {"ETag": f'"{sha256}-gzip"', "Content-Encoding": "gzip"}
    response = Response(content, headers=all_headers, media_type=media_type)
    if _static_files.is_not_modified(response.headers, request.headers):
        return NotModifiedResponse(response.headers)
    return response
