"""The addresses of static files: with the hash of all contents, with an old hash, and without a hash."""

import re

import pytest
from fastapi.testclient import TestClient

from app.http.assets.files import version

PAGES = ["/", "/lesson", "/training", "/lab", "/docs", "/glossary", "/lesson/teacher", "/lesson/worksheet"]


@pytest.mark.parametrize("path", PAGES)
def test_browsers_keep_all_files_of_a_page_without_asking_again(client: TestClient, path: str) -> None:
    found = re.findall(r'(?:href|src|data-scripts)="(/static/[^"]+)"', client.get(path).text)
    addresses = " ".join(found).split()
    assert len(addresses) in range(3, 8)
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("first", ["", "v-000000000000/"])
def test_without_the_current_hash_a_file_is_revalidated_each_time(client: TestClient, first: str) -> None:
    address = f"/static/{first}js/docs.js"
    response = client.get(address)
    assert response.headers["cache-control"] == "no-cache"
    again = client.get(address, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_text_is_compressed_for_clients_that_accept_it(client: TestClient) -> None:
    address = f"/static/{version()}/bundles/js/main.js"
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_images_are_not_compressed_again(client: TestClient) -> None:
    response = client.get("/static/samples/digits.png", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-type"] == "image/png"
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    "path", ["bundles/js/core/layers.js", "bundles/favicon.svg", "bundles/", "v-1/v-1/favicon.svg"]
)
def test_only_the_modules_and_style_sheets_of_pages_have_bundles(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_files_cannot_be_changed(client: TestClient) -> None:
    response = client.post("/static/favicon.svg")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
