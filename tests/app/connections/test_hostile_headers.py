"""Request headers, pipelined requests and unread responses are limited; a request to upgrade smuggles nothing."""

import json
import os
import socket
import threading
import time
from contextlib import suppress

import psutil
import pytest
from starlette.types import Receive, Scope, Send

from app.http.connections import header_timeout
from app.http.connections.header_timeout import HeaderTimeoutProtocol
from app.http.middleware import SECURITY_HEADERS
from app.limits import MAX_HEADER_FIELDS, MAX_HEADERS
from tests.app.connections.raw_http import LIVEZ, SAFETENSORS, SEVEN, Connect, Connection, post
from tests.app.connections.service import Service
from tests.support.servers import wait_until

MEGABYTE = 1_000_000
START = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


def memory() -> float:
    """Megabytes of this process, in which the service runs."""
    return float(psutil.Process(os.getpid()).memory_info().rss) / 1e6


def send_endlessly(connection: Connection, piece: bytes, megabytes: int) -> None:
    """Send a piece again and again, until the server closes the connection or all is sent."""
    block = piece * (MEGABYTE // len(piece))
    try:
        for _ in range(megabytes):
            connection.socket.sendall(block)
    except OSError:
        return


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "header lines": (START, b"A: b\r\n"),
    "one value": (START + b"A: ", b"a" * 1000),
    "one name": (START, b"a" * 1000),
    "the address": (b"GET /", b"a" * 1000),
    "a chunk's extension": (b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
    "trailers": (b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    "one trailer": (b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ", b"a" * 1000),
    "pipelined requests": (b"", LIVEZ),
    "empty lines": (b"", b"\r\n" * 100),
}  # fmt: skip


@pytest.mark.parametrize(("start", "piece"), ENDLESS.values(), ids=ENDLESS)
def test_endless_headers_take_no_memory(service: Service, connect: Connect, start: bytes, piece: bytes) -> None:
    before, started = memory(), time.process_time()
    connection = connect(service.url).send(start)
    send_endlessly(connection, piece, 10)
    connection.close(reset=True)
    assert wait_until(lambda: len(service.server.server_state.connections) == 0)
    assert memory() - before < 40
    assert time.process_time() - started < 10
    assert connect(service.url).send(post()).digit() == 7


def refusal(connection: Connection) -> tuple[int, str]:
    status, headers, body = connection.response()
    assert headers["connection"] == "close"
    assert headers["content-type"] == "application/problem+json"
    assert {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items() <= headers.items()
    with suppress(ConnectionResetError):  # if the server had not read everything
        assert connection.is_closed()
    return status, json.loads(body)["type"].removeprefix("/problems/")


@pytest.mark.parametrize(
    "headers",
    [b"A: b\r\n" * (MAX_HEADER_FIELDS + 1) + b"\r\n", b"A: " + b"b" * 2 * MAX_HEADERS],
    ids=["too many", "too long"],
)
def test_too_large_headers_are_answered_with_431(service: Service, connect: Connect, headers: bytes) -> None:
    assert refusal(connect(service.url).send(START + headers)) == (431, "headers-too-large")
    assert refusal(connect(service.url).send(START + headers[:700], headers[700:])) == (431, "headers-too-large")


@pytest.mark.parametrize("piece", [b"A: b\r\n" * 1000, b"a" * 6000], ids=["many trailers", "one trailer"])
def test_trailers_are_limited_like_headers(service: Service, connect: Connect, piece: bytes) -> None:
    headers = b"Host: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n0\r\nA: "
    trailers = piece * (2 * MAX_HEADERS // len(piece))
    waiting = connect(service.url).send(b"POST /predict HTTP/1.1\r\n" + headers, trailers)
    assert refusal(waiting) == (431, "headers-too-large")
    answered = connect(service.url).send(b"GET /livez HTTP/1.1\r\n" + headers)
    assert answered.response()[0] == 200
    with suppress(ConnectionResetError):
        assert answered.send(trailers).is_closed()


def test_trailers_are_not_taken_for_headers(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def show_headers(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        headers = b" ".join(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"22")]})
        await send({"type": "http.response.body", "body": headers.ljust(22)})

    monkeypatch.setattr(service.server.config, "loaded_app", show_headers)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAccept: text/html\r\n\r\n"
    assert connect(service.url).send(request).response()[2] == b"host transfer-encoding"


def test_a_body_in_many_small_chunks_is_read(service: Service, connect: Connect) -> None:
    padded = SEVEN + b" " * MAX_HEADERS
    body = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in padded)
    start = b"POST /predict HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert connect(service.url).send(start + body + b"0\r\n\r\n").digit() == 7


def test_bytes_that_are_not_http_are_answered_with_a_problem(service: Service, connect: Connect) -> None:
    assert refusal(connect(service.url).send(b"hello\r\n\r\n")) == (400, "unreadable-request")


def test_long_headers_below_the_limits_are_read(service: Service, connect: Connect) -> None:
    fields = [f"X-{i}: {'x' * 300}" for i in range(MAX_HEADER_FIELDS - 10)]
    connection = connect(service.url)
    for _ in range(3):
        assert connection.send(post("/predict", SEVEN, *fields)).digit() == 7


def test_headers_of_many_requests_are_not_kept(service: Service, connect: Connect) -> None:
    connection = connect(service.url)
    before = memory()
    for i in range(500):
        fields = (f"Accept: */*, {i}{'x' * 20_000}", f"X-Content: {i}{'y' * 20_000}")
        assert connection.send(post("/feature-maps?layers=logits", SEVEN, *fields)).response()[0] == 200
    assert memory() - before < 10


UPGRADES = [
    ("POST", "h2c", SEVEN),
    ("POST", "websocket", SEVEN),
    ("POST", "h2c", LIVEZ),
    ("GET", "h2c", b""),
    ("GET", "websocket", b""),
]


@pytest.mark.parametrize(("method", "protocol", "body"), UPGRADES)
def test_a_request_to_upgrade_gets_one_response_however_it_is_cut(
    service: Service, connect: Connect, method: str, protocol: str, body: bytes
) -> None:
    path = "/predict" if method == "POST" else "/livez"
    headers = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: Upgrade\r\n"
    length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    whole = f"{headers}Upgrade: {protocol}\r\n{length}\r\n".encode() + body
    expected = 400 if method == "POST" else 200
    connections = []
    for cut in range(1, len(whole)):
        connection = connect(service.url)
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections.append((connection.send(whole[:cut]), whole[cut:]))
    for connection, rest in connections:
        try:
            connection.send(rest)
        except ConnectionError:
            assert method == "POST", "a request without a body is complete with its last byte"
    for connection, _ in connections:
        status, response_headers, content = connection.response()
        assert (status, response_headers["connection"]) == (expected, "close")
        if method == "POST":
            assert "Upgrade" in json.loads(content)["detail"]
        with suppress(ConnectionResetError):
            assert connection.is_closed()


def test_a_client_that_does_not_read_is_disconnected(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(header_timeout, "UNREAD_SECONDS", 0.5)
    maps = post("/feature-maps", SEVEN, f"Accept: {SAFETENSORS}")
    connection = connect(service.url)
    assert wait_until(lambda: len(service.server.server_state.connections) >= 1)
    sender = threading.Thread(target=lambda: send_endlessly(connection, maps, 1), daemon=True)
    sender.start()
    assert wait_until(lambda: len(service.server.server_state.connections) == 0)
    sender.join(10)


def is_paused(connection: object) -> bool:
    return isinstance(connection, HeaderTimeoutProtocol) and connection.flow.write_paused


def test_clients_that_never_read_hold_one_response_each(service: Service, connect: Connect) -> None:
    maps = post("/feature-maps", SEVEN, f"Accept: {SAFETENSORS}")
    first = connect(service.url)
    assert first.send(maps).response()[0] == 200
    first.close()
    before = memory()
    clients = [connect(service.url) for _ in range(40)]
    for connection in clients:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send(maps * 30)
    opened = service.server.server_state.connections
    assert wait_until(lambda: sum(map(is_paused, tuple(opened))) == 40)
    time.sleep(0.2)  # if a second response were computed, it would be now
    assert memory() - before < 40 * 0.7  # in MB; with two responses for each client, it was 32
    for connection in clients:
        connection.close(reset=True)
    assert wait_until(lambda: not opened)
    assert connect(service.url).send(post()).digit() == 7


def test_a_client_that_reads_slowly_gets_its_response(service: Service, connect: Connect) -> None:
    connection = connect(service.url)
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.send(post("/feature-maps", SEVEN, f"Accept: {SAFETENSORS}"))
    status, headers = connection.response_headers()
    received = b""
    while len(received) < int(headers["content-length"]):
        received += connection.file.read1(20_000)
        time.sleep(0.02)
    assert status == 200
