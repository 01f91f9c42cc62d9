"""The service's metrics for Prometheus."""

import os
from functools import cache

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SIZES = (1, 2, 3, 4, 5, 6, 7, 8)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one application.

    With several workers (PROMETHEUS_MULTIPROC_DIR), every worker reports the metrics of all workers together.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "inkling_request_seconds",
            "Seconds from a request's headers to the last byte of its response, by route and status.",
            ("route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sizes = Histogram("inkling_batch_size", "Drawings in one batch.", buckets=_SIZES, registry=self.registry)
        self._model = Gauge(
            "inkling_model",
            "1 for the weights that are in service, 0 for those that were in service before.",
            ("model", "engine"),
            registry=self.registry,
            multiprocess_mode="max",
        )

        # Cached, because Metric.labels takes a lock and converts its arguments each time.
        self._seconds_of = cache(lambda route, status: self._seconds.labels(route, str(status)))
        self._loaded: tuple[str, str] | None = None

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Record a request and its duration. Called when the response has been sent."""
        self._seconds_of(route, status).observe(seconds)

    def count_batch(self, size: int) -> None:
        """Record a batch of `size` drawings."""
        self._sizes.observe(size)

    def set_model(self, model: str, engine: str) -> None:
        """Set the weights and the engine that the metrics report as loaded."""
        if self._loaded is not None:
            self._model.labels(*self._loaded).set(0)
        self._loaded = model, engine
        self._model.labels(model, engine).set(1)

    def exposition(self) -> bytes:
        """All metrics in Prometheus's text format."""
        registry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
