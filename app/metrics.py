"""What the service counts, for Prometheus."""

import os

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64)
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

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        child = self._children.get((route, status))
        if child is None:
            child = self._children[route, status] = self._seconds.labels(route, str(status))
        child.observe(seconds)

    def batch(self, size: int) -> None:
        """Count a pass of the network."""
        self._batches.observe(size)

    def loaded(self, model: str, engine: str) -> None:
        """Note which weights answer."""
        self._info.labels(model, engine).set(1)

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
