"""What the service counts, for Prometheus."""

import os

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several workers keep what they count, named by prometheus_client
_MOST = 128  # observations that wait to be counted
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one application. With several workers (PROMETHEUS_MULTIPROC_DIR) every worker shows the sum."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "inkling_request_seconds",
            "From a request's headers to its answer's last byte; its count is the number of requests.",
            ("route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batches = Histogram(
            "inkling_batch_size", "Drawings in one pass of the network.", buckets=_BATCHES, registry=self.registry
        )
        self._info = Gauge(
            "inkling_model",
            "1 for the weights that are loaded.",
            ("model", "engine"),
            registry=self.registry,
            multiprocess_mode="max",
        )
        self._children: dict[tuple[str, int], Histogram] = {}
        # One observation among other work takes three times as long as one of many on end. So they are gathered; but
        # not where another worker may be asked for the sum.
        self._most = 1 if os.environ.get(_SHARED) else _MOST
        self._waiting: list[tuple[Histogram, float]] = []

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        child = self._children.get((route, status))
        if child is None:
            child = self._children[route, status] = self._seconds.labels(route, str(status))
        self._observe(child, seconds)

    def batch(self, size: int) -> None:
        """Count a pass of the network."""
        self._observe(self._batches, size)

    def _observe(self, histogram: Histogram, value: float) -> None:
        self._waiting.append((histogram, value))
        if len(self._waiting) >= self._most:
            self._settle()

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for histogram, value in waiting:
            histogram.observe(value)

    def loaded(self, model: str, engine: str) -> None:
        """Note which weights answer."""
        self._info.labels(model, engine).set(1)

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format."""
        self._settle()
        registry = self.registry
        if os.environ.get(_SHARED):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
