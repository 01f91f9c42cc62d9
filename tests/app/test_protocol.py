"""Hot calls that arrive in one piece: they are answered as all others are, in turn, and nobody is forgotten."""

import asyncio
import gc
import io
import json
import logging
import random
import socket
import threading
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import Any, cast
from zlib import crc32

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image, ImageDraw
from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app import protocol
from app.cli import serve as serving_module
from app.drawings.parsing import Unread
from app.main import Service, create_app
from app.settings import Settings
from model.inference.classifier import Classifier
from model.preprocess import pipeline
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
    first = connect(live_server).send(whole).answer()  # a head that is not known yet
    at_once = connect(live_server).send(whole).answer()
    in_two = connect(live_server).send(whole[:-20], whole[-20:]).answer()
    assert first == at_once == in_two
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
        monkeypatch.setattr("app.drawings.batching.MAX_WAITING", 0)
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


def test_a_picture_that_says_it_is_small_and_is_not_does_not_keep_others_waiting(
    connect: Connect, live_server: str
) -> None:
    large = picture(900)
    note = (24).to_bytes(4) + b"tEXt" + (28).to_bytes(4) * 2 + b"a\0" + b"b" * 14
    lying = large[:8] + note + crc32(note[4:]).to_bytes(4) + large[8:]
    drawing = Unread.of(lying, picture=True)
    assert drawing is not None
    assert drawing.read() is None
    whole = request(body=lying, kind="image/png")
    in_two = connect(live_server).send(whole[:-20], whole[-20:]).answer()
    assert all(connect(live_server).send(whole).answer() == in_two for _ in range(3))


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
    read = pipeline.from_image

    def slowly(*arguments: Any) -> pipeline.PreprocessedDrawing:
        assert going.wait(20)
        return read(*arguments)

    monkeypatch.setattr("app.drawings.parsing.MAX_LARGE", 3)
    monkeypatch.setattr(pipeline, "from_image", slowly)
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


# ---------------------------------------------------------------- one turn of the loop after another


class Wire(asyncio.Transport):
    """A transport that only remembers what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Remember it."""
        assert not self.closed
        self.written += data

    def close(self) -> None:
        """Nothing comes after."""
        self.closed = True

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self.closed

    def pause_reading(self) -> None:
        """Nothing is to be handed on for now."""
        self.reading = False

    def resume_reading(self) -> None:
        """It may come again."""
        self.reading = True

    def answers(self) -> list[tuple[int, bytes]]:
        """Status and body of all that was answered so far."""
        rest, found = self.written, []
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            found.append((int(head.split()[1]), rest[:length]))
            rest = rest[length:]
        return found


class Desk:
    """A service without a network: connections are made by hand, and the loop turns when a test lets it."""

    def __init__(self, app: FastAPI) -> None:
        self.service = cast(Service, app)
        self.config = uvicorn.Config(
            app, http=protocol.Protocol, access_log=False, proxy_headers=False, log_config=None
        )
        self.config.load()
        self.state = ServerState()

    def connection(self, kind: type[HttpToolsProtocol] = protocol.Protocol) -> tuple[Any, Wire]:
        """One that is open."""
        opened, wire = kind(self.config, self.state, {}), Wire()
        opened.connection_made(wire)
        return opened, wire

    async def knowing(self, *requests: bytes) -> tuple[Any, Wire]:
        """One on which these were asked, so that their heads are known."""
        opened, wire = self.connection()
        for each in requests:
            opened.data_received(each)
            await self.settle()
        assert len(wire.answers()) == len(requests)
        wire.written = b""
        return opened, wire

    async def settle(self) -> None:
        """Let the loop turn until all is answered."""
        for _ in range(20):
            await asyncio.sleep(0)
        if self.state.tasks:
            await asyncio.wait([*self.state.tasks])
        for _ in range(20):
            await asyncio.sleep(0)


def at_desk(test: Callable[[Desk], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A test that runs in a loop, at a service whose weights are loaded."""

    def run() -> None:
        async def main() -> None:
            app = create_app(Settings(engine="onnx"))
            async with app.router.lifespan_context(app):
                await asyncio.sleep(0.01)
                assert app.state.ready
                desk = Desk(app)
                await test(desk)
                for connection in [*desk.state.connections]:
                    connection.connection_lost(None)

        asyncio.run(main())

    run.__name__ = test.__name__
    return run


def digits(wire: Wire) -> list[int | None]:
    """What was answered: digits, or None for an error."""
    return [json.loads(body)["digit"] if status == 200 else None for status, body in wire.answers()]


ONE = json.dumps({"strokes": [[[30, 10], [31, 90], [30, 170]]]}).encode()


@at_desk
async def test_a_known_head_is_answered_without_a_task_whatever_the_length_of_its_body(desk: Desk) -> None:
    connection, wire = await desk.knowing(request())
    assert len(desk.service.heads) == 1
    for body in (SEVEN, ONE, SEVEN + b" " * 2000):
        connection.data_received(request(body=body))
        assert not desk.state.tasks
        assert connection.timeout_keep_alive_task is None  # it is not idle
        await desk.settle()
    assert digits(wire) == [7, 1, 7]
    assert len(desk.service.heads) == 1
    assert connection.timeout_keep_alive_task is not None  # an idle connection is closed some time


@at_desk
async def test_many_connections_share_what_is_known_and_one_batch(desk: Desk) -> None:
    await desk.knowing(request())
    many = [desk.connection() for _ in range(40)]
    for i, (connection, _) in enumerate(many):
        connection.data_received(request(body=(SEVEN, ONE)[i % 2]))
        connection.data_received(request(body=(ONE, SEVEN)[i % 2]))
    assert not desk.state.tasks
    await desk.settle()
    assert [digits(wire) for _, wire in many] == [[7, 1], [1, 7]] * 20


@at_desk
async def test_what_comes_before_the_answer_is_answered_after_it(desk: Desk) -> None:
    maps = request("/feature-maps?dtype=uint8", SEVEN, f"Accept: {SAFETENSORS}")
    connection, wire = await desk.knowing(request(), maps)
    connection.data_received(request(body=SEVEN))
    connection.data_received(request(body=ONE))
    assert not wire.reading  # nobody fills the memory with what is still to be asked
    connection.data_received(maps + LIVEZ + request(body=b"{}") + request()[:50])
    await desk.settle()
    assert [status for status, _ in wire.answers()] == [200, 200, 200, 200, 422]
    assert json.loads(wire.answers()[0][1])["digit"] == 7
    assert json.loads(wire.answers()[1][1])["digit"] == 1
    connection.data_received(request()[50:])
    await desk.settle()
    connection.data_received(request())
    assert not desk.state.tasks
    await desk.settle()
    assert [json.loads(body)["digit"] for _, body in wire.answers()[-2:]] == [7, 7]
    assert wire.reading


@at_desk
async def test_what_is_no_drawing_is_answered_as_ever_and_what_comes_after_it_too(desk: Desk) -> None:
    connection, wire = await desk.knowing(request())
    connection.data_received(request(body=b'{"strokes": []}'))
    assert not desk.state.tasks  # that there is no drawing is found when it is read
    connection.data_received(request() + request()[:9])
    await desk.settle()
    connection.data_received(request()[9:])
    await desk.settle()
    assert digits(wire) == [None, 7, 7]


@at_desk
async def test_who_has_gone_gets_no_answer_and_the_others_of_the_batch_get_theirs(desk: Desk) -> None:
    gone, silent = await desk.knowing(request())
    stays, wire = desk.connection()
    for connection in (gone, stays):
        connection.data_received(request())
    gone.connection_lost(None)
    await desk.settle()
    assert silent.written == b""
    assert digits(wire) == [7]


@pytest.mark.parametrize("good", [True, False])
def test_who_waits_when_the_service_stops_is_answered_and_then_the_connection_closed(good: bool) -> None:
    async def stopped(desk: Desk) -> None:
        connection, wire = await desk.knowing(request())
        connection.data_received(request(body=SEVEN if good else b"{}"))
        connection.shutdown()
        assert not wire.closed
        await desk.settle()
        assert digits(wire) == [7 if good else None]
        assert b"\r\nconnection: close\r\n" in wire.written
        assert wire.closed
        idle, other = desk.connection()
        idle.shutdown()
        assert other.closed

    at_desk(stopped)()


@at_desk
async def test_who_does_not_read_takes_the_way_that_waits(desk: Desk) -> None:
    connection, wire = await desk.knowing(request())
    connection.pause_writing()
    connection.data_received(request())
    assert desk.state.tasks
    await asyncio.sleep(0.05)
    assert wire.written == b""
    connection.resume_writing()
    await desk.settle()
    assert digits(wire) == [7]


LARGE = picture(280)


@pytest.mark.parametrize(
    "whole",
    [
        request("/predict", SEVEN, "Connection: close"),
        request().replace(b"HTTP/1.1", b"HTTP/1.0", 1),
        request("/predict", SEVEN, "Expect: 100-continue"),
        request().replace(b"Content-Length: ", b"Content-Length:  ", 1),
        request("/predict?prepare=resize"),
        request("/predict?prepare=nothing"),
        request("/feature-maps"),  # as JSON
        request("/nowhere"),
        request("/lesson/step", b"{}"),
        request("/predict", SEVEN, "X: " + "y" * 5000),
        request(kind="text/plain"),
        request()
        .replace(b"Content-Length: %d" % len(SEVEN), b"Transfer-Encoding: chunked", 1)
        .replace(SEVEN, b"%x\r\n%b\r\n0\r\n\r\n" % (len(SEVEN), SEVEN)),
        LIVEZ,
    ],
)
def test_a_head_that_is_out_of_the_ordinary_is_not_remembered(whole: bytes) -> None:
    async def asked(desk: Desk) -> None:
        connection, wire = desk.connection()
        connection.data_received(whole)
        await desk.settle()
        assert wire.written.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").startswith(b"HTTP/1.1 ")
        assert not desk.service.heads

    at_desk(asked)()


@at_desk
async def test_a_large_picture_is_not_read_with_the_batch_though_its_head_is_known(desk: Desk) -> None:
    connection, wire = await desk.knowing(request(body=picture(28), kind="image/png"))
    connection.data_received(request(body=LARGE, kind="image/png"))
    assert desk.state.tasks
    await desk.settle()
    assert digits(wire) == [1]


@at_desk
async def test_a_length_that_is_not_the_bodys_is_never_believed(desk: Desk) -> None:
    connection, wire = await desk.knowing(request())
    short = request().replace(b"Content-Length: %d" % len(SEVEN), b"Content-Length: %d" % (len(SEVEN) + 1), 1)
    connection.data_received(short)  # the rest is still to come
    await asyncio.sleep(0.05)
    assert wire.written == b""
    connection.data_received(b" ")
    await desk.settle()
    twice = request().replace(b"Content-Type", b"Content-Length: 5\r\nContent-Type", 1)
    assert digits(wire) == [7]
    connection.data_received(twice)
    await desk.settle()
    status, body = wire.answers()[-1]
    assert (status, json.loads(body)["type"]) == (400, "/problems/unreadable-request")
    assert wire.closed
    assert len(desk.service.heads) == 1


@at_desk
async def test_so_many_heads_are_remembered_and_no_more(desk: Desk) -> None:
    for i in range(300):
        await desk.knowing(request("/predict", SEVEN, f"X: {i}"))
        assert 0 < len(desk.service.heads) <= 256


def test_a_service_that_logs_each_access_logs_each(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(desk: Desk) -> None:
        monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", True)
        connection, wire = desk.connection()
        with caplog.at_level("INFO", "uvicorn.access"):
            for _ in range(3):
                connection.data_received(request())
                await desk.settle()
        assert digits(wire) == [7] * 3
        assert len([record for record in caplog.records if record.name == "uvicorn.access"]) == 3

    at_desk(asked)()


MAPS = request("/feature-maps?dtype=uint8&layers=logits", SEVEN, f"Accept: {SAFETENSORS}")
ASKED = [
    request(),
    request(body=ONE),
    request(body=b"{}"),
    request(body=picture(28), kind="image/png"),
    request(body=LARGE, kind="image/png"),
    MAPS,
    request("/feature-maps?layers=logits"),
    request("/predict", SEVEN, "Expect: 100-continue"),
    request("/predict", ONE, "Connection: close"),
    LIVEZ,
    b"\r\n" + request(),
]


def test_whatever_comes_in_whatever_pieces_is_answered_as_by_uvicorn_alone() -> None:
    drawn = random.Random(5)

    def told(wire: Wire) -> list[tuple[int, object]]:
        plain = wire.written.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
        wire.written = plain
        return [
            (status, json.loads(body)["digit"] if b'"digit"' in body[:9] else len(body))
            for status, body in wire.answers()
        ]

    async def compared(desk: Desk) -> None:
        await desk.knowing(request(), MAPS, request(body=picture(28), kind="image/png"))
        seen = set()
        for _ in range(150):
            whole = [drawn.choice(ASKED) for _ in range(drawn.randint(1, 6))]
            joined = b"".join(whole)
            # Mostly one request at a time; at times cut or joined anywhere.
            cuts = {*accumulate(map(len, whole))} if drawn.random() < 0.6 else set()
            cuts |= {drawn.randint(0, len(joined)) for _ in range(drawn.choice((0, 0, 1, 4)))}
            edges = sorted({0, *cuts, len(joined)})
            pieces = [joined[start:end] for start, end in pairwise(edges)]
            pauses = [drawn.choice((0, 0, 1, 2, 3, 40)) for _ in pieces]
            found = []
            for kind in (protocol.Protocol, HttpToolsProtocol):
                connection, wire = desk.connection(kind)
                for piece, pause in zip(pieces, pauses, strict=True):
                    if wire.closed:
                        break
                    connection.data_received(piece)
                    for _ in range(pause):
                        await asyncio.sleep(0)
                await desk.settle()
                found.append((told(wire), wire.closed))
                connection.connection_lost(None)
            assert found[0] == found[1], pieces
            seen |= {status for status, _ in found[0][0]}
        assert seen == {200, 422}

    at_desk(compared)()


def test_the_service_is_run_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[uvicorn.Config] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, **_: run.append(self.config))
    with socket.socket() as listening:
        serving_module._run(listening, 1, access_log=False)
    (config,) = run
    config.load()
    assert config.http_protocol_class is protocol.Protocol
    assert isinstance(config.loaded_app, Service)


@pytest.mark.parametrize("wish", ["h2c", "websocket"])
def test_a_wish_for_another_protocol_is_passed_over_and_the_request_answered(wish: str) -> None:
    async def asked(desk: Desk) -> None:
        connection, wire = desk.connection()
        for _ in range(3):
            connection.data_received(
                request("/predict", SEVEN, "Connection: Upgrade, HTTP2-Settings", f"uPGrade: {wish}")
            )
            await desk.settle()
        assert digits(wire) == [7] * 3

    at_desk(asked)()


@at_desk
async def test_who_wishes_for_another_protocol_is_told_what_is_wrong_with_the_body_each_time(desk: Desk) -> None:
    connection, wire = desk.connection()
    wishes = ("Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket")
    for body in (SEVEN, b'{"strokes": []}', b'{"strokes": []}', SEVEN):
        connection.data_received(request("/predict", body, *wishes))
        await desk.settle()
    assert [status for status, _ in wire.answers()] == [200, 422, 422, 200]
    assert json.loads(wire.answers()[1][1])["type"] == "/problems/invalid-drawing"


@pytest.mark.parametrize("kinds", [("application/json", "text/plain"), ("text/plain", "application/json")])
def test_two_content_types_are_answered_alike_each_time(kinds: tuple[str, str]) -> None:
    first, second = kinds

    async def asked(desk: Desk) -> None:
        connection, wire = desk.connection()
        for _ in range(3):
            connection.data_received(request("/predict", SEVEN, f"Content-Type: {second}", kind=first))
            await desk.settle()
        assert len(set(wire.answers())) == 1
        assert len(wire.answers()) == 3

    at_desk(asked)()


@pytest.mark.parametrize(
    "junk",
    [
        b"hello\r\n\r\n",
        b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
        request().replace(b"Content-Length: ", b"Content-Length: a", 1),
        request().replace(b"Content-Length: ", b"Content-Length: -", 1),
    ],
)
def test_what_is_no_request_is_told_so_as_every_other_error_is(connect: Connect, live_server: str, junk: bytes) -> None:
    connection = connect(live_server).send(junk)
    status, headers, body = connection.answer()
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["type"] == "/problems/unreadable-request"
    assert connection.ended()
    assert httpx2.get(f"{live_server}/problems/unreadable-request").is_success


def test_who_never_ends_a_head_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.2)

    async def asked(desk: Desk) -> None:
        silent, slow, steady = (desk.connection() for _ in range(3))
        slow[0].data_received(request()[:40])
        for piece in (request()[:40], request()[40:80], request()[80:]):
            steady[0].data_received(piece)
            await asyncio.sleep(0.12)
        await desk.settle()
        assert silent[1].closed
        assert slow[1].closed
        assert digits(steady[1]) == [7]
        assert not steady[1].closed

    at_desk(asked)()


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/docs", "/model", "/openapi.json", "/static/js/main.js"])
def test_head_is_get_without_a_body(connect: Connect, live_server: str, path: str) -> None:
    connection = connect(live_server)
    connection.socket.sendall(f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head = connection._file.readline()
    assert head.startswith(b"HTTP/1.1 200 ")
    while line := connection._file.readline().strip():
        name, _, value = line.lower().partition(b": ")
        if name == b"content-length":
            assert int(value) > 0
    assert connection.send(LIVEZ).answer()[0] == 200  # nothing was left over
    assert httpx2.head(f"{live_server}/predict").status_code == 405


def test_a_body_of_twenty_megabytes_is_refused_in_words(live_server: str) -> None:
    body = b"x" * 20_000_000
    answer = urllib.request.Request(f"{live_server}/predict", body, {"Content-Type": "image/png"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(answer, timeout=20)
    with refused.value as answered:
        assert json.loads(answered.read())["type"] == "/problems/body-too-large"
        assert answered.code == 413


def test_who_leaves_before_the_answer_is_written_leaves_no_trace_in_the_log() -> None:
    async def asked(desk: Desk) -> None:
        scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": [KIND]}

        async def receive() -> Message:
            return {"type": "http.request", "body": SEVEN, "more_body": False}

        async def send(_: Message) -> None:
            raise RuntimeError("the handler is closed")  # as uvloop says it

        await desk.service(scope, receive, send)

    at_desk(asked)()


KIND = (b"content-type", b"application/json")
