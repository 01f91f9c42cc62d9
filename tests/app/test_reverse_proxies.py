"""The service below a path of another site, behind nginx and Caddy with the lines that docs/deploy.md shows."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import httpx2
import pytest

from model.runs.session import TrainingSession, training
from model.runs.settings import RunSettings
from tests.support.proxy import running_proxy
from tests.support.servers import LiveServer, wait_until

PREFIX = "/inkling"
PAGES = (
    "",
    "lesson",
    "lesson/teacher",
    "lesson/worksheet",
    "training",
    "lab",
    "glossary",
    "docs",
    "corrections",
    "problems/not-found",
)
UNKNOWN = "nothing/here"  # an unknown address, which gets a page of its own
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PLATFORM = "https://moodle.school.example"
SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


class Site(NamedTuple):
    """A proxy's address below which the service is published, the service itself, its log, and a run that trains."""

    url: str
    service: str
    log: Path
    run: TrainingSession


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, Path, TrainingSession]]:
    runs, log = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("log") / "log"
    environment = {
        "INKLING_TRUSTED_PROXIES": "127.0.0.1",
        "INKLING_ALLOWED_ORIGINS": PLATFORM,
        "INKLING_FRAME_ANCESTORS": PLATFORM,
    }
    options = ("--root-path", PREFIX, "--engine", "onnx", "--access-log")
    server = LiveServer(*options, environment=environment, runs=runs, log=log)
    server.start()
    try:
        with training(runs / "mine", RunSettings.of_recipe(), runs) as run:
            yield server, log, run
    finally:
        server.stop()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def site(
    request: pytest.FixtureRequest,
    service: tuple[LiveServer, Path, TrainingSession],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    server, log, run = service
    with running_proxy(request.param, server.url, tmp_path_factory.mktemp(request.param)) as url:
        yield Site(f"{url}{PREFIX}", server.url, log, run)


class Addresses(HTMLParser):
    """The addresses in a page: links, style sheets, scripts, images and forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src", "action") and value]
        self.found += (dict(attrs).get("data-scripts") or "").split()


def addresses_in(kind: str, text: str) -> list[str]:
    """The addresses in a page or a style sheet."""
    if kind.startswith("text/html"):
        return Addresses(text).found
    if kind.startswith("text/css"):
        return re.findall(r"url\(\s*[\"']?([^\"')]+)", text) + re.findall(r"@import\s+[\"']([^\"']+)", text)
    return []


def test_no_page_or_style_sheet_leads_to_a_missing_address(site: Site) -> None:
    waiting = [f"{site.url}/{page}" for page in (*PAGES, UNKNOWN)]
    own = site.url.removesuffix(PREFIX)
    statuses: dict[str, int] = {}
    with httpx2.Client(headers=BROWSER, follow_redirects=True) as client:
        while waiting:
            address = waiting.pop()
            if address in statuses:
                continue
            response = client.get(address)
            statuses[address] = response.status_code
            kind = response.headers.get("Content-Type", "")
            for found in addresses_in(kind, response.text) if kind.startswith("text/") else ():
                assert site.service not in found
                whole = urldefrag(urljoin(address, found)).url
                if whole.startswith(f"{own}/"):
                    waiting.append(whole)
    missing = {address for address, status in statuses.items() if status not in (200, 405)}  # 405: the form's POST
    assert missing == {f"{site.url}/{UNKNOWN}"}
    assert len(statuses) > 30


def test_redirects_and_problems_name_neither_a_scheme_nor_a_host(site: Site) -> None:
    for path, expected in (("", f"{PREFIX}/"), ("/lesson/", f"{PREFIX}/lesson")):
        response = httpx2.get(f"{site.url}{path}", headers={"X-Forwarded-Host": "evil.example"})
        assert response.status_code == 308
        assert urljoin(site.url, response.headers["Location"]) == urljoin(site.url, expected)
    too_large = httpx2.post(f"{site.url}/predict", content=bytes(2 << 20), headers={"Content-Type": "image/png"})
    assert (too_large.status_code, too_large.json()["type"]) == (413, f"{PREFIX}/problems/body-too-large")


def test_the_events_of_a_training_run_arrive_at_once(site: Site) -> None:
    with httpx2.stream("GET", f"{site.url}/runs/mine/events", timeout=10) as response:
        lines = response.iter_lines()
        for message in ("one", "two"):
            site.run.event("download", {"message": f"{message} {site.url}"})
            assert any(f'"{message} {site.url}"' in line for line in lines)


def test_the_learning_platform_may_embed_the_pages_and_call_the_api(site: Site) -> None:
    response = httpx2.post(f"{site.url}/predict", json=SEVEN, headers={"Origin": PLATFORM})
    assert (response.status_code, response.json()["digit"]) == (200, 7)
    assert response.headers.get_list("Access-Control-Allow-Origin") == [PLATFORM]
    policies = httpx2.get(f"{site.url}/").headers.get_list("Content-Security-Policy")
    assert [policy.rpartition("frame-ancestors ")[2] for policy in policies] == [f"'self' {PLATFORM}"]


def test_the_log_has_the_clients_address_from_a_trusted_proxy_only(site: Site) -> None:
    """The whole network 127.0.0.0/8 is this machine, but only 127.0.0.1 is trusted."""
    mark = f"/model?from={site.url.rpartition(':')[2].removesuffix(PREFIX)}"
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.0.2"), headers=forged) as client:
        client.get(f"{site.url}{mark}-proxy")
        client.get(f"{site.service}{mark}-direct")
    logged = {}
    for way in ("proxy", "direct"):
        pattern = re.compile(rf'([\d.]+):\d+ - "GET \S*{re.escape(mark)}-{way} ')
        assert wait_until(lambda: pattern.search(site.log.read_text()) is not None)  # noqa: B023
        found = pattern.search(site.log.read_text())
        assert found is not None
        logged[way] = found[1]
    assert logged == {"proxy": "127.0.0.2", "direct": "127.0.0.2"}
