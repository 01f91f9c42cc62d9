"""Compressed pages."""

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from app.http.assets.compression import accepts_gzip


def test_a_page_is_compressed_for_clients_that_accept_it(client: TestClient) -> None:
    packed = client.get("/lesson", headers={"Accept-Encoding": "br, gzip"})
    plain = client.get("/lesson", headers={"Accept-Encoding": "br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert packed.text == plain.text
    assert "Accept-Encoding" in plain.headers["vary"]


def test_a_short_page_is_not_compressed(client: TestClient) -> None:
    response = client.get("/problems/one-input", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in response.headers) == (len(response.content) >= 1000)


def test_feature_maps_are_compressed_unless_they_are_quantised(client: TestClient) -> None:
    def encoding(dtype: str) -> str | None:
        headers = {"Accept": "application/vnd.safetensors", "Accept-Encoding": "gzip"}
        drawing = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}
        return client.post(f"/feature-maps?dtype={dtype}", json=drawing, headers=headers).headers.get(
            "content-encoding"
        )

    assert (encoding("float32"), encoding("uint8")) == ("gzip", None)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("gzip;q=0.05, br", True),
        ("gzip;q=0", False),
        ("gzip ; q=0.000, br", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_client_says_whether_it_accepts_gzip(header: str, accepted: bool) -> None:
    assert accepts_gzip(Request({"type": "http", "headers": [(b"accept-encoding", header.encode())]})) is accepted
