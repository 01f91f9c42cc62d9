"""Conditional GET."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.http.conditional import conditional_response, hash_of

ETAG = f'"{hash_of(b"content")}"'


def request(if_none_match: str | None, accept_encoding: str = "") -> Request:
    headers = [] if if_none_match is None else [(b"if-none-match", if_none_match.encode())]
    headers.append((b"accept-encoding", accept_encoding.encode()))
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


def encoded(if_none_match: str | None, accept_encoding: str) -> Response:
    """The response if the content is also there in gzip format."""
    return conditional_response(
        request(if_none_match, accept_encoding), b"content", "text/plain", sha256=hash_of(b"content"), compressed=b"gz"
    )


def test_the_compressed_content_has_an_etag_of_its_own() -> None:
    plain, packed = encoded(None, "br"), encoded(None, "gzip")
    assert (plain.body, plain.headers["etag"], plain.headers.get("content-encoding")) == (b"content", ETAG, None)
    assert (packed.body, packed.headers["content-encoding"]) == (b"gz", "gzip")
    assert packed.headers["etag"] not in (ETAG, f"W/{ETAG}")
    assert packed.headers["content-length"] == "2"
    assert {response.headers["vary"] for response in (plain, packed)} == {"Accept-Encoding"}


@pytest.mark.parametrize("kept", ["br", "gzip"])
@pytest.mark.parametrize("accepted", ["br", "gzip"])
@pytest.mark.parametrize("weak", ["", "W/"])
def test_content_is_revalidated_in_the_encoding_in_which_it_was_sent(kept: str, accepted: str, weak: str) -> None:
    etag = encoded(None, kept).headers["etag"]
    response = encoded(f"{weak}{etag}", accepted)
    assert response.status_code == (304 if kept == accepted else 200)
    # A cache updates the stored response with the ETag of the 304, so both must be those of the same encoding.
    assert response.headers["etag"] == encoded(None, accepted).headers["etag"]
    assert response.headers["vary"] == "Accept-Encoding"
