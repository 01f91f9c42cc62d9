"""The service at ten times its capacity: some requests are answered fast, the others refused at once."""

import pytest

from benchmarks import servers
from benchmarks.robustness import overload


@pytest.mark.timing
def test_the_service_holds_at_ten_times_its_capacity() -> None:
    # The limits are a multiple of the benchmark's targets, because here the load generator uses the same
    # processors. Without the limits on waiting requests, these latencies were up to 30 s.
    with servers.inkling() as server:
        result = overload.measure(server, connections=300, seconds=2.0)
    assert len(result.answered) > 10
    assert result.refused
    assert result.lost == 0
    assert overload.quantile(result.answered, 0.99) < 8 * overload.TARGETS["p99_ms"]
    for latencies in result.probes.values():
        assert overload.quantile(latencies, 0.95) < 20 * overload.TARGETS["livez_ms"]
    assert result.peak_mb < overload.TARGETS["memory_mb"]
    assert result.memory_after_mb < overload.TARGETS["memory_mb"] / 2
    assert result.after_ms < 20 * overload.TARGETS["after_ms"]


def test_a_quantile_is_a_measured_value() -> None:
    assert overload.quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert overload.quantile([3.0, 1.0, 2.0], 0.99) == 3.0
