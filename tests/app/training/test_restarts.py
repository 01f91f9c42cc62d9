"""A run survives the service: its process goes on when the service is killed, and no event is lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.support.servers import LiveServer

SECONDS = 120.0  # for one event; far longer than it takes
TINY = {"recipe": "lesson", "epochs": 1, "share": 0.001, "paused": True}  # 60 images: one batch


@contextmanager
def events(url: str, run: str, last: int) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of a run after the one with the number `last`, as a browser would receive them."""
    headers = {"Last-Event-ID": str(last)} if last else {}
    with httpx2.stream("GET", f"{url}/runs/{run}/events", headers=headers, timeout=SECONDS) as response:
        yield (json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: "))


def test_a_run_and_its_events_survive_a_killed_service(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path))
    monkeypatch.setenv("INKLING_DATA", str(data_dir))
    server = LiveServer("--engine", "onnx")
    server.start()
    run = httpx2.post(f"{server.url}/runs", json=TINY, timeout=SECONDS).json()["id"]
    (trainer,) = [each for each in psutil.process_iter(["cmdline"]) if str(tmp_path) in (each.info["cmdline"] or ())]
    seen: list[dict[str, Any]] = []

    def read_until(received: Iterator[dict[str, Any]], name: str, **values: str) -> None:
        for event in received:
            seen.append(event)
            if event["event"] == name and values.items() <= event.items():
                return
        raise AssertionError(f"the stream ended before the event {name}")

    try:
        with events(server.url, run, 0) as received:
            read_until(received, "state", state="paused")
            server.kill()
            with pytest.raises(httpx2.TransportError):
                next(received)
        server.start()  # on the same port, which the training process must not hold
        assert httpx2.post(f"{server.url}/runs/{run}/step", json={"unit": "batch"}).status_code == 202
        with events(server.url, run, seen[-1]["seq"]) as received:
            read_until(received, "step")
            trainer.kill()
            read_until(received, "state", state="interrupted")
        assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
        found = httpx2.get(f"{server.url}/runs/{run}").json()
        assert (found["state"], found["epochs_done"]) == ("interrupted", 0)
        assert "can be resumed after its last complete epoch" in found["message"]
    finally:
        if trainer.is_running():
            trainer.kill()
        server.stop()
