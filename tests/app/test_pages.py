"""The responses for pages: problem pages, cache headers and the icon."""

import html
import json
import re
import shlex
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.http.problem_types import PROBLEMS
from app.main import create_app
from app.settings import Settings


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


def test_every_problem_type_is_explained_at_its_address(client: TestClient) -> None:
    for slug, kind in PROBLEMS.items():
        page = client.get(f"/problems/{slug}")
        assert page.status_code == 200
        text = html.unescape(page.text)
        assert kind.title in text
        assert kind.meaning in text
    assert client.get("/problems/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/", "/lab", "/lesson", "/lesson/teacher", "/lesson/worksheet", "/glossary", "/docs"])
def test_pages_are_html_and_revalidated(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"


def test_the_scripts_get_the_limits_that_the_api_documents(client: TestClient) -> None:
    facts = client.get("/lab").text.partition('id="facts">')[2].partition("</script>")[0]
    limits = json.loads(facts)["limits"]
    api = client.get("/openapi.json").json()
    teach, step = (api["components"]["schemas"][name]["properties"] for name in ("TeachRequest", "StepsRequest"))
    queries = {each["name"]: each["schema"] for each in api["paths"]["/lab/replay"]["post"]["parameters"]}
    assert limits["taught_drawings"] == teach["drawings"]["maxItems"]
    assert limits["teach_steps"]["last"] == teach["steps"]["maximum"]
    assert limits["lesson_steps"] == step["steps"]["maximum"]
    assert limits["replay_steps"] == queries["steps"]["default"]


def test_the_page_of_the_api_lists_every_operation_once(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    operations = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    listed = re.findall(r"<b>([A-Z]+)</b> <code>([^<]+)</code>", client.get("/docs").text)
    assert sorted(listed) == sorted(operations)


def test_the_command_on_the_page_of_the_api_works(client: TestClient) -> None:
    text = html.unescape(client.get("/docs", headers={"Host": "inkling.localhost:81"}).text)
    text = re.sub("</?span[^>]*>", "", text)
    command, answer = re.findall(r"<code>(curl [^<]*?--data [^<]*|\{[^<]*)</code>", text)
    curl, url, header, media_type, data, body = shlex.split(command.replace("\\\n", " "))
    assert (curl, header, data) == ("curl", "--header", "--data")
    assert url == "http://inkling.localhost:81/predict"
    name, _, value = media_type.partition(": ")
    response = client.post(url, content=body, headers={name: value}).json()
    shown = json.loads(answer)
    assert list(response) == list(shown)
    assert response["digit"] == shown["digit"] == 7


def test_browsers_are_redirected_to_the_icon(client: TestClient) -> None:
    redirect = client.get("/favicon.ico", follow_redirects=False)
    assert (redirect.status_code, redirect.headers["location"]) == (308, "/static/favicon.svg")
