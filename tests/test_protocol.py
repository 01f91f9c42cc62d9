"""Hot calls that arrive in one piece: they are answered as all others are, in turn, and nobody is forgotten."""

import asyncio
import gc
import io
import json
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from zlib import crc32

import httpx2
import pytest
import uvicorn
from PIL import Image, ImageDraw

from app import protocol
from app.intake import Unread
from app.main import create_app
from app.settings import Settings
from model import pictures
from model.classifier import Classifier
from tests.servers import free_port, wait_until

SEVEN = json.dumps({"strokes": [[[30, 40], [110, 40], [60, 150]]]}).encode()
SAFETENSORS = "application/vnd.safetensors"


def request(target: str = "/predict", body: bytes = SEVEN, *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: x", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def picture(side: int) -> bytes:
    """A PNG with a line in it."""
    image = Image.new("L", (side, side))
    ImageDraw.Draw(image).line((side // 2, side // 5, side // 2, side * 4 // 5), 255, side // 10)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


Connect = Callable[[str], "Connection"]
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


class Connection:
    """A connection on which bytes are sent as they are, and answers are read one after another."""

    def __init__(self, url: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30)
        self._file = self.socket.makefile("rb")

    def send(self, *pieces: bytes) -> "Connection":
        """Send the pieces, a moment apart."""
        for i, piece in enumerate(pieces):
            time.sleep(0.03 if i else 0)
            self.socket.sendall(piece)
        return self

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, self._file.read(int(headers["content-length"]))

    def ended(self) -> bool:
        """Whether the other side has closed it."""
        return self._file.read(1) == b""

    def close(self) -> None:
        """Leave."""
        self._file.close()
        self.socket.close()


@pytest.fixture
def connect() -> Iterator[Callable[[str], Connection]]:
    opened: list[Connection] = []

    def connected(url: str) -> Connection:
        opened.append(Connection(url))
        return opened[-1]

    yield connected
    for connection in opened:
        connection.close()


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/predict", ()),
        ("/feature-maps?layers=conv1,logits", ()),
        ("/feature-maps?stages=true&dtype=uint8", (f"Accept: {SAFETENSORS}",)),
        ("/feature-maps", (f"Accept: {SAFETENSORS}",)),
        ("/predict?prepare=resize", ()),
    ],
)
def test_a_request_in_one_piece_is_answered_as_one_in_two(
    connect: Connect, live_server: str, target: str, headers: Sequence[str]
) -> None:
    whole = request(target, SEVEN, *headers)
    at_once = connect(live_server).send(whole).answer()
    in_two = connect(live_server).send(whole[:-20], whole[-20:]).answer()
    assert at_once == in_two
    assert at_once[0] == 200
    assert at_once[1]["x-content-type-options"] == "nosniff"


def test_one_connection_asks_again_and_again(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    for _ in range(20):
        status, _, body = connection.send(request()).answer()
        assert (status, json.loads(body)["digit"]) == (200, 7)
        status, _, body = connection.send(request(body=b'{"strokes": []}')).answer()
        assert (status, json.loads(body)["type"]) == (422, "/problems/invalid-drawing")


def test_requests_sent_before_the_answer_are_answered_in_turn(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    maps = request("/feature-maps?dtype=uint8", SEVEN, f"Accept: {SAFETENSORS}")
    connection.send(request() + maps + LIVEZ + request(body=b"{}") + request()[:-5], request()[-5:])
    kinds = [connection.answer() for _ in range(5)]
    assert [status for status, _, _ in kinds] == [200, 200, 200, 422, 200]
    assert [headers["content-type"].partition(";")[0] for _, headers, _ in kinds][:2] == [
        "application/json",
        SAFETENSORS,
    ]
    assert json.loads(kinds[-1][2])["digit"] == 7


def test_who_does_not_read_is_waited_for_and_gets_every_answer(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    maps = request("/feature-maps", SEVEN, f"Accept: {SAFETENSORS}")
    sender = threading.Thread(target=lambda: connection.socket.sendall(maps * 60))
    sender.start()
    time.sleep(0.5)
    assert httpx2.post(f"{live_server}/predict", content=SEVEN, headers={"Content-Type": "application/json"}).is_success
    bodies = {connection.answer()[2] for _ in range(60)}
    sender.join(10)
    assert len(bodies) == 1
    assert len(bodies.pop()) > 250_000


@pytest.mark.parametrize("closing", ["Connection: close", None])
def test_a_connection_that_is_to_be_closed_is_closed(connect: Connect, live_server: str, closing: str | None) -> None:
    asked = request(body=SEVEN) if closing is None else request("/predict", SEVEN, closing)
    connection = connect(live_server).send(asked if closing else asked.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    assert connection.answer()[0] == 200
    assert connection.ended()


def test_who_leaves_before_the_answer_disturbs_nobody(connect: Connect, live_server: str) -> None:
    for _ in range(30):
        connect(live_server).send(request("/feature-maps")).close()
    assert connect(live_server).send(request()).answer()[0] == 200


def test_a_body_that_is_announced_and_expected_is_asked_for(connect: Connect, live_server: str) -> None:
    whole = request("/predict", SEVEN, "Expect: 100-continue")
    head, body = whole[: -len(SEVEN)], whole[-len(SEVEN) :]
    connection = connect(live_server).send(head)
    assert connection.socket.recv(100).startswith(b"HTTP/1.1 100 ")
    assert connection.send(body).answer()[0] == 200


def test_they_are_counted(connect: Connect, live_server: str) -> None:
    def count() -> float:
        lines = httpx2.get(f"{live_server}/metrics").text.splitlines()
        counts = [line for line in lines if line.startswith('inkling_request_seconds_count{route="/predict"')]
        return sum(float(line.split()[-1]) for line in counts)

    before = count()
    connection = connect(live_server)
    for _ in range(5):
        connection.send(request()).answer()
    assert count() >= before + 5


# ---------------------------------------------------------------- in this process


@contextmanager
def serving() -> Iterator[tuple[str, uvicorn.Server]]:
    app = create_app(Settings(engine="onnx"))
    port = free_port()
    config = uvicorn.Config(
        app,
        port=port,
        http=protocol.Protocol,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        log_config=None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    url = f"http://127.0.0.1:{port}"
    assert wait_until(lambda: server.started and httpx2.get(f"{url}/readyz").status_code == 200, 30)
    try:
        yield url, server
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def test_what_goes_wrong_in_a_batch_is_a_problem_and_the_next_is_answered(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    with serving() as (url, _):
        connection = connect(url)
        monkeypatch.setattr(Classifier, "predict", fail)
        status, _, body = connection.send(request()).answer()
        assert (status, json.loads(body)["type"]) == (500, "/problems/internal-error")
        assert b"secret" not in body
        monkeypatch.undo()
        assert connect(url).send(request()).answer()[0] == 200


def test_too_many_at_once_are_told_to_come_back(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as (url, _):
        monkeypatch.setattr("app.batching.MAX_WAITING", 0)
        status, headers, _ = connect(url).send(request()).answer()
        assert (status, headers["retry-after"]) == (503, "1")


def test_whoever_is_waiting_is_answered_when_the_service_stops(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, going = threading.Event(), threading.Event()
    predict = Classifier.predict

    def slowly(self: Classifier, *drawings: object) -> object:
        asked.set()
        going.wait(10)
        return predict(self, *drawings)  # type: ignore[arg-type]

    with serving() as (url, server):
        monkeypatch.setattr(Classifier, "predict", slowly)
        connection = connect(url).send(request())
        assert asked.wait(10)
        server.should_exit = True
        going.set()
        status, _, body = connection.answer()
        assert (status, json.loads(body)["digit"]) == (200, 7)
        assert connection.ended()


def test_it_is_the_short_way_that_these_tests_take(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []
    ask = protocol.Protocol._ask

    def watched(*arguments: object) -> bool:
        taken.append(ask(*arguments))  # type: ignore[arg-type]
        return taken[-1]

    monkeypatch.setattr(protocol.Protocol, "_ask", watched)
    with serving() as (url, _):
        connection = connect(url)
        connection.send(request()).answer()
        connection.send(request(body=b"{}")).answer()
        connection.send(request("/predict?prepare=resize")).answer()
        connection.send(request()[:-3], request()[-3:]).answer()
        connection.send(request(body=picture(280), kind="image/png")).answer()
        connection.send(LIVEZ).answer()
    assert taken == [True, True, False, False]  # that the second holds no drawing is found when it is read


def test_a_picture_that_says_it_is_small_and_is_not_does_not_keep_others_waiting(
    connect: Connect, live_server: str
) -> None:
    large = picture(900)
    note = (24).to_bytes(4) + b"tEXt" + (28).to_bytes(4) * 2 + b"a\0" + b"b" * 14
    lying = large[:8] + note + crc32(note[4:]).to_bytes(4) + large[8:]
    drawing = Unread.of({"headers": [(b"content-type", b"image/png")]}, lying)
    assert drawing is not None
    assert drawing.read() is None
    whole = request(body=lying, kind="image/png")
    at_once = connect(live_server).send(whole).answer()
    assert at_once == connect(live_server).send(whole[:-20], whole[-20:]).answer()


def test_a_connection_that_has_gone_leaves_nothing_behind(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[weakref.ref[protocol.Protocol]] = []
    made = protocol.Protocol.connection_made

    def watched(self: protocol.Protocol, transport: asyncio.Transport) -> None:
        there.append(weakref.ref(self))
        made(self, transport)

    with serving() as (url, _):
        monkeypatch.setattr(protocol.Protocol, "connection_made", watched)
        gc.disable()  # the collector would find what refers to itself, a million requests later
        try:
            for target in ("/predict", "/feature-maps?dtype=uint8"):
                connection = connect(url)
                for _ in range(3):
                    assert connection.send(request(target, SEVEN, f"Accept: {SAFETENSORS}, */*")).answer()[0] == 200
                connection.close()
            assert len(there) == 2
            assert wait_until(lambda: not any(ref() for ref in there), 10)
        finally:
            gc.enable()


def test_too_many_large_pictures_at_once_are_told_to_come_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    read = pictures.from_image

    def slowly(*arguments: Any) -> pictures.Prepared:
        assert going.wait(20)
        return read(*arguments)

    monkeypatch.setattr("app.intake.MAX_LARGE", 3)
    monkeypatch.setattr(pictures, "from_image", slowly)
    large = request(body=picture(900), kind="image/png")
    with serving() as (url, _):
        waiting = [connect(url).send(large) for _ in range(3)]
        time.sleep(0.3)
        status, headers, body = connect(url).send(large).answer()
        assert (status, headers["retry-after"], json.loads(body)["type"]) == (503, "1", "/problems/overloaded")
        assert connect(url).send(request()).answer()[0] == 200  # small ones do not wait for them
        going.set()
        assert [connection.answer()[0] for connection in waiting] == [200] * 3
        assert connect(url).send(large).answer()[0] == 200
