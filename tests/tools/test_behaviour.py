"""The tool that records behaviour finds the differences and sorts them into status, values and wording."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from tools.behaviour import comparing
from tools.behaviour.pages.differences import compare_screenshots
from tools.behaviour.pages.states import states
from tools.behaviour.recording import save, send
from tools.behaviour.requests import corrections, drawings_routes, other_routes, raw
from tools.behaviour.requests.calls import Call, get, post_json, request

JSON = "application/json"


Answer = tuple[int, str, bytes]  # status, content type, body


def prediction(**changes: Any) -> Answer:
    value = {"digit": 7, "confidence": 0.9971, "reasons": ["It is small."]} | changes
    return 200, JSON, json.dumps(value).encode()


def problem(detail: str, status: int = 422) -> Answer:
    return status, "application/problem+json", json.dumps({"title": "Wrong", "detail": detail}).encode()


def maps(largest: float) -> Answer:
    tensors = {"conv1": np.linspace(0, largest, 10, dtype=np.float32)}
    return 200, "application/vnd.safetensors", safetensors.numpy.save(tensors, {"temperature": "1.25"})


def page(word: str, link: str) -> Answer:
    content = f"<main id=a><p>Two <b>{word}</b>.</p><a href={link}>on</a></main>"
    return 200, "text/html; charset=utf-8", content.encode()


class Service:
    """A server whose responses a test can change."""

    def __init__(self) -> None:
        self.answers = {
            "/predict": prediction(),
            "/page": page("digits", "/x"),
            "/maps": maps(1),
            "/problem": problem("It is too long."),
        }
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def do_GET(self) -> None:
                status, kind, body = service.answers[self.path]
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def record(self, folder: Path) -> Path:
        calls = [
            post_json("strokes", "/predict", {"strokes": [[[1, 2]]]}),
            get("page", "/page"),
            get("maps", "/maps"),
            post_json("problem", "/problem", {}),
            Call("pipelined", pieces=(request("/predict", b"{}") * 2,), replies=2),
        ]
        assert save(folder, send(self.url, calls)) == len(calls)
        return folder

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service()
    yield started
    started.close()


def test_two_recordings_of_the_same_behaviour_do_not_differ(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = service.record(tmp_path / "before")
    service.answers["/predict"] = prediction(confidence=0.99712)
    service.answers["/maps"] = maps(1.00005)
    assert comparing.compare(before, service.record(tmp_path / "after")) == 0
    assert capsys.readouterr().out == ("5 and 5 requests. Differences: status and headers: 0, values: 0, wording: 0.\n")


# name of the change: (path, new response, exit status of the comparison, part of its output)
CHANGED: dict[str, tuple[str, Answer, int, str]] = {
    "a status": ("/problem", problem("It is too long.", 400), 1, "problem: status: [422] -> [400]"),
    "a content type": ("/maps", (200, "text/plain", b""), 1, "content-type: application/vnd.safetensors -> text/plain"),
    "a number": ("/predict", prediction(confidence=0.9975), 1, "strokes: confidence: 0.9971 -> 0.9975"),
    "true for a number": ("/predict", prediction(digit=True), 1, "strokes: digit: 7 -> True"),
    "one reason more": ("/predict", prediction(reasons=["It is small.", "It is odd."]), 1, "reasons, length: 1 -> 2"),
    "a tensor": ("/maps", maps(1.001), 1, "maps: tensors.conv1[2], one of 8 of 10"),
    "a link": ("/page", page("digits", "/y"), 1, "page: elements: a href=/x -> a href=/y"),
    "a word of a reason": (
        "/predict",
        prediction(reasons=["It is tiny."]),
        0,
        "reasons[0]: It is small. -> It is tiny.",
    ),
    "a word of a problem": ("/problem", problem("It is long."), 0, "detail: It is too long. -> It is long."),
    "a word of a page": ("/page", page("images", "/x"), 0, "page: page text: Two digits. -> Two images."),
}


@pytest.mark.parametrize("change", CHANGED)
def test_every_change_is_reported_and_only_wording_may_change(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    before = service.record(tmp_path / "before")
    path, changed, status, line = CHANGED[change]
    service.answers[path] = changed
    assert comparing.compare(before, service.record(tmp_path / "after")) == status
    assert line in capsys.readouterr().out


def test_every_request_and_page_state_has_a_unique_name() -> None:
    groups = [drawings_routes.calls, raw.calls, raw.slow_calls, other_routes.calls, corrections.calls]
    groups += [corrections.off_calls, corrections.damaged_calls, other_routes.lesson_weights_calls]
    names = [call.name for calls in groups for call in calls()]
    assert len(names) == len(set(names)) > 800
    pages = [state.name for state in states()]
    assert len(pages) == len(set(pages)) > 50


def test_screenshots_are_compared_with_a_tolerance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, level, side in ((before, 100, 10), (after, 110, 50)):
        folder.mkdir()
        Image.new("RGB", (100, 100), (level, 0, 0)).save(folder / "near.png")
        image = Image.new("RGB", (100, 100))
        image.paste((255, 255, 255), (0, 0, side, 10))
        image.save(folder / "other.png")
    assert compare_screenshots(before, after, tmp_path / "differences") == 1
    assert capsys.readouterr().out == "other.png: 4.00 %\n2 screenshots, 1 differ.\n"
    assert (tmp_path / "differences" / "other.png").exists()
    assert not (tmp_path / "differences" / "near.png").exists()
