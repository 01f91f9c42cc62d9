"""What the service promises on a connection: order, keep-alive, split requests, and clear errors."""

import json
import random
import threading
import time
from collections.abc import Sequence
from itertools import pairwise

import httpx2
import pytest

from tests.app.connections.raw_http import JSON, LIVEZ, ONE, SAFETENSORS, SEVEN, Connect, chunked, post
from tests.app.images import png_of_a_line

MAPS = post("/feature-maps?dtype=uint8&layers=logits", SEVEN, f"Accept: {SAFETENSORS}")


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
def test_a_request_gets_the_same_response_in_one_piece_and_in_several(
    connect: Connect, live_server: str, target: str, headers: Sequence[str]
) -> None:
    whole = post(target, SEVEN, *headers)
    at_once = connect(live_server).send(whole).response()
    in_the_body = connect(live_server).send(whole[:-20], whole[-20:]).response()
    in_the_headers = connect(live_server).send(whole[:9], whole[9:30], whole[30:]).response()
    assert at_once == in_the_body == in_the_headers
    assert at_once[0] == 200
    assert at_once[1]["x-content-type-options"] == "nosniff"


def test_a_connection_is_kept_for_the_next_request(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    for _ in range(20):
        assert connection.send(post()).digit() == 7
        assert connection.send(post(body=b'{"strokes": []}')).problem() == (422, "invalid-drawing")


def test_an_idle_connection_is_kept_for_longer_than_five_seconds(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    assert connection.send(post()).digit() == 7
    time.sleep(6)  # uvicorn closes a connection after 5 s by default, and proxies use theirs again after a minute
    assert connection.send(post()).digit() == 7


def test_pipelined_requests_are_answered_in_order(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    maps = post("/feature-maps?dtype=uint8", SEVEN, f"Accept: {SAFETENSORS}")
    connection.send(post() + maps + LIVEZ + post(body=b"{}") + post()[:-5], post()[-5:])
    responses = [connection.response() for _ in range(5)]
    assert [status for status, _, _ in responses] == [200, 200, 200, 422, 200]
    assert [headers["content-type"] for _, headers, _ in responses][:2] == [JSON, SAFETENSORS]
    assert json.loads(responses[-1][2])["digit"] == 7


def test_pipelined_requests_of_many_connections_get_their_own_predictions(connect: Connect, live_server: str) -> None:
    connections = [connect(live_server) for _ in range(40)]
    for i, connection in enumerate(connections):
        first, second = ((SEVEN, ONE), (ONE, SEVEN))[i % 2]
        connection.send(post(body=first) + post(body=second))
    assert [[connection.digit(), connection.digit()] for connection in connections] == [[7, 1], [1, 7]] * 20


def test_requests_cut_anywhere_are_answered_like_whole_ones(connect: Connect, live_server: str) -> None:
    requests: dict[bytes, int | str] = {
        post(): 7,
        post(body=ONE): 1,
        post(body=b"{}"): "one-input",
        post(body=png_of_a_line(28), media_type="image/png"): 1,
        post(body=png_of_a_line(280), media_type="image/png"): 1,
        b"".join(chunked("/predict", [SEVEN[:9], SEVEN[9:]])): 7,
        b"\r\n" + post(): 7,  # RFC 9112 lets clients send an empty line before a request
        MAPS: SAFETENSORS,
        LIVEZ: "ok",
    }
    generator = random.Random(5)
    for _ in range(40):
        chosen = generator.choices(list(requests), k=generator.randint(1, 6))
        sent = b"".join(chosen)
        cuts = sorted({0, len(sent), *generator.choices(range(len(sent)), k=generator.choice((0, 1, 4)))})
        pieces = [sent[start:end] for start, end in pairwise(cuts)]
        connection = connect(live_server).send(*pieces, pause=0.002)
        for request in chosen:
            status, headers, body = connection.response()
            received = (
                headers["content-type"] if headers["content-type"] == SAFETENSORS else
                json.loads(body)["digit"] if b'"digit"' in body else
                json.loads(body).get("type", "/problems/ok").removeprefix("/problems/")
            )  # fmt: skip
            assert (status, received) == (422 if received == "one-input" else 200, requests[request]), pieces


def test_a_slow_reader_gets_every_response_and_delays_nobody(connect: Connect, live_server: str) -> None:
    connection = connect(live_server)
    maps = post("/feature-maps", SEVEN, f"Accept: {SAFETENSORS}")
    sender = threading.Thread(target=lambda: connection.socket.sendall(maps * 60))
    sender.start()
    time.sleep(0.5)
    assert httpx2.post(f"{live_server}/predict", content=SEVEN, headers={"Content-Type": JSON}).is_success
    bodies = {connection.response()[2] for _ in range(60)}
    sender.join(10)
    assert len(bodies) == 1
    assert len(bodies.pop()) > 250_000


@pytest.mark.parametrize(
    "request_", [post("/predict", SEVEN, "Connection: close"), post().replace(b"HTTP/1.1", b"HTTP/1.0", 1)],
    ids=["Connection: close", "HTTP/1.0"],
)  # fmt: skip
def test_a_connection_is_closed_after_the_response_if_the_client_wants_it(
    connect: Connect, live_server: str, request_: bytes
) -> None:
    connection = connect(live_server).send(request_)
    assert connection.digit() == 7
    assert connection.is_closed()


def test_a_client_that_expects_100_continue_is_asked_for_the_body(connect: Connect, live_server: str) -> None:
    whole = post("/predict", SEVEN, "Expect: 100-continue")
    connection = connect(live_server).send(whole[: -len(SEVEN)])
    assert connection.socket.recv(100).startswith(b"HTTP/1.1 100 ")
    assert connection.send(SEVEN).digit() == 7


def test_a_chunked_body_is_read_however_it_is_cut(connect: Connect, live_server: str) -> None:
    pieces = chunked("/predict", [SEVEN[i : i + 9] for i in range(0, len(SEVEN), 9)])
    assert connect(live_server).send(*pieces, pause=0.005).digit() == 7


def test_a_body_that_is_shorter_than_its_length_is_waited_for(connect: Connect, live_server: str) -> None:
    length = b"Content-Length: %d" % len(SEVEN)
    connection = connect(live_server).send(post().replace(length, b"Content-Length: %d" % (len(SEVEN) + 1), 1))
    connection.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.socket.recv(1)
    connection.socket.settimeout(30)
    assert connection.send(b" ").digit() == 7


def test_a_declared_body_of_twenty_megabytes_is_refused_and_the_connection_goes_on(
    connect: Connect, live_server: str
) -> None:
    body = b"x" * 20_000_000
    connection = connect(live_server).send(post("/predict", body, media_type="image/png"))
    assert connection.problem() == (413, "body-too-large")
    assert connection.send(post()).digit() == 7


@pytest.mark.parametrize("megabytes", [1.1, 20])
def test_a_chunked_body_over_the_limit_is_refused_and_the_connection_goes_on(
    connect: Connect, live_server: str, megabytes: float
) -> None:
    chunks = [bytes(100_000)] * round(megabytes * 10)
    connection = connect(live_server).send(b"".join(chunked("/predict", chunks, "image/png")))
    assert connection.problem() == (413, "body-too-large")
    assert connection.send(post()).digit() == 7


def test_a_length_over_the_limit_is_refused_before_the_body_has_arrived(connect: Connect, live_server: str) -> None:
    headers = post("/predict", bytes(3_000_000), media_type="image/png")[:-3_000_000]
    connection = connect(live_server).send(headers)
    assert connection.problem() == (413, "body-too-large")
    assert connection.send(bytes(3_000_000) + post()).digit() == 7


@pytest.mark.parametrize(
    "junk",
    [
        b"hello\r\n\r\n",
        b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(100),
        post().replace(b"Content-Length: ", b"Content-Length: a", 1),
        post().replace(b"Content-Length: ", b"Content-Length: -", 1),
        post().replace(b"Content-Type", b"Content-Length: 5\r\nContent-Type", 1),
    ],
    ids=["no HTTP", "unknown method", "zeros", "length in letters", "negative length", "two lengths"],
)
def test_bytes_that_are_not_http_get_a_400_and_disturb_nobody(connect: Connect, live_server: str, junk: bytes) -> None:
    connection = connect(live_server).send(junk)
    assert connection.problem() == (400, "unreadable-request")
    assert connection.is_closed()
    assert connect(live_server).send(post()).digit() == 7


def test_a_request_without_a_body_or_a_host_is_a_problem(connect: Connect, live_server: str) -> None:
    connection = connect(live_server).send(b"POST /predict HTTP/1.1\r\n\r\n")
    assert connection.problem() == (415, "unsupported-type")
    assert connect(live_server).send(post(body=b"")).problem() == (400, "unreadable-body")


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_a_body_lost_to_an_upgrade_header_is_a_problem_that_says_so(
    connect: Connect, live_server: str, protocol: str
) -> None:
    connection = connect(live_server).send(post("/predict", SEVEN, "Connection: Upgrade", f"uPGrade: {protocol}"))
    status, headers, body = connection.response()
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert "Upgrade" in json.loads(body)["detail"]
    assert connection.is_closed()


@pytest.mark.parametrize("media_types", [(JSON, "text/plain"), ("text/plain", JSON)])
def test_of_two_content_types_the_same_one_counts_each_time(
    connect: Connect, live_server: str, media_types: tuple[str, str]
) -> None:
    first, second = media_types
    request = post("/predict", SEVEN, f"Content-Type: {second}", media_type=first)
    statuses = {connect(live_server).send(request).response()[0] for _ in range(3)}
    assert statuses == {200 if first == JSON else 415}


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/docs", "/model", "/openapi.json", "/static/js/main.js"])
def test_head_is_get_without_a_body(connect: Connect, live_server: str, path: str) -> None:
    connection = connect(live_server).send(f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    status, headers = connection.response_headers()
    assert status == 200
    same = {"Host": "x", "Accept-Encoding": "identity"}  # pages may contain the host, as in a command to copy
    assert headers["content-length"] == httpx2.get(f"{live_server}{path}", headers=same).headers["content-length"]
    assert connection.send(LIVEZ).response()[0] == 200  # no body was left over
    assert httpx2.head(f"{live_server}/predict").status_code == 405


def test_requests_are_counted(connect: Connect, live_server: str) -> None:
    def count() -> float:
        lines = httpx2.get(f"{live_server}/metrics").text.splitlines()
        counts = [line for line in lines if line.startswith('inkling_request_seconds_count{route="/predict"')]
        return sum(float(line.split()[-1]) for line in counts)

    before = count()
    connection = connect(live_server)
    for _ in range(5):
        connection.send(post()).response()
    assert count() >= before + 5
