"""Connections that do not send complete request headers in time are closed, and they do not stop the service."""

import socket
import time
from asyncio import Transport
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import psutil
import pytest
import uvicorn

from app.cli import serve
from app.http.connections import header_timeout
from app.http.connections.header_timeout import HeaderTimeoutProtocol
from model.checkpoint import SHIPPED
from model.inference.calibration import read_calibrated
from tests.app.connections.raw_http import JSON, SEVEN, Connect, post
from tests.app.connections.service import Service, running_service
from tests.support.servers import has_been_read, wait_until

SECONDS = 0.4
HEADERS = post()[: -len(SEVEN)]


@pytest.fixture
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_timeout, "HEADER_SECONDS", SECONDS)


def assert_closed_in_time(connection: socket.socket, started: float) -> None:
    """The server closes the connection without a response; its timer was started after `started`."""
    assert connection.recv(1) == b""
    assert time.perf_counter() - started > SECONDS * 0.9  # the socket's own limit is far longer


@pytest.mark.usefixtures("short_limit")
@pytest.mark.parametrize(
    "sent",
    [b"", b"\r\n", HEADERS[:1], HEADERS[:40], HEADERS[:-2]],
    ids=["nothing", "an empty line", "one byte", "half of the headers", "all but the last line"],
)
def test_a_connection_without_complete_headers_is_closed(service: Service, connect: Connect, sent: bytes) -> None:
    started = time.perf_counter()
    connection = connect(service.url).send(sent)
    assert_closed_in_time(connection.socket, started)


@pytest.mark.usefixtures("short_limit")
def test_sending_the_headers_bit_by_bit_does_not_extend_the_time(service: Service, connect: Connect) -> None:
    connection = connect(service.url)
    with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
        connection.send(*(bytes([byte]) for byte in HEADERS[:-1]), pause=SECONDS / 10)


@pytest.mark.usefixtures("short_limit")
@pytest.mark.parametrize("sent", [b"\r\n", HEADERS[:40]], ids=["an empty line", "half of the headers"])
def test_a_second_request_on_a_kept_connection_has_the_same_limit(
    service: Service, connect: Connect, sent: bytes
) -> None:
    connection = connect(service.url)
    assert connection.send(post()).digit() == 7
    started = time.perf_counter()
    connection.send(sent)
    assert_closed_in_time(connection.socket, started)


@pytest.mark.usefixtures("short_limit")
def test_a_client_that_never_finishes_a_refused_body_is_disconnected(service: Service, connect: Connect) -> None:
    connection = connect(service.url).send(post("/predict", bytes(3_000_000))[:1000])
    assert connection.problem() == (413, "body-too-large")
    started = time.perf_counter()
    connection.send(b"x")
    assert_closed_in_time(connection.socket, started)


@pytest.mark.usefixtures("short_limit")
def test_a_slow_body_is_not_affected(service: Service, connect: Connect) -> None:
    connection = connect(service.url).send(HEADERS, SEVEN[:10], SEVEN[10:20], SEVEN[20:], pause=SECONDS * 0.7)
    assert connection.digit() == 7


def test_a_connection_that_sends_its_headers_in_time_stays_open(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(service.url)
    for _ in range(3):
        connection.send(HEADERS[:40])
        assert wait_until(lambda: has_been_read(int(service.url.rpartition(":")[2])))
        with monkeypatch.context() as patch:
            patch.setattr(header_timeout, "HEADER_SECONDS", SECONDS)
            assert connection.send(HEADERS[40:] + SEVEN).digit() == 7
            time.sleep(SECONDS * 1.2)  # between requests uvicorn's longer keep-alive timeout applies


def test_closed_connections_leave_no_timer(service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    protocols: list[HeaderTimeoutProtocol] = []
    connection_made = HeaderTimeoutProtocol.connection_made

    def record(self: HeaderTimeoutProtocol, transport: Transport) -> None:
        protocols.append(self)
        connection_made(self, transport)

    monkeypatch.setattr(HeaderTimeoutProtocol, "connection_made", record)
    for sent in (b"", HEADERS[:40], b"hello\r\n\r\n"):
        connect(service.url).send(sent).close()
    assert wait_until(lambda: len(protocols) == 3 and not service.server.server_state.connections)
    assert [protocol.header_timer for protocol in protocols] == [None] * 3


@pytest.fixture
def silent_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Service, list[socket.socket]]]:
    """A service with a limit of three seconds, and a thousand connections that send nothing."""
    serve.raise_open_files_limit()
    monkeypatch.setattr(header_timeout, "HEADER_SECONDS", 3.0)
    with running_service() as service, ExitStack() as stack:
        address = ("127.0.0.1", int(service.url.rpartition(":")[2]))
        before = psutil.Process().memory_info().rss
        opened = [stack.enter_context(socket.create_connection(address, timeout=20)) for _ in range(1000)]
        assert psutil.Process().memory_info().rss - before < 30e6
        yield service, opened


@pytest.mark.timing
def test_a_thousand_silent_connections_do_not_stop_the_service(
    silent_connections: tuple[Service, list[socket.socket]],
) -> None:
    service, silent = silent_connections
    open_connections = service.server.server_state.connections
    assert wait_until(lambda: len(open_connections) == 1000, 2)
    started = time.perf_counter()
    answer = httpx2.post(f"{service.url}/predict", content=SEVEN, headers={"Content-Type": JSON})
    seconds = time.perf_counter() - started
    assert len(open_connections) >= 1000, "they are still open"
    assert answer.json()["digit"] == 7
    assert seconds < 1
    assert all(connection.recv(1) == b"" for connection in silent)
    assert time.perf_counter() - started < 3 + 5


def test_the_service_runs_with_this_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    configs: list[uvicorn.Config] = []

    async def start(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        configs.append(server.config)
        for each in sockets:
            each.close()

    monkeypatch.setattr(uvicorn.Server, "serve", start)
    with socket.socket() as listening:
        serve._run(serve.Application(read_calibrated(SHIPPED)), listening, 1, access_log=False)
    (config,) = configs
    config.load()
    assert config.http_protocol_class is HeaderTimeoutProtocol
    assert config.ws_protocol_class is None
