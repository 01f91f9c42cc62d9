"""Clients that each send one drawing after another to a cluster, and repeat a request that failed."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tools.behaviour.requests.drawings import STROKES

DRAWINGS = {name: json.dumps(body).encode() for name, body in STROKES.items()}
REPEAT_SECONDS = 0.25
MOST_REPEATS = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the last try. `failed` has the statuses of the earlier tries; 0 means no answer."""

    drawing: str
    status: int
    body: Any
    failed: tuple[int, ...]


@dataclass(slots=True)
class Load:
    """The answers that the clients have got so far."""

    answers: list[Answer] = field(default_factory=list)

    @property
    def failed(self) -> list[Answer]:
        """The requests that needed more than one try."""
        return [answer for answer in self.answers if answer.failed]

    def wait_for(self, count: int) -> None:
        """Wait until `count` more requests are answered."""
        wanted, deadline = len(self.answers) + count, time.monotonic() + 60
        while len(self.answers) < wanted:
            assert time.monotonic() < deadline, "the clients get no answers"
            time.sleep(0.01)


@contextmanager
def load(url: str, clients: int) -> Iterator[Load]:
    """Send drawings from `clients` threads until the block ends."""
    result, ending = Load(), threading.Event()
    threads = [threading.Thread(target=_send, args=(url, number, result, ending)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield result
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def answers(url: str) -> dict[str, Any]:
    """The answer to each drawing, by its name."""
    with closing(_Sender(url)) as sender:
        return {name: sender.send(body)[1] for name, body in DRAWINGS.items()}


def _send(url: str, number: int, result: Load, ending: threading.Event) -> None:
    names = list(DRAWINGS)
    with closing(_Sender(url)) as sender:
        while not ending.is_set():
            name = names[number % len(names)]
            number += 1
            failed: list[int] = []
            status, body = sender.send(DRAWINGS[name])
            while status != 200 and len(failed) < MOST_REPEATS:
                failed.append(status)
                time.sleep(REPEAT_SECONDS)
                status, body = sender.send(DRAWINGS[name])
            result.answers.append(Answer(name, status, body, tuple(failed)))


class _Sender:
    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def send(self, body: bytes) -> tuple[int, Any]:
        try:
            self._connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, None
        return response.status, json.loads(content) if response.status == 200 else content
