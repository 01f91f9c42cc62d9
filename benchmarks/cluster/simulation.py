"""A discrete-event simulation of Serve's autoscaler. Does it follow a load that grows quickly? What do users notice?

The model. Requests arrive at random times: a Poisson process whose rate changes linearly between given points. Each is
sent to the shorter of the queues of two replicas chosen at random, as Serve's router does. A replica takes one
request after another, and each takes the same processor time. A request also spends a fixed time outside replicas, in
which it counts as ongoing but needs no replica. If a queue is full, the request is refused.

Every push interval, the number of ongoing requests is reported. The autoscaler compares the mean of the reports of the
look-back period with the target, and changes the number of replicas if the comparison has called for it during the
whole delay. A new replica gets requests after its start time. A removed one answers the requests that it has, and gets
no new ones.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

CONTROL_SECONDS = 1.0  # how often the simulated autoscaler decides; Serve decides ten times as often


@dataclass(frozen=True, slots=True)
class Cluster:
    """The properties of the cluster. All times are in seconds.

    service         processor time of a replica for one request
    overhead        time of a request outside the replicas
    start           from the decision to add a replica until it gets requests
    limit           requests that a replica has at most (max_ongoing_requests)
    target          ongoing requests per replica that the autoscaler aims at
    up_delay        how long it waits before it adds replicas, and
    down_delay      before it removes some
    down_factor     the part of the superfluous replicas that it removes at a time
    least, most     limits on the number of replicas
    push            interval of the reports to the autoscaler
    look_back       period over which it takes the mean
    """

    service: float
    overhead: float
    start: float
    limit: int
    target: float
    up_delay: float
    down_delay: float
    down_factor: float = 1.0
    least: int = 1
    most: int = 1000
    push: float = 10.0
    look_back: float = 15.0


@dataclass(slots=True)
class Interval:
    """What happened in one interval: the number of replicas at its end, and the latencies in seconds."""

    start: float
    replicas: int = 0
    refused: int = 0
    latencies: list[float] = field(default_factory=list)


class _Replica:
    """A queue with one server. `departures` are the times at which its requests leave it, in ascending order."""

    __slots__ = ("departures",)

    def __init__(self) -> None:
        self.departures: deque[float] = deque()

    def ongoing(self, now: float) -> int:
        departures = self.departures
        while departures and departures[0] <= now:
            departures.popleft()
        return len(departures)


class Simulation:
    """Runs one load through one cluster. `rate` lists pairs in order of time: seconds and requests per second."""

    def __init__(
        self, cluster: Cluster, rate: Sequence[tuple[float, float]], seed: int = 0, interval: float = 60
    ) -> None:
        self.cluster, self.rate, self.interval = cluster, rate, interval
        self.chance = random.Random(seed)
        self.ready = [_Replica() for _ in range(cluster.least)]
        self.starting: list[float] = []  # the times at which new replicas are ready
        self.leaving: list[_Replica] = []
        self.reports: deque[tuple[float, int]] = deque()  # time, ongoing requests
        self.outside: list[float] = []  # a heap of the times at which refused or answered requests leave the overhead
        self.wanted_since: float | None = None
        self.direction = 0

    def run(self) -> list[Interval]:
        """The intervals of the whole load."""
        end, now = self.rate[-1][0], 0.0
        intervals = [Interval(number * self.interval) for number in range(math.ceil(end / self.interval))]
        highest = max(rate for _, rate in self.rate)
        control, report = CONTROL_SECONDS, self.cluster.push
        while True:
            # Thinning: generate arrivals at the highest rate and drop a random part of them. The rest has the changing
            # rate.
            now += self.chance.expovariate(highest)
            while min(control, report) <= now and min(control, report) < end:
                if report <= control:
                    self.reports.append((report, self._ongoing(report)))
                    report += self.cluster.push
                else:
                    self._decide(control)
                    intervals[int(control / self.interval)].replicas = len(self.ready)
                    control += CONTROL_SECONDS
            if now >= end:
                return intervals
            if self.chance.random() * highest <= self._rate(now):
                self._arrive(now, intervals[int(now / self.interval)])

    def _rate(self, now: float) -> float:
        for (start, low), (end, high) in zip(self.rate, self.rate[1:], strict=False):
            if now < end:
                return low + (high - low) * (now - start) / (end - start)
        return self.rate[-1][1]

    def _arrive(self, now: float, during: Interval) -> None:
        ready = self.ready
        replica = ready[int(self.chance.random() * len(ready))]
        if len(ready) > 1:
            other = ready[int(self.chance.random() * len(ready))]
            if other.ongoing(now) < replica.ongoing(now):
                replica = other
        if replica.ongoing(now) >= self.cluster.limit:
            during.refused += 1
            return
        departures = replica.departures
        leaves = (departures[-1] if departures else now) + self.cluster.service
        departures.append(leaves)
        during.latencies.append(leaves - now + self.cluster.overhead)
        heapq.heappush(self.outside, now + self.cluster.overhead)

    def _ongoing(self, now: float) -> int:
        """All requests that have arrived and are not answered. The overhead is counted at their arrival."""
        while self.outside and self.outside[0] <= now:
            heapq.heappop(self.outside)
        self.leaving = [replica for replica in self.leaving if replica.ongoing(now)]
        return len(self.outside) + sum(replica.ongoing(now) for replica in (*self.ready, *self.leaving))

    def _decide(self, now: float) -> None:
        cluster = self.cluster
        started = [time for time in self.starting if time <= now]
        self.starting = [time for time in self.starting if time > now]
        self.ready += [_Replica() for _ in started]
        while self.reports and self.reports[0][0] < now - cluster.look_back:
            self.reports.popleft()
        if not self.reports:
            return
        mean = sum(count for _, count in self.reports) / len(self.reports)
        current = len(self.ready) + len(self.starting)
        desired = min(cluster.most, max(cluster.least, math.ceil(mean / cluster.target)))
        direction = (desired > current) - (desired < current)
        if direction != self.direction or direction == 0:
            self.direction, self.wanted_since = direction, now
        assert self.wanted_since is not None
        delay = cluster.up_delay if direction > 0 else cluster.down_delay
        if direction == 0 or now - self.wanted_since < delay:
            return
        self.direction, self.wanted_since = 0, now
        if direction > 0:
            self.starting += [now + cluster.start] * (desired - current)
        else:
            surplus = max(1, int(cluster.down_factor * (current - desired)))
            cancelled = min(surplus, len(self.starting))
            self.starting = self.starting[: len(self.starting) - cancelled]
            keep = len(self.ready) - (surplus - cancelled)
            self.leaving += self.ready[keep:]
            self.ready = self.ready[:keep]
