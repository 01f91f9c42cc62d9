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


def test_feature_maps_are_compressed_unless_they_are_quantised(client: TestClient) -> None:
    def encoding(dtype: str) -> str | None:
        headers = {"Accept": "application/vnd.safetensors", "Accept-Encoding": "gzip"}
        drawing = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}
        return client.post(f"/feature-maps?dtype={dtype}", json=drawing, headers=headers).headers.get(
            "content-encoding"
        )

    assert (encoding("float32"), encoding("uint8")) == ("gzip", None)


def test_a_compressed_response_can_be_revalidated(client: TestClient) -> None:
    etag = client.get("/lesson/figures", headers={"Accept-Encoding": "gzip"}).headers["etag"]
    assert etag.startswith('W/"')
    assert client.get("/lesson/figures", headers={"If-None-Match": etag}).status_code == 304
