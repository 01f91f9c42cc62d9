"""Latencies of /feature-maps while the same service trains a network on all cores.

The training process has a lower priority than the service, so predictions should hardly wait for it.
"""

import json
import time
from dataclasses import dataclass

import numpy as np

from benchmarks import open_loop
from benchmarks.classes import classroom
from benchmarks.client import LoadError, Request, fetch
from benchmarks.servers import Server

RATE = 100  # requests a second, of all connections together
CONNECTIONS = 10
SECONDS = 20.0
TARGET_MS = 50.0  # the largest p99
RUN = {"recipe": "lesson", "epochs": 1000}  # longer than any measurement; it ends with the service
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Latencies:
    """Latencies in ms, and the number of requests without a good response within a second."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    lost: int


def start_training(port: int) -> None:
    """Start a run, and wait until its first epoch has begun. Raises LoadError."""
    run = json.loads(fetch(port, Request("POST", "/runs", json.dumps(RUN).encode(), "application/json")))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = json.loads(fetch(port, Request("GET", f"/runs/{run['id']}")))
        if state["epochs_done"] is not None:
            return
        if state["state"] != "training":
            raise LoadError(f"the run is {state['state']}: {state['message']}")
        time.sleep(0.1)
    raise LoadError(f"the run has not begun within {START_SECONDS:.0f} s")


def measure(server: Server, seconds: float) -> Latencies:
    """Send requests for `seconds` seconds, on a schedule. Raises LoadError if none is answered."""
    turns = max(1, round(seconds * RATE / CONNECTIONS))
    outcome = open_loop.run(server.port, classroom.requests(CONNECTIONS, turns), CONNECTIONS / RATE)
    if not outcome.answered:
        raise LoadError("the server answered none of the requests")
    p50, p99, most = (
        float(each) * 1e3 for each in np.percentile([each.latency for each in outcome.answered], (50, 99, 100))
    )
    return Latencies(p50, p99, most, outcome.lost)
