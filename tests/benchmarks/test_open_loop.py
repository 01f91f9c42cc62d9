"""The open-loop load generator."""

import pytest

from benchmarks import open_loop
from benchmarks.client import Request
from tests.benchmarks.parrot import answering, response

GET = Request("GET", "/")


def test_an_open_loop_keeps_its_schedule_and_loses_nothing() -> None:
    with answering(response()) as port:
        outcome = open_loop.run(port, [[GET] * 20] * 3, 0.01)
    assert (outcome.scheduled, outcome.lost) == (60, 0)
    assert outcome.rate == pytest.approx(300)
    assert min(outcome.lateness) >= 0


def test_latency_counts_from_the_scheduled_time() -> None:
    with answering(response(), delay=0.03) as port:
        outcome = open_loop.run(port, [[GET] * 10], 0.01)
    assert outcome.lost == 0
    # Request i is scheduled at 10 i ms, and its response arrives at 30 (i + 1) ms at the earliest.
    assert all(response.latency >= 0.03 + 0.02 * i - 0.001 for i, response in enumerate(outcome.answered))
    assert sum(response.since_sent < 0.03 + 0.02 for response in outcome.answered) > 5
    assert all(0.029 < response.since_sent <= response.latency for response in outcome.answered)


@pytest.mark.parametrize("answer", [response(status="503 Service Unavailable"), b"", b"no HTTP\r\n\r\n"])
def test_errors_and_missing_responses_count_as_lost(answer: bytes) -> None:
    with answering(answer) as port:
        outcome = open_loop.run(port, [[GET] * 3] * 2, 0.01)
    assert (outcome.scheduled, outcome.lost) == (6, 6)
    assert len(outcome.refused) == (6 if b" 503 " in answer else 0)
