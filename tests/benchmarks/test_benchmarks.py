"""The benchmarks run, send the requests that they describe, and notice a wrong response."""

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import classroom, client, drawings, load, open_loop
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_strokes


def test_every_figure_about_serving_is_measured_and_only_absolute_figures_have_targets(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    status = benchmarks.main(["class", "load", "start", "lesson", "--quick", "--json", str(file)])
    printed = capfd.readouterr()
    assert status == 0, printed.err
    report = json.loads(file.read_text())
    figures = report["figures"]
    measured = {(row["name"], row["connections"]) for row in figures["load"]}
    cases = [load.empty_case(), *load.plain_cases(), *load.cases()]
    assert measured == {(case.name, connections) for case in cases for connections in (1, 8, 64)}
    assert all(row["rate"] > 0 and 0 < row["p50"] <= row["p99"] for row in figures["load"])
    compared = {row["name"] for row in figures["load"] if row["plain_ratio"] is not None}
    assert compared == {case.name for case in load.cases() if case.plain}
    assert figures["livez"]["p99_ms"] > 0
    assert figures["class"]["scheduled"] == 5 * 15
    assert 0 < figures["class"]["p50_ms"] <= figures["class"]["p99_ms"] <= figures["class"]["max_ms"]
    assert [target["most"] for target in report["targets"]] == [16, 0, 150, 1.2]
    assert printed.out.count("target ") == len(report["targets"])


def test_a_class_sends_growing_drawings_and_no_request_twice() -> None:
    students = classroom.requests(30, 150)
    assert [len(sequence) for sequence in students] == [150] * 30
    assert len({request.body for sequence in students for request in sequence}) == 30 * 150
    sizes = [sum(map(len, json.loads(request.body)["strokes"])) for request in students[0]]
    assert sizes[:60] == list(range(2, 121, 2))
    assert sizes[60] < sizes[59]  # the next digit
    assert set(json.loads(students[0][0].body)) == {"strokes", "pen", "canvas"}


def test_the_network_recognises_the_drawings() -> None:
    drawn = list(drawings.drawings(40))
    predictions = Classifier.load().predict([from_strokes(strokes, drawings.PEN) for _, strokes in drawn])
    right = sum(digit == prediction.digit for (digit, _), prediction in zip(drawn, predictions, strict=True))
    assert right >= 36
    assert len({drawings.as_strokes(strokes) for _, strokes in drawn}) == 40
    assert all(sum(map(len, strokes)) == drawings.POINTS for _, strokes in drawn)


def test_a_request_can_vary_its_headers() -> None:
    request = client.Request("POST", "/?layers=a%2Cb", b"100%", vary=True)
    first, second = request.header_block(1), request.header_block(2)
    assert first != second
    assert first.replace(b"benchmarks/1", b"benchmarks/2").replace(b"Id: 1", b"Id: 2") == second
    assert b"/?layers=a%2Cb " in first
    assert request.wire.endswith(b"\r\n\r\n100%")


@contextmanager
def answering(answer: bytes, received: list[bytes] | None = None, delay: float = 0.0) -> Iterator[int]:
    """A server that gives every request the same response; yields its port."""

    class Parrot(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                while data := self.request.recv(65536):
                    if received is not None:
                        received.append(data)
                    time.sleep(delay)
                    self.request.sendall(answer)

    with socketserver.ThreadingTCPServer((client.HOST, 0), Parrot) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def response(status: str = "200 OK", kind: str = "application/json", body: bytes = b"{}") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def test_the_client_counts_every_response_and_stops_at_the_count() -> None:
    with answering(response()) as port:
        measured = client.measure(port, [client.Request("GET", "/")], connections=4, seconds=10, count=100)
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
        client.measure(port, [client.Request("GET", "/")], connections=2, seconds=5)


def test_a_response_of_the_right_type_with_wrong_content_is_noticed() -> None:
    case = load.cases()[0]
    answer = response(body=b'{"digit": 4, "probabilities": [1.0]}')
    with answering(answer) as port, pytest.raises(client.LoadError, match="the response is wrong"):
        load.verify(port, case)


def test_headers_and_body_can_be_sent_separately() -> None:
    received: list[bytes] = []
    request = client.Request("POST", "/", b"body", split=True)
    # The server answers each part, so the client may stop because a response is too long.
    with answering(response(), received) as port, suppress(client.LoadError):
        client.measure(port, [request], connections=1, seconds=5, count=20)
    assert b"".join(received).startswith(request.wire)
    assert any(part.endswith(b"\r\n\r\n") for part in received)


GET = client.Request("GET", "/")


def test_an_open_loop_keeps_its_schedule_and_loses_nothing() -> None:
    with answering(response()) as port:
        outcome = open_loop.run(port, [[GET] * 20] * 3, 0.01)
    assert (outcome.scheduled, outcome.lost) == (60, 0)
    assert outcome.rate == pytest.approx(300)
    assert min(outcome.lateness) >= 0


def test_latency_counts_from_the_scheduled_time() -> None:
    with answering(response(), delay=0.03) as port:
        outcome = open_loop.run(port, [[GET] * 10], 0.01)
    assert outcome.lost == 0
    latencies = [latency for _, latency in outcome.answered]
    # Request i is scheduled at 10 i ms and answered at 30 (i + 1) ms at the earliest.
    assert all(latency >= 0.03 + 0.02 * i - 0.001 for i, latency in enumerate(latencies))


@pytest.mark.parametrize("answer", [response(status="503 Service Unavailable"), b"", b"no HTTP\r\n\r\n"])
def test_errors_and_missing_responses_count_as_lost(answer: bytes) -> None:
    with answering(answer) as port:
        outcome = open_loop.run(port, [[GET] * 3] * 2, 0.01)
    assert (outcome.scheduled, outcome.lost) == (6, 6)
