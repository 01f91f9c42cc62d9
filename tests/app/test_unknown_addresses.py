"""Unknown addresses: redirects for a slash too many, a page for browsers, problem documents for API clients."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.http.assets.files import version
from app.main import create_app
from app.settings import Settings

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx")), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module", params=["in the path", "not in the path"])
def prefixed(request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """A service below /inkling. Servers differ in whether the path of a request includes the root path."""
    with TestClient(create_app(Settings(engine="onnx")), root_path="/inkling", follow_redirects=False) as client:
        if request.param == "in the path":
            client.base_url = client.base_url.join("/inkling/")
        yield client


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/lesson/", "/lesson"),
        ("/lesson//", "/lesson"),
        ("/lesson/?hide=pen&x=%2F", "/lesson?hide=pen&x=%2F"),
        ("/lesson/teacher/", "/lesson/teacher"),
        ("/lesson/worksheet/", "/lesson/worksheet"),
        ("/docs/", "/docs"),
        ("/model/", "/model"),
        ("/problems/not-found/", "/problems/not-found"),
        ("/problems/%0d%0aX:%20y/", "/problems/%0D%0AX%3A%20y"),
        ("/predict/", "/predict"),
    ],
)
def test_a_slash_at_the_end_is_redirected_to_the_address_without_it(
    path: str, address: str, client: TestClient
) -> None:
    for accept in (BROWSER, "*/*"):
        response = client.get(path, headers={"Accept": accept})
        assert (response.status_code, response.headers["Location"]) == (308, address)


def test_a_drawing_that_is_sent_to_an_address_with_a_slash_arrives(client: TestClient) -> None:
    response = client.post("/predict/", json={"strokes": [[[30, 40], [110, 40], [60, 150]]]}, follow_redirects=True)
    assert (response.status_code, response.json()["digit"]) == (200, 7)


@pytest.mark.parametrize(
    "path",
    [
        "//example.com/",
        "//example.com/lesson/",
        "/\\example.com/",
        "/%5Cexample.com/",
        "/%2f%2fexample.com/",
        "//lesson/",
    ],
)
def test_no_redirect_leads_to_another_host(path: str, client: TestClient) -> None:
    url = client.base_url.copy_with(raw_path=path.encode())
    response = client.get(url)
    assert response.status_code == 404
    assert "Location" not in response.headers


@pytest.mark.parametrize("path", ["/nothing/", "/static/", "/static/css/"])
def test_an_address_that_is_unknown_without_the_slash_too_is_not_redirected(path: str, client: TestClient) -> None:
    assert client.get(path).status_code == 404


def test_behind_a_root_path_a_redirect_keeps_it(prefixed: TestClient) -> None:
    response = prefixed.get("lesson/?hide=pen")
    assert (response.status_code, response.headers["Location"]) == (308, "/inkling/lesson?hide=pen")


def test_the_first_page_of_a_service_below_a_root_path_ends_with_a_slash() -> None:
    with TestClient(create_app(Settings(engine="onnx")), root_path="/inkling", follow_redirects=False) as client:
        assert client.get("/inkling/").status_code == 200
        response = client.get("/inkling?hide=pen")
        assert (response.status_code, response.headers["Location"]) == (308, "/inkling/?hide=pen")


# ---------------------------------------------------------------- pages and problems


@pytest.mark.parametrize(
    "path", ["/nothing", "/lesson/nothing", "/static/nothing", "/problems/nothing", "/static/css/", "/nothing/"]
)
def test_a_browser_gets_a_page_that_leads_back(path: str, client: TestClient) -> None:
    response = client.get(path, headers={"Accept": BROWSER})
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "Accept" in response.headers["Vary"]
    for words in (
        "Nothing was found here",
        'href="/"',
        'href="/lesson"',
        'href="/docs"',
        "css/pages/unknown-address.css",
    ):
        assert words in response.text


def test_a_browser_that_opens_an_api_call_gets_a_page_too(client: TestClient) -> None:
    response = client.get("/predict", headers={"Accept": BROWSER})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "A browser cannot open this address" in response.text
    assert "It is part of the API" in response.text


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "application/problem+json", "application/json, text/html;q=0.5", "text/html;q=0"],
)
def test_an_api_client_gets_a_problem_document(accept: str, client: TestClient) -> None:
    for path in ("/nothing", "/problems/nothing", "/static/nothing"):
        response = client.get(path, headers={"Accept": accept})
        assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")
        assert response.json()["type"] == "/problems/not-found"
        assert "Accept" in response.headers["Vary"]


def test_behind_a_root_path_the_page_leads_back_below_it(prefixed: TestClient) -> None:
    for path in ("nothing", "static/nothing"):
        text = prefixed.get(path, headers={"Accept": BROWSER}).text
        for words in (
            'href="/inkling/"',
            'href="/inkling/lesson"',
            f"/inkling/static/{version()}/bundles/css/pages/unknown-address.css",
        ):
            assert words in text
        assert 'href="/static' not in text
        assert 'src="/static' not in text
