"""The simulation of Serve's autoscaler agrees with queueing theory, and the calculated needs with those found by
hand."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.cluster.__main__ import main
from benchmarks.cluster.needs import Costs, needs
from benchmarks.cluster.simulation import Cluster, Interval, Simulation

ONE = Cluster(service=0.01, overhead=0.005, start=2, limit=1000, target=2, up_delay=2, down_delay=10, most=1)


def run(cluster: Cluster, *rate: tuple[float, float], interval: float = 10) -> list[Interval]:
    return Simulation(cluster, rate, interval=interval).run()


def test_the_waiting_time_is_that_of_queueing_theory() -> None:
    """Pollaczek and Khinchine: with a fixed service time s and utilisation u, requests wait s·u / (2·(1 − u))."""
    (everything,) = run(ONE, (0, 70), (600, 70), interval=600)
    waited = np.mean(everything.latencies) - ONE.service - ONE.overhead
    assert waited == pytest.approx(0.01 * 0.7 / (2 * 0.3), rel=0.1)
    assert len(everything.latencies) == pytest.approx(70 * 600, rel=0.02)
    assert everything.refused == 0


def test_the_simulated_autoscaler_follows_the_load() -> None:
    cluster = replace(ONE, most=100, limit=20, target=1, push=1, look_back=3, down_delay=40)
    intervals = run(cluster, (0, 20), (20, 20), (60, 600), (120, 600), (130, 20), (240, 20))
    replicas = [each.replicas for each in intervals]
    assert replicas[1] <= 2
    assert replicas[-1] <= 2
    needed = 600 * 0.01
    assert needed < min(replicas[8:12]) <= max(replicas[8:12]) < 3 * needed
    assert sum(each.refused for each in intervals[8:12]) == 0


def test_a_full_replica_refuses_requests() -> None:
    (everything,) = run(replace(ONE, limit=5), (0, 200), (20, 200), interval=20)
    assert everything.refused == pytest.approx(100 * 20, rel=0.1)  # it answers 100 a second
    assert max(everything.latencies) <= 5 * 0.01 + 0.005 + 1e-9


def test_the_calculation_agrees_with_one_by_hand() -> None:
    found = needs(1000, Costs(0.002, 0.0014, 0.3))
    assert (found.replicas, found.proxies, found.cores) == (4, 2, 7)
    assert found.gigabytes == pytest.approx(4 * 0.215 + 2 * 0.4)
    assert found.gigabits == pytest.approx(1000 * 2250 * 8 / 1e9)
    assert found.dollars == pytest.approx(7 * 0.04)


def test_the_program_prints_the_needs_of_a_million_drawings_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["needs"]) == 0
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| Ray Serve, one")]
    assert rows[0][1] == f"{1_000_000 / 60:,.0f}"
    with pytest.raises(SystemExit):
        main(["other"])
