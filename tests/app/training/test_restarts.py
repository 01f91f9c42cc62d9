"""A run survives the service and its own process: after a restart, no event is lost and nothing happens twice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import safetensors.numpy
import torch

from model.data import mnist
from model.training.run import train
from tests.support.servers import training_processes, training_service

SECONDS = 120.0  # for one event; far longer than it takes
CHANGES = {"share": 0.001, "batch": 16}  # 60 images, so four batches an epoch
SETTINGS: dict[str, Any] = {"recipe": "lesson", "epochs": 2, "seed": 5}


class Watcher:
    """Reads the events of a run as a browser would: each new stream begins after the last event that arrived."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.seen: list[dict[str, Any]] = []

    @contextmanager
    def stream(self) -> Iterator[Iterator[dict[str, Any]]]:
        """The events from here on. Those that are taken are `seen`."""
        headers = {"Last-Event-ID": str(self.seen[-1]["seq"])} if self.seen else {}
        with httpx2.stream("GET", f"{self._url}/events", headers=headers, timeout=SECONDS) as response:
            yield self._remembered(response.iter_lines())

    def until(self, events: Iterator[dict[str, Any]], **values: str | int) -> None:
        """Read up to the first event with these values."""
        for event in events:
            if values.items() <= event.items():
                return
        raise AssertionError(f"the stream ended before an event with {values}")

    def read_until(self, **values: str | int) -> None:
        """Open a stream, and read up to the first event with these values."""
        with self.stream() as events:
            self.until(events, **values)

    def _remembered(self, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
        for line in lines:
            if line.startswith("data: "):
                self.seen.append(json.loads(line[6:]))
                yield self.seen[-1]


def test_a_run_survives_a_killed_service_and_a_killed_training_process(tmp_path: Path, data_dir: Path) -> None:
    runs = tmp_path / "runs"
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # another number could give other weights
    with training_service(runs, data_dir, threads) as server:

        def post(path: str, **body: Any) -> dict[str, Any]:
            response = httpx2.post(f"{server.url}/runs{path}", json=body, timeout=SECONDS)
            assert response.status_code in (201, 202), response.text
            found: dict[str, Any] = response.json()
            return found

        run = post("", **SETTINGS, **CHANGES, paused=True)["id"]
        watcher = Watcher(f"{server.url}/runs/{run}")
        watcher.read_until(state="paused")
        (trainer,) = training_processes(runs)

        # The service is killed while the run is paused. The training process goes on.
        with watcher.stream() as events:
            server.kill()
            with pytest.raises(httpx2.TransportError):
                next(events)
        server.start()  # on the same port, which the training process must not hold
        post(f"/{run}/step", unit="epoch")
        watcher.read_until(event="epoch", epoch=1)
        watcher.read_until(state="paused")
        post(f"/{run}/step", unit="batch")
        watcher.read_until(event="step", epoch=2, batch=1)
        assert training_processes(runs) == [trainer]

        # Both are killed in the middle of the second epoch.
        server.kill()
        trainer.kill()
        server.start()
        watcher.read_until(state="interrupted")
        found = httpx2.get(f"{server.url}/runs/{run}").json()
        assert (found["state"], found["epochs_done"]) == ("interrupted", 1)
        assert "can be resumed after its last complete epoch" in found["message"]
        post(f"/{run}/resume")
        watcher.read_until(state="finished")
        assert httpx2.get(f"{server.url}/runs/{run}").json()["state"] == "finished"

    assert [event["seq"] for event in watcher.seen] == list(range(1, len(watcher.seen) + 1))
    lines = (runs / run / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert watcher.seen == [json.loads(line) for line in lines]
    assert [event["epoch"] for event in watcher.seen if event["event"] == "epoch"] == [0, 1, 2]
    assert [event["epoch"] for event in watcher.seen if event["event"] == "started"] == [0, 1]

    whole = tmp_path / "whole"
    train_digits, test_digits = mnist.load(data_dir)
    list(train(whole, train_digits, test_digits.first(10), **SETTINGS, changes=CHANGES))
    for name in ("epoch-00.safetensors", "epoch-01.safetensors", "epoch-02.safetensors", "mnist_cnn.safetensors"):
        expected = safetensors.numpy.load_file(whole / name)
        for key, values in safetensors.numpy.load_file(runs / run / name).items():
            assert values.tobytes() == expected[key].tobytes(), (name, key)
