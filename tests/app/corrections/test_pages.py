"""The page that shows the saved corrections."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from app.corrections.rows import Correction
from app.corrections.store import CorrectionStore
from app.http.assets.inline import inline_sources
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import PROBABILITIES, client_of, correction, image_correction, problem
from tests.support.servers import LiveServer
from tests.support.visitor import PHONE, PROJECTOR, Opener


def test_the_drawing_pad_knows_that_corrections_are_saved(client: TestClient) -> None:
    assert '"collects": true' in client.get("/").text


def test_the_page_shows_each_drawing_with_its_prediction_and_its_label(client: TestClient) -> None:
    client.post("/corrections", json=correction(label=None))
    client.post("/corrections", json=image_correction(label=1))
    shown = client.get("/corrections")
    assert shown.status_code == 200
    assert shown.text.count("<li class=") == 2
    assert shown.text.index("data:image/png;base64,") < shown.text.index("<polyline points=")  # newest first
    assert "Drawing. Predicted: 7. Correct: not a digit." in shown.text
    assert '<b>7</b> <span class="share">99.7&nbsp;%</span>' in shown.text


def test_the_page_has_no_inline_style_and_no_script_of_a_client(client: TestClient) -> None:
    client.post("/corrections", json=correction(model="<script>alert(1)</script>"))
    shown = client.get("/corrections")
    assert f"script-src 'self' {inline_sources()}; style-src 'self'" in shown.headers["content-security-policy"]
    assert " style=" not in shown.text
    assert shown.text.count("<script") == 1  # the one that sets the theme
    assert "&lt;script&gt;" in shown.text


def test_corrections_are_paginated_and_a_too_large_page_number_shows_the_last_page(file: Path) -> None:
    store = CorrectionStore(file, 100)
    for label in range(30):
        store.add(Correction(uuid.uuid4(), Strokes([[(0, 0), (9, label)]]), label % 10, 3, PROBABILITIES, "lesson"))
    with client_of(file) as client:
        texts = {page: client.get(f"/corrections?page={page}").text for page in (1, 2, 9)}
        assert problem(client.get("/corrections?page=x")) == (422, "invalid-parameter")
    counts = {page: text.count("<li class=") for page, text in texts.items()}
    assert counts == {1: 24, 2: 6, 9: 6}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKLING_COLLECT", "1")
        patch.setenv("INKLING_COLLECT_FILE", str(tmp_path_factory.mktemp("kept") / "corrections.sqlite"))
        server = LiveServer("--engine", "onnx")
        server.start()
        yield server
        server.stop()


@pytest.mark.parametrize(("viewport", "scheme"), [(PROJECTOR, "light"), (PHONE, "dark")], ids=["projector", "phone"])
def test_the_page_works_without_javascript_on_every_screen(
    visitors: Opener, server: LiveServer, viewport: dict[str, int], scheme: str
) -> None:
    url = server.url
    assert httpx2.delete(f"{url}/corrections").is_success  # remove the corrections of other tests
    for each in (correction(canvas=[280, 280]), correction(label=None), image_correction(label=1)):
        assert httpx2.post(f"{url}/corrections", json=each).status_code == 201
    visitor = visitors(None, url=url, viewport=viewport, color_scheme=scheme)
    page = visitor.page
    page.goto(f"{url}/corrections")
    expect(page.locator(".card")).to_have_count(3)
    assert visitor.run("document.documentElement.scrollWidth") <= viewport["width"]
    assert visitor.violations() == []
    plain = visitors(None, url=url, viewport=viewport, color_scheme=scheme, java_script_enabled=False).page
    plain.goto(f"{url}/corrections")
    plain.locator(".card button").first.click()
    plain.wait_for_url(f"{url}/corrections?page=1")
    expect(plain.locator(".card")).to_have_count(2)
    plain.locator("summary").click()
    plain.locator(".every button").click()
    plain.wait_for_url(f"{url}/corrections")
    expect(plain.locator("main")).to_contain_text("No corrections are saved yet.")
