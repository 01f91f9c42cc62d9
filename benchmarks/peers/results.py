"""Writes the results as Markdown: benchmarks/RESULTS.md."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.peers.catalogue import BY_KEY, PEERS
from benchmarks.peers.environments import pinned
from benchmarks.peers.rounds import CONNECTIONS, IMAGES, Load, Run, Start
from benchmarks.peers.servers import BATCH, BATCH_SECONDS

BASES = ("Inkling, PNG", "Inkling, strokes")
EVERY_CORE = {"gunicorn": BY_KEY["inkling-workers"].title}  # a peer with more processes than cores, and what is like it
# The least that Inkling's rate divided by this peer's should be, at each number of connections.
TARGETS = {
    "careful": 1.3,
    "gunicorn-1": 2.0,
    "gunicorn": 2.0,
    "litserve": 4.0,
    "litserve-batching": 4.0,
    "bentoml": 6.0,
    "gradio": 25.0,
}
MOST_MEGABYTES, MOST_SECONDS = 130.0, 1.0
CHART = "results.png"


@dataclass(frozen=True, slots=True)
class Row:
    """The medians of one kind of request at one number of connections; `ratio` is Inkling's rate (PNG) divided by this
    rate, `cpu_ratio` this processor time divided by Inkling's. Both are medians of the ratios of each round."""

    name: str
    connections: int
    rate: float
    p50: float
    p99: float
    cpu: float
    ratio: float
    cpu_ratio: float
    rounds: int


def rows(loads: Sequence[Load]) -> list[Row]:
    """The medians over the rounds, in the order of the first round."""
    groups: dict[tuple[int, str], list[Load]] = {}
    for load in loads:
        groups.setdefault((load.connections, load.name), []).append(load)
    found = []
    for (connections, name), group in groups.items():
        found.append(
            Row(
                name,
                connections,
                median(load.rate for load in group),
                median(load.p50 for load in group),
                median(load.p99 for load in group),
                median(load.cpu for load in group),
                ratio(loads, BASES[0], name, connections),
                ratio(loads, name, BASES[0], connections, "cpu"),
                len(group),
            )
        )
    return found


def ratio(loads: Iterable[Load], above: str, below: str, connections: int, field: str = "rate") -> float:
    """A figure of one row divided by that of another: the median over the rounds that have both.

    In a short round, no processor time may be counted. A round in which the divisor is 0 is left out; without any other
    round, the ratio is NaN.
    """
    figures: dict[tuple[int, str], float] = {
        (load.round, load.name): getattr(load, field) for load in loads if load.connections == connections
    }
    turns = {turn for turn, _ in figures if {(turn, above), (turn, below)} <= figures.keys()}
    ratios = [figures[turn, above] / figures[turn, below] for turn in turns if figures[turn, below]]
    return median(ratios) if ratios else math.nan


def table(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, with all columns but the first aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def load_table(found: Sequence[Row], connections: int) -> str:
    """The rows of one number of connections, the fastest first."""
    chosen = sorted((row for row in found if row.connections == connections), key=lambda row: -row.rate)
    header = ["", "requests/s", "Inkling is … × as fast", "p50, ms", "p99, ms", "CPU, µs/request", "CPU ÷ Inkling's"]
    return table(
        header,
        [
            [
                row.name,
                f"{row.rate:,.0f}",
                f"{row.ratio:.2f}",
                f"{row.p50:.2f}",
                f"{row.p99:.2f}",
                f"{row.cpu:,.0f}",
                f"{row.cpu_ratio:.2f}",
            ]
            for row in chosen
        ],
    )


def start_table(starts: Sequence[Start]) -> str:
    """Start, memory and processes of each peer."""
    groups: dict[str, list[Start]] = {}
    for start in starts:
        groups.setdefault(start.key, []).append(start)
    body = []
    for key, group in sorted(groups.items(), key=lambda item: median(start.seconds for start in item[1])):
        seconds, megabytes = (median(getattr(start, field) for start in group) for field in ("seconds", "megabytes"))
        body.append(
            [BY_KEY[key].title, f"{seconds:.2f}", f"{megabytes:,.0f}", f"{max(start.processes for start in group)}"]
        )
    return table(["", "first answer, s", "memory, MB (PSS)", "processes"], body)


def target_table(run: Run) -> str:
    """Inkling's rate divided by that of each peer with a target, at each number of connections, in bold if missed."""
    present = {load.name for load in run.loads}
    lines = []
    for key, least in TARGETS.items():
        name = BY_KEY[key].title
        for base in (*BASES, *filter(None, [EVERY_CORE.get(key)])):
            if {name, base} <= present:
                values = [ratio(run.loads, base, name, connections) for connections in CONNECTIONS]
                cells = [_judged(f"{value:.2f}", value >= least) for value in values]
                lines.append([f"{base} ÷ {name}", f"≥ {least:g}", *cells])
    return table(["", "target", *_counts()], lines)


def own_targets(starts: Sequence[Start]) -> str:
    """Whether Inkling's memory and its time to the first answer meet their targets."""
    own = [start for start in starts if start.key == "inkling"]
    memory, seconds = median(start.megabytes for start in own), median(start.seconds for start in own)
    return (
        f"Inkling's memory: {_judged(f'{memory:.0f} MB', memory <= MOST_MEGABYTES)} (target ≤ {MOST_MEGABYTES:g} MB). "
        f"Its first answer: {_judged(f'{seconds:.2f} s', seconds <= MOST_SECONDS)} (target ≤ {MOST_SECONDS:g} s)."
    )


def _judged(figure: str, met: bool) -> str:
    return figure if met else f"**{figure} missed**"


def _counts() -> list[str]:
    return [f"{connections} connection{'s' * (connections > 1)}" for connections in CONNECTIONS]


def versions(keys: Iterable[str], own: dict[str, str]) -> str:
    """A list of each environment's packages and their versions."""
    environments = dict.fromkeys(BY_KEY[key].environment for key in keys)
    packages = {"the project": own} | {name: pinned(name) for name in environments if name is not None}
    return "\n".join(
        f"- {name}: {', '.join(f'{package} {number}' for package, number in pins.items())}"
        for name, pins in packages.items()
    )


def document(facts: dict[str, Any], run: Run) -> str:
    """The whole document. `facts` has the machine's properties, `date`, `command` and `seconds`."""
    found = rows(run.loads)
    keys = [peer.key for peer in PEERS if any(start.key == peer.key for start in run.starts)]
    tables = [load_table(found, connections) for connections in CONNECTIONS]
    loads = "\n\n".join(f"### {count}\n\n{each}" for count, each in zip(_counts(), tables, strict=True))
    how = "\n".join(f"- **{BY_KEY[key].title}** – {BY_KEY[key].how}." for key in keys)
    reasons = {peer.key: "not part of this run" for peer in PEERS if peer.key not in keys} | run.failures
    missing = [f"- **{BY_KEY[key].title}** – {text}." for key, text in reasons.items()]
    reachable = {start.key: start.open_addresses for start in run.starts if start.open_addresses}
    bound = [f"{BY_KEY[key].title} ({', '.join(_without_port(each))})" for key, each in reachable.items()]
    rounds = sorted({row.rounds for row in found})
    counted = f"{rounds[0]} round{'s' * (rounds[0] > 1)}" if len(rounds) == 1 else f"{rounds[0]} to {rounds[-1]} rounds"
    where = "All listen on 127.0.0.1 only."
    if bound:
        where = f"All listen on 127.0.0.1, but these also on other addresses of the machine: {'; '.join(bound)}."
    parts = [
        "# Inkling beside its peers",
        f"The same network with the same weights, behind what people would otherwise use. `{facts['command']}` wrote "
        "this page.",
        f"{facts['date']}; {facts['processor']}, {facts['cores']} cores; {facts['system']}; Python {facts['python']}. "
        f"{counted}, {facts['seconds']:g} s for each figure; the machine's load was {facts['load']:.1f} before.",
        f"![Requests per second of each server at {', '.join(map(str, CONNECTIONS))} connections]({CHART})",
        _HOW_TO_READ.format(images=IMAGES, batch=BATCH, wait=1000 * BATCH_SECONDS),
        _MEANING,
        "## Requests per second, latency and processor time",
        loads,
        "## Start and memory",
        "From the start of the process to its first answer, and the memory of all its processes after the load.",
        start_table(run.starts),
        "## Targets",
        "How many times as many requests per second Inkling answers as a peer:",
        target_table(run),
        own_targets(run.starts),
        "## How each is served",
        how,
        where,
        *(["## Not measured", "\n".join(missing)] if missing else []),
        "## Versions",
        versions(keys, facts["versions"]),
    ]
    return "\n\n".join(parts) + "\n"


_HOW_TO_READ = """\
Read the figures like this. In each round, one server after the other starts, answers {images} drawings with the digits
that Inkling answers, and is measured at 1, 8 and 64 connections, while no other server runs. One load generator sends
the same drawings to all, as PNGs of 28×28 pixels, with headers that differ from request to request (the row *Inkling,
strokes* sends the strokes instead). It runs on the same cores as the server, so a server that uses all cores competes
with it; the processor time per request hardly depends on that. A peer that batches waits at most {wait:g} ms
for up to {batch} requests, which costs time at one connection. Figures are medians over the rounds, and ratios are
taken within a round."""
_MEANING = """\
The comparison is about serving, not about the network. An image of 28×28 pixels takes ONNX Runtime less than a tenth of
a millisecond; what remains is HTTP, queues and copies. The larger the network, the smaller are the differences. The
peers do less: they take an image that is already fitted, and answer with ten probabilities. Inkling also fits the
drawing, calibrates the probabilities, says how typical the drawing is, and gives a verdict and reasons. On the other
hand, most peers serve any network, and several can use GPUs or many machines; Inkling serves this one network."""


def _without_port(addresses: Iterable[str]) -> list[str]:
    return sorted({address.rpartition(":")[0] for address in addresses})


def to_json(facts: dict[str, Any], run: Run) -> dict[str, Any]:
    """All figures, for a file from which `from_json` reads them again."""
    return {"facts": facts, **asdict(run)}


def from_json(found: dict[str, Any]) -> Run:
    """The run in a file that `to_json` has written."""
    loads, starts = [Load(**each) for each in found["loads"]], [Start(**each) for each in found["starts"]]
    return Run(loads, starts, dict(found["failures"]))
