"""The headers of a response are sent together with the beginning of its body, unless the body is a stream."""

import asyncio
from typing import Any

import pytest

from app.http.connections.joined_writes import JoinedWrites

HEADERS = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Recorder(asyncio.Transport):
    """A transport that keeps what is written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def transport() -> Recorder:
    return Recorder()


@pytest.fixture
def writes(transport: Recorder) -> JoinedWrites:
    return JoinedWrites(transport)


def test_headers_and_the_beginning_of_the_body_are_one_write(writes: JoinedWrites, transport: Recorder) -> None:
    for _ in range(2):
        writes.write(HEADERS)
        assert transport.written == []
        writes.write(b"abc")
        writes.write(b"def")
        writes.end_response()
        assert transport.written == [HEADERS + b"abc", b"def"]
        transport.written.clear()


def test_the_headers_of_a_stream_are_sent_at_once(writes: JoinedWrites, transport: Recorder) -> None:
    writes.write(STREAM)
    assert transport.written == [STREAM]
    writes.write(b"3\r\nabc\r\n")
    assert transport.written == [STREAM, b"3\r\nabc\r\n"]


def test_the_request_for_the_body_is_sent_at_once(writes: JoinedWrites, transport: Recorder) -> None:
    writes.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    writes.write(HEADERS)
    writes.write(b"abcdef")
    assert transport.written == [b"HTTP/1.1 100 Continue\r\n\r\n", HEADERS + b"abcdef"]


def test_a_body_may_look_like_headers(writes: JoinedWrites, transport: Recorder) -> None:
    writes.write(HEADERS)
    for body in (HEADERS, STREAM, b"HTTP/1.1 100 "):
        writes.write(body)
    assert transport.written == [HEADERS + HEADERS, STREAM, b"HTTP/1.1 100 "]


def test_the_headers_of_a_response_without_a_body_are_sent_at_its_end(
    writes: JoinedWrites, transport: Recorder
) -> None:
    writes.write(HEADERS)
    writes.end_response()
    assert transport.written == [HEADERS]
    writes.write(HEADERS)
    writes.write(b"")
    assert transport.written == [HEADERS, HEADERS]


def test_closing_sends_headers_that_still_wait(writes: JoinedWrites, transport: Recorder) -> None:
    writes.write(HEADERS)
    writes.close()
    assert transport.written == [HEADERS]
    assert writes.is_closing()
