"""Computations on threads take turns, and too many are refused."""

import asyncio
import gc
import threading

import pytest

from app.http.problems import Problem
from app.http.threads import ThreadQueue
from tests.support.servers import wait_until


def names() -> set[str]:
    return {thread.name.partition("_")[0] for thread in threading.enumerate()}


@pytest.mark.parametrize("threads", [1, 2])
def test_computations_take_turns_and_too_many_are_refused(threads: int) -> None:
    running: list[int] = []
    most = 0
    release = threading.Event()

    def compute() -> None:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        release.wait(30)
        running.pop()

    async def all_at_once() -> list[BaseException | None]:
        queue = ThreadQueue(threads, 5, "test")
        tasks = [asyncio.ensure_future(queue.run(compute)) for _ in range(6)]
        await asyncio.sleep(0)
        release.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(all_at_once())
    assert most <= threads
    assert results[:-1] == [None] * 5
    assert isinstance(results[-1], Problem)
    assert results[-1].kind.slug == "overloaded"


def test_a_computation_waits_for_one_part_of_all_long_computations_at_most() -> None:
    order: list[str] = []
    started, release = threading.Event(), threading.Event()

    def part() -> None:
        started.set()
        release.wait(30)
        order.append("part")

    async def several_long_ones() -> None:
        queue = ThreadQueue(1, 10, "test")

        async def long() -> None:
            for _ in range(3):
                await queue.run_part(part)

        tasks = [asyncio.ensure_future(long()) for _ in range(4)]
        await asyncio.to_thread(started.wait, 30)
        tasks.append(asyncio.ensure_future(queue.run(lambda: order.append("short"))))
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*tasks)

    asyncio.run(several_long_ones())
    assert order == ["part", "short", *["part"] * 11]


def test_parts_that_wait_count_as_computations() -> None:
    release = threading.Event()

    async def fill() -> None:
        queue = ThreadQueue(1, 3, "test")
        parts = [asyncio.ensure_future(queue.run_part(lambda: release.wait(30))) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await queue.run(lambda: None)
        assert refused.value.kind.slug == "overloaded"
        parts[2].cancel()
        await asyncio.sleep(0)
        release.set()
        assert await asyncio.gather(*parts[:2]) == [True, True]
        with pytest.raises(Problem):
            await parts[2]
        await queue.run(lambda: None)

    asyncio.run(fill())


def test_a_place_is_free_again_after_an_error() -> None:
    async def fail_often() -> int:
        queue = ThreadQueue(1, 1, "test")
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await queue.run(lambda: 1 // 0)
        return await queue.run(lambda: 7)

    assert asyncio.run(fail_often()) == 7


def test_a_computation_that_is_cancelled_while_it_waits_is_not_started() -> None:
    computed: list[str] = []
    release = threading.Event()

    async def cancel_one() -> None:
        queue = ThreadQueue(1, 3, "test")
        first = asyncio.ensure_future(queue.run(lambda: release.wait(30)))
        cancelled = asyncio.ensure_future(queue.run(lambda: computed.append("cancelled")))
        stayed = asyncio.ensure_future(queue.run(lambda: computed.append("stayed")))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(first, stayed)
        with pytest.raises(Problem):
            await cancelled

    asyncio.run(cancel_one())
    assert computed == ["stayed"]


def test_the_threads_end_with_their_queue() -> None:
    async def use() -> None:
        queue = ThreadQueue(1, 1, "ending")
        await queue.run(lambda: None)
        assert "ending" in names()

    asyncio.run(use())
    gc.collect()
    assert wait_until(lambda: "ending" not in names())
