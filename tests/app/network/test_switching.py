"""The weights in service are switched while two workers answer requests."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.support.servers import LiveServer

SEVEN = {"strokes": [[[30, 40], [110, 40], [60, 150]]]}
NAMES = ("lesson:2", "robust", "lesson:5", None)  # None stands for the weights that the service started with
CLIENTS = 3
SWITCHES = 12


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a service with two workers."""
    server = LiveServer("--workers", "2", "--engine", "onnx")
    server.start()
    yield server.url
    server.stop()


def test_no_request_fails_or_mixes_weights_while_they_are_switched(url: str) -> None:
    first = httpx2.post(f"{url}/predict", json=SEVEN).json()
    expected: dict[str, Any] = {first["model"]: first["probabilities"]}
    models: dict[str | None, str] = {None: first["model"]}
    for name in filter(None, NAMES):
        answer = httpx2.post(f"{url}/predict", params={"weights": name}, json=SEVEN).json()
        models[name], expected[answer["model"]] = answer["model"], answer["probabilities"]
    stop = threading.Event()
    answers: list[httpx2.Response] = []

    def ask() -> None:
        with httpx2.Client() as client:
            while not stop.is_set():
                answers.append(client.post(f"{url}/predict", json=SEVEN))

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for number in range(SWITCHES):
            wanted = NAMES[number % len(NAMES)]
            if wanted is None:
                switched = httpx2.delete(f"{url}/weights/served")
            else:
                switched = httpx2.put(f"{url}/weights/served", json={"name": wanted})
            assert switched.json()["model"] == models[wanted]
            for _ in range(2):  # new connections, so both workers answer sooner or later
                assert httpx2.post(f"{url}/predict", json=SEVEN).json()["model"] == models[wanted]
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert {response.status_code for response in answers} == {200}
    found = [response.json() for response in answers]
    assert {answer["model"] for answer in found} == set(expected)
    for answer in found:
        assert answer["probabilities"] == pytest.approx(expected[answer["model"]], abs=1e-5)
