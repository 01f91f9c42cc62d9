"""Clients that disconnect early: no line in the log, no effect on others, and nothing left in memory."""

import gc
import logging
import time
import weakref
from asyncio import Transport
from collections.abc import Iterator

import pytest

from app.http.connections.header_timeout import HeaderTimeoutProtocol
from tests.app.connections.raw_http import SAFETENSORS, SEVEN, Connect, post
from tests.app.connections.service import Service
from tests.app.images import png_of_a_line
from tests.support.servers import wait_until

MAPS = post("/feature-maps", SEVEN, f"Accept: {SAFETENSORS}")
LARGE_IMAGE = post(body=png_of_a_line(900), media_type="image/png")


@pytest.fixture
def empty_log(service: Service, connect: Connect, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The log is empty at the end, and the service still answers and has no open connection or request."""
    with caplog.at_level(logging.INFO):
        yield
        assert connect(service.url).send(post("/predict", SEVEN, "Connection: close")).digit() == 7
        assert wait_until(lambda: not service.server.server_state.connections)
        assert wait_until(lambda: not service.server.server_state.tasks)
        assert [record.getMessage() for record in caplog.records if record.name != "uvicorn.access"] == []


@pytest.mark.usefixtures("empty_log")
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    "request_", [MAPS, MAPS * 20, LARGE_IMAGE], ids=["one request", "pipelined requests", "a large image"]
)
def test_clients_that_disconnect_before_the_response_disturb_nobody(
    service: Service, connect: Connect, request_: bytes, reset: bool
) -> None:
    for _ in range(20):
        connect(service.url).send(request_).close(reset=reset)


@pytest.mark.usefixtures("empty_log")
@pytest.mark.parametrize("reset", [False, True])
def test_clients_that_disconnect_while_the_response_is_written_disturb_nobody(
    service: Service, connect: Connect, reset: bool
) -> None:
    for _ in range(5):
        connection = connect(service.url).send(MAPS * 20)
        connection.socket.recv(1000)  # the rest fills the socket's buffers, so the server has to wait
        time.sleep(0.05)
        connection.close(reset=reset)


@pytest.mark.usefixtures("empty_log")
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("length", [0, 30, len(post()) - 5], ids=["connected", "in the headers", "in the body"])
def test_clients_that_disconnect_within_a_request_disturb_nobody(
    service: Service, connect: Connect, length: int, reset: bool
) -> None:
    for _ in range(20):
        connect(service.url).send(post()[:length]).close(reset=reset)


@pytest.mark.usefixtures("empty_log")
def test_a_client_that_disconnects_does_not_take_the_responses_of_its_batch_with_it(
    service: Service, connect: Connect
) -> None:
    for _ in range(10):
        leaving, waiting = connect(service.url), connect(service.url)
        leaving.send(post())
        waiting.send(post())
        leaving.close(reset=True)
        assert waiting.digit() == 7
        waiting.close()


def test_bytes_that_are_not_http_after_a_request_cause_no_error(
    service: Service, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        connection = connect(service.url).send(MAPS * 3 + b"hello\r\n\r\n")
        assert connection.response_headers()[0] in (200, 400)
        connection.close()
    assert wait_until(lambda: not service.server.server_state.tasks)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_closed_connection_leaves_nothing_in_memory(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocols: list[weakref.ref[HeaderTimeoutProtocol]] = []
    connection_made = HeaderTimeoutProtocol.connection_made

    def record(self: HeaderTimeoutProtocol, transport: Transport) -> None:
        protocols.append(weakref.ref(self))
        connection_made(self, transport)

    monkeypatch.setattr(HeaderTimeoutProtocol, "connection_made", record)
    gc.disable()  # garbage collection is rare in the service, so memory must be freed without it
    try:
        for target in ("/predict", "/feature-maps?dtype=uint8"):
            connection = connect(service.url)
            for _ in range(3):
                assert connection.send(post(target, SEVEN, f"Accept: {SAFETENSORS}, */*")).response()[0] == 200
            connection.close()
        connect(service.url).close()  # a connection without a request
        assert wait_until(lambda: len(protocols) == 3)
        assert wait_until(lambda: not any(protocol() for protocol in protocols))
    finally:
        gc.enable()
