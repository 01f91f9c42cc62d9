"""The application as a whole: its static files and unknown addresses."""

import pytest
from fastapi.testclient import TestClient


def test_static_files_are_revalidated_each_time_and_sent_only_if_they_changed(client: TestClient) -> None:
    first = client.get("/static/favicon.svg")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/favicon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.js", "/static/%2e%2e/app/main.py"])
def test_the_response_for_an_unknown_address_is_a_problem_document(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert response.json()["type"] == "/problems/not-found"
    assert response.json()["detail"].endswith(".")
