"""Simulates loads that grow quickly, with the settings of app/cluster.py and with Serve's defaults."""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.cluster.needs import DRAWINGS, Costs
from benchmarks.cluster.simulation import Cluster, Interval, Simulation

OVERHEAD = 0.004  # seconds of a request outside the replica, if the proxy is not busy
START = 15.0  # seconds from the decision to add a replica until it gets requests, if its node is running already
NODE_START = 75.0  # the same if its node must start first
INTERVAL = 10.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation shows. `busy` is the share of time for which replicas are busy during the peak."""

    name: str
    refused: float
    p99: float
    replicas: tuple[int, int]
    busy: float

    @property
    def row(self) -> str:
        """The figures as a row of a table in Markdown."""
        low, high = self.replicas
        return f"| {self.name} | {self.refused:.2%} | {1e3 * self.p99:.0f} | {low:,}–{high:,} | {self.busy:.0%} |"


HEAD = "| | refused | p99 ms | replicas in the peak | busy in the peak |\n|---|---|---|---|---|"


def table(costs: Costs, share: float) -> str:
    """Simulate with our settings, Serve's defaults, and nodes that must start first, at `share` of the full load."""
    from app.cluster import AUTOSCALING, MAX_ONGOING

    ours = Cluster(
        service=costs.replica,
        overhead=OVERHEAD,
        start=START,
        limit=MAX_ONGOING,
        target=AUTOSCALING["target_ongoing_requests"],
        up_delay=AUTOSCALING["upscale_delay_s"],
        down_delay=AUTOSCALING["downscale_delay_s"],
        down_factor=AUTOSCALING["downscaling_factor"],
        look_back=AUTOSCALING["look_back_period_s"],
    )
    defaults = replace(ours, limit=5, target=2, up_delay=30, down_delay=600, down_factor=1.0, look_back=30)
    cases = (
        ("app/cluster.py", ours, 300.0),
        ("app/cluster.py, within a minute", ours, 60.0),
        ("app/cluster.py, nodes must start", replace(ours, start=NODE_START), 300.0),
        ("Serve's defaults", defaults, 300.0),
        ("a target of 4", replace(ours, target=4), 300.0),
    )
    return "\n".join([HEAD, *(simulate(name, cluster, seconds, share).row for name, cluster, seconds in cases)])


def simulate(name: str, cluster: Cluster, growth: float, share: float) -> Outcome:
    """A load that grows from 2 % to the full rate within `growth` seconds, stays for five minutes, and ends."""
    peak = DRAWINGS / 60 * share
    low, begin = peak / 50, 60.0 + growth
    least = max(1, round(low * cluster.service / 0.5))
    rate = [(0.0, low), (60.0, low), (begin, peak), (begin + 300, peak), (begin + 330, low), (begin + 600, low)]
    intervals = Simulation(replace(cluster, least=least), rate, interval=INTERVAL).run()
    in_peak = [each for each in intervals if begin + 60 <= each.start < begin + 300]
    answered = np.concatenate([each.latencies for each in intervals])
    refused = sum(each.refused for each in intervals)
    numbers = [each.replicas for each in in_peak]
    return Outcome(
        name,
        refused / (refused + len(answered)),
        float(np.percentile(answered, 99)),
        (min(numbers), max(numbers)),
        _busy(in_peak, cluster),
    )


def _busy(intervals: list[Interval], cluster: Cluster) -> float:
    work = sum(len(each.latencies) for each in intervals) * cluster.service
    return work / sum(each.replicas * INTERVAL for each in intervals)
