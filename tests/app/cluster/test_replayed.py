"""Inkling on a cluster gives the answers of `inkling serve`. docs/cluster.md lists the differences."""

import asyncio
from collections.abc import Iterator, Sequence

import httpx2
import pytest

from benchmarks.cluster.local import Deployment, LocalCluster
from tests.app.cluster.load import load
from tests.support.servers import LiveServer
from tools.behaviour.comparing import exchange_differences
from tools.behaviour.recording import send
from tools.behaviour.requests import corrections, drawings_routes, other_routes, raw
from tools.behaviour.requests.calls import Call
from tools.behaviour.requests.drawings import IMAGES

# The proxy of Serve is a plain uvicorn server. It answers these requests itself, or sends 100 Continue first.
ANSWERED_BY_THE_PROXY = {
    "raw: two lengths alike", "raw: two lengths", "raw: chunks, broken", "raw: words", "raw: zeros",
    "raw: an unknown method", "raw: an unknown version", "raw: a length of letters", "raw: a negative length",
    "raw: a header without a colon", "raw: a space before a colon", "raw: a good request, then words",
    "raw: Upgrade to WebSocket", "raw: Expect, a wrong query",
}  # fmt: skip
EVERY_ANSWER = {"x-request-id"}  # the proxy adds it


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster() as cluster:
        cluster.deploy(Deployment(replicas=1))
        yield cluster


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    server = LiveServer("--engine", "onnx", environment={"INKLING_TRAINING": "0"})
    server.start()
    yield server.url
    server.stop()


def calls() -> list[Call]:
    groups = (drawings_routes.calls, raw.calls, corrections.off_calls, other_routes.calls)
    return [call for group in groups for call in group()]


def different(plain: str, cluster: str, chosen: Sequence[Call]) -> set[str]:
    """The names of the requests to which the two servers give different answers."""
    answered = zip(send(plain, chosen), send(cluster, chosen), strict=True)
    return {
        call.name
        for (call, before), (_, after) in answered
        for each in exchange_differences(call.line, before, after, 6)
        if each.where.rpartition(", ")[2] not in EVERY_ANSWER
    }


@pytest.mark.cluster
def test_a_replica_answers_600_requests_as_inkling_serve_does(cluster: LocalCluster, plain: str) -> None:
    chosen = calls()
    assert len(chosen) > 600
    assert different(plain, cluster.url, chosen) == ANSWERED_BY_THE_PROXY


def test_a_replica_answers_some_requests_as_inkling_serve_does(cluster: LocalCluster, plain: str) -> None:
    chosen = [call for call in calls() if not call.name.startswith("raw:")][::15]
    assert len(chosen) > 30
    assert different(plain, cluster.url, chosen) == set()
    with load(cluster.url, 4) as sent:
        sent.wait_for(40)
    assert sent.failed == []


@pytest.mark.cluster
def test_an_overload_of_the_replica_is_answered_with_503_and_retry_after(cluster: LocalCluster) -> None:
    async def send_at_once() -> list[httpx2.Response]:
        kind, body = IMAGES["large"]
        headers = {"Content-Type": f"image/{kind}"}
        async with httpx2.AsyncClient(base_url=cluster.url, limits=httpx2.Limits(), timeout=60) as client:
            return await asyncio.gather(*(client.post("/predict", content=body, headers=headers) for _ in range(250)))

    answers = asyncio.run(send_at_once())
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < len(answers)
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in refused} == {(503, "1")}
