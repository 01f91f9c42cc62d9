"""What a million drawings a minute need: replicas, processor cores, memory, network and money. It is a calculation.

Its assumptions are the constants of this module and the costs that `rates` measures. `autoscaler` checks the share of
time for which replicas are busy.
"""

import math
from dataclasses import dataclass

DRAWINGS = 1_000_000  # a minute
BUSY = 0.5  # the share of time for which a replica is busy, on average; the simulated autoscaler keeps 0.4 to 0.6
PROXY_BUSY = 0.7  # the share of time for which a proxy may be busy; only a new node adds a proxy
FRAMES = 60  # requests of the page for one drawing: 30 a second, for two seconds
REQUEST_BYTES = 1_300  # strokes of 60 points, with headers
RESPONSE_BYTES = 950  # of /predict, with headers
REPLICA_BYTES, PROXY_BYTES, NODE_BYTES = 215e6, 150e6, 250e6  # resident memory; the last is for Ray itself on each node
PRICE = 0.04  # price of a core and its memory for an hour, in dollars; insert your own


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of processor time per request in a replica and in a proxy, and the cores that Ray uses on each node."""

    replica: float
    proxy: float
    node: float


# As measured by `python -m benchmarks.cluster rates` (docs/cluster.md). PLAIN is without Ray Serve.
MEASURED, PLAIN = Costs(0.0034, 0.0034, 0.1), 0.0003


@dataclass(frozen=True, slots=True)
class Needs:
    """What a number of requests a second needs."""

    rate: float
    replicas: int
    proxies: int
    cores: int
    gigabytes: float
    gigabits: float
    dollars: float

    @property
    def row(self) -> str:
        """The figures as a row of a table in Markdown."""
        return (
            f"| {self.rate:,.0f} | {self.replicas:,} | {self.proxies:,} | {self.cores:,} | {self.gigabytes:,.0f} "
            f"| {self.gigabits:.2f} | {self.dollars:,.2f} |"
        )


HEAD = (
    "| | requests/s | replicas | proxies | cores | memory GB | network Gbit/s | $ an hour |\n"
    "|---|---|---|---|---|---|---|---|"
)


def needs(rate: float, costs: Costs) -> Needs:
    """The needs of `rate` requests a second. There is one proxy on each node, and replicas fill the nodes evenly."""
    replicas = math.ceil(rate * costs.replica / BUSY)
    proxies = math.ceil(rate * costs.proxy / PROXY_BUSY)
    cores = replicas + proxies + math.ceil(proxies * costs.node)
    memory = replicas * REPLICA_BYTES + proxies * (PROXY_BYTES + NODE_BYTES)
    bits = 8 * rate * (REQUEST_BYTES + RESPONSE_BYTES)
    # A proxy prefers the replicas on its own node, so traffic between them does not use the network.
    return Needs(rate, replicas, proxies, cores, memory / 1e9, bits / 1e9, cores * PRICE)


def plain_needs(rate: float, cpu: float) -> Needs:
    """The needs of the same requests with workers of `inkling serve` behind a load balancer, which is not counted."""
    return needs(rate, Costs(cpu, 0.0, 0.0))


def table(costs: Costs, plain: float) -> str:
    """A million drawings a minute with Ray Serve and with plain workers, sent by programs and by the page."""
    lines = [HEAD]
    for name, requests in (("one request per drawing", 1), ("the page, 60 frames per drawing", FRAMES)):
        rate = DRAWINGS / 60 * requests
        lines += [
            f"| Ray Serve, {name} {needs(rate, costs).row}",
            f"| plain workers, {name} {plain_needs(rate, plain).row}",
        ]
    return "\n".join(lines)
