"""The closed-loop load generator."""

from contextlib import suppress

import pytest

from benchmarks import client
from tests.benchmarks.parrot import answering, response
from tests.support.servers import PATIENCE


def test_a_request_can_vary_its_headers() -> None:
    request = client.Request("POST", "/?layers=a%2Cb", b"100%", vary=True)
    first, second = request.header_block(1), request.header_block(2)
    assert first != second
    assert first.replace(b"benchmarks/1", b"benchmarks/2").replace(b"Id: 1", b"Id: 2") == second
    assert b"/?layers=a%2Cb " in first
    assert request.wire.endswith(b"\r\n\r\n100%")


def test_the_client_counts_responses_and_stops_at_the_given_number() -> None:
    with answering(response()) as port:
        measured = client.measure(port, [client.Request("GET", "/")], connections=4, seconds=PATIENCE, count=100)
    assert len(measured.latencies) == 100
    assert measured.rate > 0


@pytest.mark.parametrize("wrong", [
    response(status="500 Internal Server Error"),
    response(kind="text/html"),
    response()[:-2] + b"longer",
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
])  # fmt: skip
def test_the_client_stops_at_an_unexpected_response(wrong: bytes) -> None:
    with answering(wrong) as port, pytest.raises(client.LoadError, match="was answered with"):
        client.measure(port, [client.Request("GET", "/")], connections=2, seconds=PATIENCE)


def test_a_chunked_response_is_complete_after_its_last_chunk() -> None:
    headers = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = headers + b"4\r\nab\r\n\r\nA;extension\r\n0123456789\r\n0\r\n\r\n"
    for size in (1, 7, len(answer)):
        reader = client.ResponseReader()
        reader.keep = True
        parts = [answer[start : start + size] for start in range(0, len(answer), size)]
        assert [reader.feed(part) for part in parts] == [*[False] * (len(parts) - 1), True]
        assert reader.body == b"ab\r\n0123456789"
        assert reader.is_ok(b"text/plain")


def test_bytes_after_the_last_chunk_are_an_error() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx"
    with pytest.raises(ValueError, match="longer than its chunks"):
        client.ResponseReader().feed(answer)


def test_a_second_request_can_depend_on_the_first_response() -> None:
    received: list[bytes] = []
    first = client.Request("POST", "/first", b"body", then=lambda body: client.Request("GET", f"/{body.decode()}"))
    with answering(response(body=b"next"), received) as port:
        assert client.fetch(port, first) == b"next"
        received.clear()
        measured = client.measure(port, [first], connections=1, seconds=PATIENCE, count=20)
    assert len(measured.latencies) == 20
    assert [each.split()[1] for each in received] == [b"/first", b"/next"] * 20


@pytest.mark.timing
def test_headers_and_body_can_be_sent_separately() -> None:
    received: list[bytes] = []
    request = client.Request("POST", "/", b"body", split=True)
    # The server responds to headers and body separately, so the client may stop because of an unexpected response.
    with answering(response(), received) as port, suppress(client.LoadError):
        client.measure(port, [request], connections=1, seconds=5, count=200)
    assert b"".join(received).startswith(request.wire)
    assert any(part.endswith(b"\r\n\r\n") for part in received)
