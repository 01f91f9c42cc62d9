"""Compressed pages."""

from fastapi.testclient import TestClient


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
