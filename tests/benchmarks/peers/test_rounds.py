"""Measuring a peer: it is started, checked, measured and stopped."""

import psutil
import pytest

from benchmarks.client import LoadError, Request
from benchmarks.peers import rounds
from benchmarks.peers.catalogue import Case, Peer

FIXED = "benchmarks.baselines.fixed --host 127.0.0.1 --port {port}"  # answers every request with {}


def peer(command: str = FIXED, digit: int = 3) -> Peer:
    return Peer(
        "fixed",
        "a fixed answer",
        None,
        command,
        (Case("", lambda _: Request("GET", "/", vary=True), lambda _: digit),),
        "",
    )


def empty() -> rounds.Run:
    return rounds.Run([], [], {})


def test_a_peer_is_measured_at_each_number_of_connections_and_stopped() -> None:
    before = set(psutil.Process().children())
    run = empty()
    digits = rounds.visit(peer(), 1, 0.05, run, [])
    assert digits == [3] * rounds.IMAGES
    assert [load.connections for load in run.loads] == list(rounds.CONNECTIONS)
    assert all(load.rate > 0 and 0 < load.p50 <= load.p99 for load in run.loads)
    (start,) = run.starts
    assert 0 < start.seconds < 60
    assert start.megabytes > 1
    assert start.processes == 1
    assert start.open_addresses == []
    assert set(psutil.Process().children()) == before


def test_a_peer_that_disagrees_with_inkling_is_not_measured() -> None:
    run = empty()
    with pytest.raises(LoadError, match="a fixed answer answers"):
        rounds.visit(peer(), 1, 0.05, run, [4] * rounds.IMAGES)
    assert run == empty()


def test_a_peer_that_does_not_start_is_reported_with_its_output() -> None:
    with pytest.raises(LoadError, match="ended with 1 before it was ready") as error:
        rounds.visit(peer("benchmarks.no_such_server {port}"), 1, 0.05, empty(), [])
    assert "No module named" in error.value.__notes__[0]
