"""Errors, too many requests and a stopping service, over real connections."""

import json
import logging
import threading
from typing import Any

import pytest

from app.drawings import parsing
from app.http.middleware import SECURITY_HEADERS
from app.http.threads import ThreadQueue
from model.inference.classifier import Classifier
from model.preprocess import pipeline
from model.preprocess.pipeline import PreprocessedDrawing
from tests.app.connections.raw_http import SEVEN, Connect, post
from tests.app.connections.service import Service, running_service
from tests.app.images import png_of_a_line
from tests.support.servers import PATIENCE, has_been_read, wait_until


def test_an_error_in_a_batch_is_a_problem_and_the_next_request_works(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Classifier, "feature_maps", fail)
    status, headers, body = connect(service.url).send(post()).response()
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert json.loads(body)["type"] == "/problems/internal-error"
    assert b"secret" not in body
    assert {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items() <= headers.items()
    monkeypatch.undo()
    assert connect(service.url).send(post()).digit() == 7


def test_a_request_that_finds_the_queue_full_is_told_when_to_try_again(
    service: Service, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.drawings.batching.MAX_WAITING", 0)
    connection = connect(service.url)
    status, headers, body = connection.send(post()).response()
    assert (status, headers["retry-after"], json.loads(body)["type"]) == (503, "1", "/problems/overloaded")
    monkeypatch.undo()
    assert connection.send(post()).digit() == 7


def test_too_many_large_images_at_once_are_told_when_to_try_again(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    read = pipeline.from_image
    queues: list[ThreadQueue] = []

    class Queue(ThreadQueue):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            queues.append(self)

    def read_slowly(*arguments: Any) -> PreprocessedDrawing:
        assert go_on.wait(PATIENCE)
        return read(*arguments)

    monkeypatch.setattr(parsing, "ThreadQueue", Queue)
    monkeypatch.setattr(parsing, "MAX_LARGE", 3)
    monkeypatch.setattr(pipeline, "from_image", read_slowly)
    large = post(body=png_of_a_line(900), media_type="image/png")
    with running_service() as service:
        waiting = [connect(service.url).send(large) for _ in range(3)]
        assert wait_until(lambda: queues[-1]._count == 3)
        status, headers, body = connect(service.url).send(large).response()
        assert (status, headers["retry-after"], json.loads(body)["type"]) == (503, "1", "/problems/overloaded")
        assert connect(service.url).send(post()).digit() == 7  # small drawings do not wait for large images
        go_on.set()
        assert [connection.digit() for connection in waiting] == [1] * 3
        assert connect(service.url).send(large).digit() == 1


def test_responses_in_flight_are_sent_when_the_service_stops(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    computing, go_on = threading.Event(), threading.Event()
    compute = Classifier.feature_maps

    def compute_slowly(self: Classifier, *arguments: Any, **options: Any) -> Any:
        computing.set()
        go_on.wait(PATIENCE)
        return compute(self, *arguments, **options)

    with running_service() as service:
        monkeypatch.setattr(Classifier, "feature_maps", compute_slowly)
        idle = connect(service.url)
        connection = connect(service.url).send(post())
        assert computing.wait(PATIENCE)
        service.server.should_exit = True
        go_on.set()
        assert connection.digit() == 7
        assert connection.is_closed()
        assert idle.is_closed()


@pytest.mark.parametrize(("body", "status"), [(SEVEN, 200), (b"{}", 422)])
def test_a_request_that_is_still_arriving_is_answered_when_the_service_stops(
    connect: Connect, body: bytes, status: int
) -> None:
    whole = post(body=body)
    cuts = (1, 30, len(whole) - len(body) - 1, len(whole) - 1)  # in the request line, the headers and the body
    with running_service() as service:
        idle = connect(service.url)
        connections = [connect(service.url).send(whole[:cut]) for cut in cuts]
        used = connect(service.url).send(whole)
        assert used.response()[0] == status
        used.send(whole[:30])
        assert wait_until(lambda: has_been_read(int(service.url.rpartition(":")[2])))
        service.server.should_exit = True
        assert idle.is_closed()  # the service is stopping now
        for connection, cut in zip([*connections, used], [*cuts, 30], strict=True):
            answered, headers, _ = connection.send(whole[cut:]).response()
            assert (answered, headers["connection"]) == (status, "close")
            assert connection.is_closed()


def test_the_access_log_has_a_line_for_each_request(connect: Connect) -> None:
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, handler = logging.getLogger("uvicorn.access"), Handler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with running_service(access_log=True) as service:
            connection = connect(service.url)
            for _ in range(3):
                assert connection.send(post()).digit() == 7
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert len([line for line in lines if '"POST /predict HTTP/1.1" 200' in line]) == 3
