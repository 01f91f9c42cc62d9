"""Conditional GET."""

import pytest
from starlette.requests import Request

from app.http.conditional import conditional_response, hash_of

ETAG = f'"{hash_of(b"content")}"'


def request(if_none_match: str | None) -> Request:
    headers = [] if if_none_match is None else [(b"if-none-match", if_none_match.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_unchanged_content_is_not_sent_again(header: str) -> None:
    response = conditional_response(request(header), b"content", "text/plain", sha256=hash_of(b"content"))
    assert (response.status_code, response.body) == (304, b"")
    assert response.headers["etag"] == ETAG
    assert response.headers["cache-control"] == "no-cache"
    assert "content-type" not in response.headers


@pytest.mark.parametrize("header", [None, "", '"other"', ETAG.strip('"'), f'"x{ETAG[1:]}'])
def test_new_content_is_sent(header: str | None) -> None:
    response = conditional_response(
        request(header), b"content", "text/plain", sha256=hash_of(b"content"), headers={"X-Extra": "yes"}
    )
    assert (response.status_code, response.body) == (200, b"content")
    assert response.headers["etag"] == ETAG
    assert response.headers["x-extra"] == "yes"


def test_cache_control_can_be_replaced() -> None:
    response = conditional_response(
        request(ETAG), b"content", "text/plain", sha256=hash_of(b"content"), headers={"Cache-Control": "immutable"}
    )
    assert (response.status_code, response.headers["cache-control"]) == (304, "immutable")
