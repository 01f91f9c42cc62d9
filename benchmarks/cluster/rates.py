"""How many drawings a second a replica answers, how much processor time the proxy takes, and how much two replicas
gain.

The speed of a shared machine changes, so each round measures all servers in turn, and ratios are taken within a round.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks import drawings
from benchmarks.client import Request, measure
from benchmarks.cluster.local import Deployment, LocalCluster
from benchmarks.servers import inkling

CONNECTIONS = (1, 4, 16, 64)
WARM_UP = 0.5  # seconds
_REQUESTS = [Request("POST", "/predict", drawings.as_strokes(strokes)) for _, strokes in drawings.drawings(40)]


@dataclass(frozen=True, slots=True)
class Rate:
    """One server at one number of connections: medians over the rounds.

    rate      requests a second
    p50, p99  latencies in seconds
    cpu       seconds of processor time per request of the replicas, the proxies and all others, such as the controller
    """

    server: str
    connections: int
    rate: float
    p50: float
    p99: float
    cpu: Mapping[str, float]

    @property
    def total(self) -> float:
        """Seconds of processor time per request."""
        return sum(self.cpu.values())

    @property
    def proxy_share(self) -> float:
        """The proxies' share of the processor time; 0 if a measurement is so short that no time is counted."""
        return self.cpu.get("proxies", 0.0) / self.total if self.total else 0.0

    @property
    def ongoing(self) -> float:
        """Requests that the server has at a time, on average: rate times median latency (Little's law)."""
        return self.rate * self.p50


def measure_rates(rounds: int, seconds: float, connections: tuple[int, ...] = CONNECTIONS) -> list[Rate]:
    """Measure plain Inkling with one process, and a cluster with one and with two replicas."""
    measured: dict[tuple[str, int], list[Rate]] = {}
    with inkling() as plain, LocalCluster() as cluster:

        def once(name: str, port: int, cpu: Callable[[], dict[str, float]]) -> None:
            for count in connections:
                rate = _measure(name, port, count, seconds, cpu)
                measured.setdefault((name, count), []).append(rate)

        for _ in range(rounds):
            once("inkling serve", plain.port, lambda: {"replicas": plain.cpu_seconds})
            for replicas in (1, 2):
                cluster.deploy(Deployment(replicas=replicas))
                once(f"Ray Serve, {replicas} replica{'s' * (replicas > 1)}", cluster.port, cluster.cpu_seconds)
    return [_median(rates) for rates in measured.values()]


def table(rates: list[Rate]) -> str:
    """The figures as a table in Markdown."""
    lines = [
        "| server | connections | requests/s | p50 ms | p99 ms | CPU µs per request | of it the proxy |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {rate.server} | {rate.connections} | {rate.rate:,.0f} | {1e3 * rate.p50:.1f} | {1e3 * rate.p99:.1f} "
        f"| {1e6 * rate.total:,.0f} | {rate.proxy_share:.0%} |"
        for rate in rates
    ]
    return "\n".join(lines)


def _measure(name: str, port: int, connections: int, seconds: float, cpu: Callable[[], dict[str, float]]) -> Rate:
    measure(port, _REQUESTS, connections, WARM_UP)
    before = cpu()
    result = measure(port, _REQUESTS, connections, seconds)
    after = cpu()
    count = len(result.latencies)
    p50, p99 = np.percentile(result.latencies, (50, 99))
    used = {part: (after[part] - before[part]) / count for part in after}
    return Rate(name, connections, result.rate, float(p50), float(p99), used)


def _median(rates: list[Rate]) -> Rate:
    first = rates[0]
    return Rate(
        first.server,
        first.connections,
        median(rate.rate for rate in rates),
        median(rate.p50 for rate in rates),
        median(rate.p99 for rate in rates),
        {part: median(rate.cpu[part] for rate in rates) for part in first.cpu},
    )
