"""The service below a root path: all its addresses are below that path too, whether or not the proxy removes it.

test_reverse_proxies.py follows every address of every page.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Response

from app import pages
from app.main import create_app
from app.settings import OWN_ADDRESSES, Settings
from tests.app.connections.service import running_service
from tests.support.browsers.traffic import Traffic
from tests.support.proxy import below
from tests.support.visitor import Visitor

PREFIX = "/inkling"


@pytest.fixture(scope="module", params=["strips", "keeps", "keeps, and uvicorn adds", "strips, and uvicorn adds"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service below /inkling, behind a proxy that strips the root path or keeps it.

    uvicorn's option `root_path` adds it to every path.
    """
    settings = Settings(
        engine="onnx", root_path=PREFIX, collect=True, collect_file=tmp_path_factory.mktemp("saved") / "saved.sqlite"
    )
    app = create_app(settings)
    server = below(PREFIX, app, strips=request.param.startswith("strips"))
    if "uvicorn" in request.param:

        async def uvicorn(scope, receive, send):  # type: ignore[no-untyped-def]
            if scope["type"] == "http":
                scope = {**scope, "root_path": PREFIX, "path": PREFIX + scope["path"]}
            await app(scope, receive, send)

        server = below(PREFIX, uvicorn, strips=request.param.startswith("strips"))
    with TestClient(server, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def test_redirects_stay_below_the_root_path(published: TestClient) -> None:
    for path, expected in (("lesson/", "lesson"), ("docs/?x=1", "docs?x=1"), ("favicon.ico", "static/favicon.svg")):
        response = published.get(f"/inkling/{path}")
        assert (response.status_code, response.headers["Location"]) == (308, f"/inkling/{expected}")
    response = published.post("/inkling/corrections/delete")
    assert (response.status_code, response.headers["Location"]) == (303, "/inkling/corrections")


def test_problem_types_and_the_openapi_document_name_the_root_path(published: TestClient) -> None:
    for response in (
        published.get("/inkling/nothing"),
        published.post("/inkling/predict", json={}),
        published.get("/inkling/corrections?page=0"),
    ):
        assert published.get(response.json()["type"]).status_code == 200
    assert published.get("/inkling/openapi.json").json()["servers"] == [{"url": "/inkling"}]


def test_the_metrics_name_routes_without_the_root_path(published: TestClient) -> None:
    published.get("/inkling/static/favicon.svg")
    published.get("/inkling/nothing/at/all")
    metrics = published.get("/inkling/metrics").text
    assert re.search(r'route="/static/"', metrics)
    assert re.search(r'route="other"', metrics)
    assert not re.search(r'route="/inkling', metrics)


def test_requests_without_the_proxy_work_too() -> None:
    """For example those of the health check."""
    with TestClient(create_app(Settings(engine="onnx", root_path=PREFIX))) as client:
        assert client.get("/readyz").status_code == client.get("/inkling/readyz").status_code == 200


@pytest.mark.parametrize("path", ["inkling", "/ink ling", "//evil.example", "/a/../b", "/a?b", '/"', "/.", "/ä"])
def test_a_root_path_is_a_plain_path(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_ROOT_PATH", path)
    with pytest.raises(ValueError, match=r"INKLING_ROOT_PATH is .*; it must be a path that begins with a slash"):
        Settings.from_environment()


def test_a_root_path_is_not_an_address_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [str(getattr(route, "path", "/")) for route in pages.router.routes]
    paths = ["/static", "/openapi.json", *create_app().openapi()["paths"], *shown]
    assert {path.split("/")[1] for path in paths} - {""} == OWN_ADDRESSES
    for path in ("/lesson", "/lab/", "/static"):
        monkeypatch.setenv("INKLING_ROOT_PATH", path)
        with pytest.raises(ValueError, match="is not one of the service's own"):
            Settings.from_environment()
    monkeypatch.setenv("INKLING_ROOT_PATH", "/lab/inkling")
    assert Settings.from_environment().root_path == "/lab/inkling"


def test_a_slash_at_the_end_of_the_root_path_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, expected in (("/inkling/", "/inkling"), ("/a/b-c_d.e~f", "/a/b-c_d.e~f"), ("/", ""), ("", "")):
        monkeypatch.setenv("INKLING_ROOT_PATH", given)
        assert Settings.from_environment().root_path == expected


def test_in_a_browser_the_pages_request_nothing_outside_the_root_path(browser: Browser, tmp_path: Path) -> None:
    app = create_app(Settings(engine="onnx", root_path=PREFIX, collect_file=tmp_path / "none.sqlite"))
    with running_service(below(PREFIX, app, strips=True), ready=f"{PREFIX}/readyz") as service:
        page = browser.new_context().new_page()
        traffic = Traffic(page)
        responses: list[Response] = []
        page.on("response", lambda response: responses.append(response))
        visitor = Visitor(page, service.url + PREFIX)
        visitor.open("/")
        visitor.sample(7)
        for path, ready in (
            ("/docs#/drawings/predict", ".opblock"),
            ("/lesson", "#yours"),
        ):
            page.goto(f"{service.url}{PREFIX}{path}")
            page.locator(ready).first.wait_for()
        traffic.wait_for_end()
        page.context.close()
    wrong = {f"{response.status} {urlsplit(response.url).path}" for response in responses if response.status >= 400}
    assert wrong == set()
    paths = {urlsplit(response.url).path for response in responses}
    assert {"/inkling/feature-maps", "/inkling/openapi.json", "/inkling/lesson/figures"} <= paths
