"""The benchmarks run, ask for what they say they ask for, and notice an answer that is wrong."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import client, drawings, load
from model.inference.classifier import Classifier
from model.preprocess.pipeline import from_strokes


def test_every_figure_about_serving_is_measured_and_has_its_target(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    status = benchmarks.main(["load", "start", "lesson", "--quick", "--json", str(file)])
    printed = capfd.readouterr()
    assert status == 0, printed.err
    report = json.loads(file.read_text())
    measured = {(row["name"], row["connections"]) for row in report["figures"]["load"]}
    names = ["empty route", *(case.name for case in load.cases())]
    assert measured == {(name, connections) for name in names for connections in (1, 8, 64)}
    assert all(row["rate"] > 0 and 0 < row["p50"] <= row["p99"] for row in report["figures"]["load"])
    assert [target["least"] or target["most"] for target in report["targets"]] == [0.5, 0.5, 0.3, 0.3, 150, 1.2, 100]
    assert printed.out.count("target ") == len(report["targets"])


def test_the_drawings_are_digits_that_the_network_reads() -> None:
    drawn = list(drawings.drawings(40))
    predictions = Classifier.load().predict([from_strokes(strokes, drawings.PEN) for _, strokes in drawn])
    right = sum(digit == prediction.digit for (digit, _), prediction in zip(drawn, predictions, strict=True))
    assert right >= 36
    assert len({drawings.as_strokes(strokes) for _, strokes in drawn}) == 40
    assert all(sum(map(len, strokes)) == drawings.POINTS for _, strokes in drawn)


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that says the same to every request; yields its port."""

    class Parrot(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                while self.request.recv(65536):
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


def test_the_client_counts_every_answer_and_stops_at_the_count() -> None:
    with answering(response()) as port:
        measured = client.measure(port, [client.Request("GET", "/")], connections=4, seconds=10, count=100)
    assert len(measured.latencies) == 100
    assert measured.rate > 0


@pytest.mark.parametrize("wrong", [
    response(status="500 Internal Server Error"),
    response(kind="text/html"),
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
])  # fmt: skip
def test_the_client_stops_at_an_answer_that_is_not_what_was_asked_for(wrong: bytes) -> None:
    with answering(wrong) as port, pytest.raises(client.LoadError, match="was answered with"):
        client.measure(port, [client.Request("GET", "/")], connections=2, seconds=5)


def test_an_answer_of_the_right_kind_with_the_wrong_content_is_noticed() -> None:
    case = load.cases()[0]
    answer = response(body=b'{"digit": 4, "probabilities": [1.0]}')
    with answering(answer) as port, pytest.raises(client.LoadError, match="not as it should be"):
        load.verify(port, case)
