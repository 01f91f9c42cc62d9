"""The promises of docs/security.md that no other test covers."""

import io
import json
import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.http.problem_types import PROBLEMS
from app.main import create_app
from app.settings import Settings
from tests import ROOT

PAGES = ["/", "/lesson", "/lesson/teacher", "/lesson/worksheet", "/docs", "/corrections", "/problems/one-input"]
SCHOOL = "https://school.example"
SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}


@pytest.fixture(scope="module")
def open_client() -> Iterator[TestClient]:
    """A service that a school's pages may call and embed."""
    settings = Settings(engine="onnx", allowed_origins=(SCHOOL,), frame_ancestors=(SCHOOL, "https://*.school.example"))
    with TestClient(create_app(settings)) as client:
        yield client


class InlineCode(HTMLParser):
    """Collects what a strict Content-Security-Policy forbids, and the inline scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: list[str] = []
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        data = attributes.get("type") in ("application/json", "text/plain")
        self._in_script = tag == "script" and "src" not in attributes and not data
        self.found += [tag] if tag == "style" else []
        self.found += [name for name in attributes if name == "style" or name.startswith("on")]
        self.found += [
            value for value in attributes.values() if value and value.strip().lower().startswith("javascript:")
        ]


@pytest.mark.parametrize("path", PAGES)
def test_inline_scripts_are_those_of_the_policy_and_no_permissions_are_asked_for(client: TestClient, path: str) -> None:
    response = client.get(path)
    parser = InlineCode()
    parser.feed(response.text)
    assert parser.found == []
    assert len(parser.scripts) == (2 if path == "/" else 1)
    policy = response.headers["content-security-policy"]
    hashes = re.findall(r"'sha256-([^']+)'", re.findall(r"script-src 'self'([^;]*);", policy)[0])
    assert len(hashes) == 2
    for script in parser.scripts:
        assert b64encode(sha256(script.encode()).digest()).decode() in hashes
    for name in ("camera", "microphone", "geolocation"):
        assert f"{name}=()" in response.headers["permissions-policy"]
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", response.text.partition("<main")[0])


def test_only_the_listed_origins_may_embed_the_pages(client: TestClient, open_client: TestClient) -> None:
    assert client.get("/").headers["content-security-policy"].endswith("frame-ancestors 'self'")
    for path in ("/", "/nothing", "/static/favicon.svg"):
        policy = open_client.get(path).headers["content-security-policy"]
        assert policy.endswith(f"frame-ancestors 'self' {SCHOOL} https://*.school.example")


def test_no_other_site_may_read_responses_by_default(client: TestClient) -> None:
    preflight = {"Origin": SCHOOL, "Access-Control-Request-Method": "POST"}
    for response in (
        client.post("/predict", json=SEVEN, headers={"Origin": SCHOOL}),
        client.options("/predict", headers=preflight),
        client.get("/model", headers={"Origin": "null"}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_the_listed_origins_may_call_the_api_but_not_the_corrections(open_client: TestClient) -> None:
    headers = {"Origin": SCHOOL, "Sec-Fetch-Site": "cross-site"}
    answer = open_client.post("/predict", json=SEVEN, headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, SCHOOL)
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    assert open_client.options("/feature-maps", headers=headers | preflight).status_code == 200
    elsewhere = open_client.post("/predict", json=SEVEN, headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in elsewhere.headers
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origins", ["school.example", "https://school.example; script-src *", "*", "'unsafe-inline'"])
def test_other_values_than_origins_are_refused(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    for variable in ("INKLING_FRAME_ANCESTORS", "INKLING_ALLOWED_ORIGINS"):
        monkeypatch.setenv(variable, origins)
        with pytest.raises(ValueError, match=rf"{variable} is .* it must be origins"):
            Settings.from_environment()
        monkeypatch.delenv(variable)


def test_lists_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_FRAME_ANCESTORS", "https://a.example, http://b.example:8080")
    monkeypatch.setenv("INKLING_HOSTS", "Digits.example,,localhost")
    settings = Settings.from_environment()
    assert settings.frame_ancestors == ("https://a.example", "http://b.example:8080")
    assert settings.hosts == ("digits.example", "localhost")


TRAVERSALS = [
    "../app/main.py", "..%2fapp/main.py", "%2e%2e/app/main.py", "%2e%2e%2fapp%2fmain.py", "..\\app\\main.py",
    "....//app/main.py", "%252e%252e/app/main.py", "/etc/passwd", "%2fetc%2fpasswd", "js/../../app/main.py", "%00",
    "js", "favicon.svg%00.png", "C:/windows/win.ini", "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_folder_of_static_files(client: TestClient, path: str) -> None:
    response = client.get(f"/static/{path}")
    assert response.status_code in (404, 405)
    assert response.headers["content-type"] == "application/problem+json"
    assert "create_app" not in response.text


@pytest.mark.parametrize(
    "value", ["bytes=0-9", "bytes=9-0", "bytes=x", "x", "bytes=99999999-", "bytes=-0,-0", "bytes="]
)
def test_a_range_is_ignored_whether_valid_or_not(client: TestClient, value: str) -> None:
    whole = client.get("/static/favicon.svg")
    part = client.get("/static/favicon.svg", headers={"Range": value})
    assert (part.status_code, part.content) == (200, whole.content)
    assert part.headers["accept-ranges"] == "none"


def test_drawings_are_never_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    file = io.BytesIO()
    Image.new("L", (40, 40)).save(file, "PNG")
    with caplog.at_level(logging.DEBUG, logger=""):
        caplog.clear()
        client.post("/predict", json={"strokes": [[[12345.5, 54321.5]]]})
        client.post("/predict", json={"strokes": [[["12345.5"]]]})
        client.post("/predict", content=json.dumps({"image": "12345.5"}), headers={"Content-Type": "application/json"})
        client.post("/feature-maps?stages=true", content=file.getvalue(), headers={"Content-Type": "image/png"})
        client.post("/predict", files={"file": ("my-name.png", file.getvalue())})
        client.post("/predict", files={"other": ("my-name.png", b"12345.5")})
    own = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "asyncio"))
    ]
    assert not [line for line in own if "12345" in line or "54321" in line or "my-name" in line or "PNG" in line]


def test_every_problem_type_and_setting_of_the_document_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    variables = set(re.findall(r"INKLING_([A-Z_]+)", text))
    assert variables
    assert variables <= {name.upper() for name in Settings.model_fields}
    slugs = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)` \(4|5", text))
    assert {slug for slug in slugs if slug} <= set(PROBLEMS)
    assert set(re.findall(r"tests/[\w/]+\.py", text)) <= {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")
    }
