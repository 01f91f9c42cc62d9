"""Reads request bodies, up to a limit in bytes and in seconds.

The code is ours because Starlette's `max_body_size` always responds in plain text instead of with a problem, and
neither Starlette nor uvicorn limits the time.
"""

import asyncio
from codecs import BOM_UTF8

from starlette.types import Receive, Scope

from app.http.media_types import ALIASES, JSON
from app.http.problems import Problem, stopping
from app.limits import BODY_SECONDS, MAX_BODY

# The problems that `read_body` and `read_json` raise.
BODY_PROBLEMS = ("unreadable-body", "too-slow", "body-too-large", "unsupported-type")
# Closes the connection: otherwise the rest of the body would be parsed as the next request.
_CLOSE = {"Connection": "close"}


def header(scope: Scope, name: bytes, default: str = "") -> str:
    """The value of a request header, whose name is in lower case. Starlette's `Headers` takes several times as long."""
    for key, value in scope["headers"]:
        if key == name:
            found: str = value.decode("latin-1")
            return found
    return default


def media_type_of(scope: Scope) -> str:
    """The request's media type in lower case, without parameters and without aliases; empty if there is none."""
    media_type = header(scope, b"content-type").partition(";")[0].strip().lower()
    return ALIASES.get(media_type, media_type)


async def read_body(
    scope: Scope, receive: Receive, limit: int = MAX_BODY, expected: str = "a drawing", remedy: str = ""
) -> bytes:
    """The whole request body, at most `limit` bytes. `expected` says what the body should contain, for the message
    about an empty one; `remedy`, a sentence, says what helps if it is too large.

    Raises Problem if it is empty, too large, too slow, incomplete or compressed.
    """
    if header(scope, b"content-encoding").strip().lower() not in ("", "identity"):
        raise Problem(
            "unsupported-type",
            "The body is compressed (Content-Encoding). Send it uncompressed, without this header.",
            headers={"Accept-Encoding": "identity"},
        )
    # After the response, uvicorn discards the rest of the body, so the client can finish sending and read the response.
    if int(header(scope, b"content-length", "0")) > limit:  # the HTTP parser has checked that it is a number
        raise _too_large(limit, remedy)
    parts: list[bytes] = []
    size, more = 0, True
    task = asyncio.current_task()
    assert task is not None
    timed_out = False

    def time_out() -> None:
        nonlocal timed_out
        timed_out = True
        task.cancel()

    # `asyncio.timeout` does the same, but takes 20 µs of the 400 that a request takes.
    timer = asyncio.get_running_loop().call_later(BODY_SECONDS, time_out)
    try:
        while more and size <= limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem("unreadable-body", "The body ended early.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
    except asyncio.CancelledError:
        if not timed_out:
            raise stopping() from None
        task.uncancel()
        raise Problem("too-slow", headers=_CLOSE) from None
    finally:
        timer.cancel()
    if size > limit:
        raise _too_large(limit, remedy)
    body = b"".join(parts)
    if not body:
        if header(scope, b"upgrade"):  # then uvicorn drops the body
            detail = "The body was lost: the request asks to upgrade the protocol. Omit the Upgrade header."
            raise Problem("unreadable-body", detail, headers=_CLOSE)
        raise Problem("unreadable-body", f"The body is empty; it should contain {expected}.")
    return body


async def read_json(scope: Scope, receive: Receive, limit: int = MAX_BODY) -> bytes:
    """The body of a JSON request. Raises Problem if its media type is not JSON, and for the reasons of `read_body`."""
    if media_type_of(scope) != JSON:
        raise Problem("unsupported-type", "Send application/json.", headers={"Accept": JSON})
    return without_byte_order_mark(await read_body(scope, receive, limit, "a JSON object"))


def without_byte_order_mark(body: bytes) -> bytes:
    """A JSON body without the UTF-8 byte-order mark that some programs write (RFC 8259 lets a parser ignore it)."""
    return body.removeprefix(BOM_UTF8)


def _too_large(limit: int, remedy: str) -> Problem:
    return Problem("body-too-large", f"This request body may have at most {limit:,} bytes. {remedy}".rstrip())
