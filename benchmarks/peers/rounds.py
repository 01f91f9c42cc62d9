"""Measures the peers, in rounds over all of them.

In each round, each peer starts in a fresh process, its answers are checked, and it is measured at each number of
connections and stopped. So no peer runs while another is measured, and a change in the machine's speed during the run
affects all peers alike. Ratios are taken within a round.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from benchmarks import drawings, servers
from benchmarks.client import LoadError, Request, fetch, measure
from benchmarks.peers.catalogue import INKLING, Case, Peer, files
from benchmarks.peers.environments import MODEL, ROOT
from model.inference.engines import NO_TELEMETRY

CONNECTIONS = (1, 8, 64)
IMAGES = 40
DRAWN = list(drawings.drawings(IMAGES))
_TAIL = 500  # characters of a server's output that are printed if it fails


@dataclass(frozen=True, slots=True)
class Load:
    """One measurement. `rate` is in requests per second, `p50` and `p99` in ms, `cpu` in µs of the server's processes
    per request."""

    round: int
    name: str
    connections: int
    rate: float
    p50: float
    p99: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a peer: seconds to the first answer, memory (PSS, 10⁶ bytes) after the load, the number of
    processes, and the addresses that other machines can reach."""

    round: int
    key: str
    seconds: float
    megabytes: float
    processes: int
    open_addresses: list[str]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The number of rounds, and the seconds of each measurement. Before each, a warm-up takes a quarter of that
    time."""

    rounds: int
    seconds: float


FULL, QUICK = Schedule(3, 3.0), Schedule(1, 0.3)


@dataclass(slots=True)
class Run:
    """The results so far. `failures` has the reasons why peers were not measured."""

    loads: list[Load]
    starts: list[Start]
    failures: dict[str, str]


def name_of(peer: Peer, case: Case) -> str:
    """The name of a row in the tables."""
    return f"{peer.title}, {case.label}" if case.label else peer.title


def measure_all(peers: Sequence[Peer], schedule: Schedule, run: Run, progress: Callable[[str], None]) -> None:
    """Measure the peers, and Inkling, in rounds after those of `run`. A peer that fails is left out from then on."""
    first = max((each.round for each in run.starts), default=0) + 1
    for turn in range(first, first + schedule.rounds):
        expected: list[int] = []
        for peer in (INKLING, *(each for each in peers if each != INKLING)):
            if peer.key in run.failures:
                continue
            progress(f"round {turn - first + 1} of {schedule.rounds}: {peer.key}")
            try:
                expected = visit(peer, turn, schedule.seconds, run, expected)
            except LoadError as error:
                if peer == INKLING:
                    raise
                run.failures[peer.key] = str(error)
                progress(f"{peer.key}: {error} {' '.join(error.__notes__)}")


def visit(peer: Peer, turn: int, seconds: float, run: Run, expected: list[int]) -> list[int]:
    """Start a peer, check its answers, measure it and stop it. Returns the digits of its answers.

    `expected` are Inkling's digits, with which the answers are compared, or empty. Raises LoadError if the peer fails
    or disagrees.
    """
    with tempfile.TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), servers.free_port()
        files(peer, port, folder)
        first = peer.cases[0].make(DRAWN[0][1])
        variables = {"PYTHONPATH": str(ROOT), "PEERS_MODEL": str(MODEL), "PYTHONUNBUFFERED": "1", **NO_TELEMETRY}
        variables |= {"TMPDIR": str(folder), "RAY_TMPDIR": str(folder)}  # deleted with the folder
        variables |= {"INKLING_RUNS": str(folder / "runs"), **dict(peer.variables)}
        with (folder / "output.log").open("w+b") as log:
            try:
                with servers.started(
                    peer.arguments(port), port, lambda: _answers(port, first), variables, folder, log
                ) as server:
                    for case in peer.cases:
                        expected = _check(peer, case, port, expected)
                    loads = [load for case in peer.cases for load in _loads(peer, case, server, turn, seconds)]
                    memory, processes = server.proportional_megabytes, server.processes
                    addresses = server.open_addresses()
            except LoadError as error:
                error.add_note(_tail(log))
                raise
    run.loads += loads
    run.starts.append(Start(turn, peer.key, server.seconds, memory, processes, addresses))
    return expected


def _answers(port: int, request: Request) -> bool:
    try:
        return bool(fetch(port, request))
    except LoadError:
        return False


def _check(peer: Peer, case: Case, port: int, expected: list[int]) -> list[int]:
    """The digits of the peer's answers to all images. Raises LoadError if they are not the expected ones."""
    digits = []
    for _, strokes in DRAWN:
        body = fetch(port, case.make(strokes))
        try:
            digits.append(case.digit(body))
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise LoadError(f"an answer of {name_of(peer, case)} is wrong: {error!r}; {body[:_TAIL]!r}") from error
    if expected and digits != expected:
        raise LoadError(f"{name_of(peer, case)} answers {digits}, Inkling {expected}")
    return digits


def _loads(peer: Peer, case: Case, server: servers.Server, turn: int, seconds: float) -> list[Load]:
    requests = [case.make(strokes) for _, strokes in DRAWN]
    loads = []
    for connections in CONNECTIONS:
        measure(server.port, requests, connections, seconds / 4)
        before = server.cpu_seconds
        measured = measure(server.port, requests, connections, seconds)
        cpu = 1e6 * (server.cpu_seconds - before) / len(measured.latencies)
        p50, p99 = (float(value) for value in np.percentile(measured.latencies, (50, 99)) * 1e3)
        loads.append(Load(turn, name_of(peer, case), connections, measured.rate, p50, p99, cpu))
    return loads


def _tail(log: IO[bytes]) -> str:
    """The end of a server's output."""
    log.seek(0)
    text = log.read().decode(errors="replace").strip()
    return f"({text[-_TAIL:]})"
