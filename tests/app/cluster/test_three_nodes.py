"""Inkling on a cluster of three nodes: failures, updates and scaling under load. `make cluster` runs these tests."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator

import httpx2
import pytest

from benchmarks.cluster.local import Deployment, LocalCluster
from tests.app.cluster.load import answers, load
from tests.app.corrections.helpers import correction
from tests.app.corrections.postgres import postgres
from tests.support.servers import wait_until

pytestmark = pytest.mark.cluster

NODES = 3
CLIENTS = 6
SECONDS = 120.0  # the longest wait for a new state of the cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(NODES, cpus=2, push_seconds=1) as cluster:
        yield cluster


def wait_for_state(cluster: LocalCluster, expected: dict[str, int]) -> None:
    assert wait_until(lambda: cluster.states() == expected, SECONDS), cluster.states()


def requests_of_replicas(cluster: LocalCluster) -> dict[str, float]:
    """The requests that each replica has answered, from Ray's metrics of all nodes."""
    counts: dict[str, float] = {}
    for url in cluster.metrics_urls():
        with urllib.request.urlopen(url, timeout=10) as response:
            text = response.read().decode()
        for labels, value in re.findall(r"^ray_serve_deployment_request_counter_total\{(.*)\} (\S+)$", text, re.M):
            name = re.search(r'replica="([^"]*)"', labels)
            assert name is not None
            counts[name[1]] = counts.get(name[1], 0.0) + float(value)
    return counts


def test_every_node_has_a_replica_and_every_replica_gets_requests(cluster: LocalCluster) -> None:
    cluster.deploy(Deployment(replicas=NODES))
    assert [len(pids) for pids in cluster.replicas()] == [1] * NODES
    with load(cluster.url, CLIENTS) as sent:
        sent.wait_for(600)
    assert sent.failed == []
    total = len(sent.answers)
    assert wait_until(lambda: sum(requests_of_replicas(cluster).values()) >= total), "Ray's metrics lag behind"
    counts = requests_of_replicas(cluster)
    assert len(counts) == NODES
    assert sum(counts.values()) == total
    assert min(counts.values()) > total / NODES / 2


def lose(cluster: LocalCluster, what: Callable[[], None]) -> None:
    """Lose a third of the replicas under load. Only the requests that they were answering may fail, and those succeed
    when they are repeated."""
    cluster.deploy(Deployment(replicas=NODES))
    with load(cluster.url, CLIENTS) as sent:
        sent.wait_for(200)
        what()
        sent.wait_for(400)
        wait_for_state(cluster, {"RUNNING": NODES})
        sent.wait_for(200)
    print(f"{len(sent.answers)} requests, failed: {[answer.failed for answer in sent.failed]}")
    assert all(answer.status == 200 for answer in sent.answers)
    assert len(sent.failed) <= CLIENTS
    assert all(len(answer.failed) == 1 for answer in sent.failed), "a request failed again when it was repeated"


def test_if_a_replica_is_killed_only_requests_in_its_hands_fail(cluster: LocalCluster) -> None:
    lose(cluster, lambda: os.kill(cluster.replicas()[1][0], signal.SIGKILL))


def test_new_weights_are_rolled_out_without_a_failed_or_a_mixed_answer(cluster: LocalCluster) -> None:
    cluster.deploy(Deployment(replicas=NODES))
    old = answers(cluster.url)
    with load(cluster.url, CLIENTS) as sent:
        sent.wait_for(100)
        cluster.deploy(Deployment(replicas=NODES, variables={"INKLING_WEIGHTS": "lesson"}))
        wait_for_state(cluster, {"RUNNING": NODES})
        sent.wait_for(50)
        after = len(sent.answers)
        sent.wait_for(200)
    new = answers(cluster.url)
    assert sent.failed == []
    assert old.keys() == new.keys()
    assert all(old[name]["model"] != new[name]["model"] for name in old)
    assert all(answer.body in (old[answer.drawing], new[answer.drawing]) for answer in sent.answers)
    assert all(answer.body == new[answer.drawing] for answer in sent.answers[after:])


def test_the_replicas_share_corrections_in_a_database(cluster: LocalCluster) -> None:
    with postgres() as database:
        variables = {"INKLING_COLLECT": "1", "INKLING_COLLECT_DATABASE": database.url}
        cluster.deploy(Deployment(replicas=NODES, variables=variables))
        with httpx2.Client(base_url=cluster.url) as client:
            assert [client.post("/corrections", json=correction()).status_code for _ in range(12)] == [201] * 12
            assert {client.get("/corrections").text.count("<li class=") for _ in range(12)} == {12}
            assert client.post("/runs", json={}).status_code == 403
        cluster.deploy(Deployment(replicas=NODES))


def test_replicas_are_added_under_load_and_removed_after_it(cluster: LocalCluster) -> None:
    quick = {"min_replicas": 1, "max_replicas": 3, "target_ongoing_requests": 1, "upscale_delay_s": 1,
             "downscale_delay_s": 3, "look_back_period_s": 3}  # fmt: skip
    cluster.deploy(Deployment(replicas=None, autoscaling=quick))
    wait_for_state(cluster, {"RUNNING": 1})
    started = time.monotonic()
    with load(cluster.url, CLIENTS) as sent:
        wait_for_state(cluster, {"RUNNING": 3})
        grown = time.monotonic()
        sent.wait_for(200)
    stopped = time.monotonic()
    wait_for_state(cluster, {"RUNNING": 1})
    print(f"3 replicas after {grown - started:.0f} s, 1 replica {time.monotonic() - stopped:.0f} s after the load")
    assert sent.failed == []
    assert all(answer.status == 200 for answer in sent.answers)


def test_if_a_node_is_lost_only_requests_in_its_hands_fail(cluster: LocalCluster) -> None:
    lose(cluster, lambda: cluster.remove_node(NODES - 1))
    assert len(cluster.replicas()) == NODES - 1
