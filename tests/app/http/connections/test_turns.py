"""Work that arrives at the same moment is divided over iterations of the event loop."""

import asyncio
from time import perf_counter

from app.http.connections.turns import Turns


def busy(seconds: float) -> None:
    end = perf_counter() + seconds
    while perf_counter() < end:
        pass


def test_work_that_is_alone_does_not_wait() -> None:
    async def alone() -> int:
        turns = Turns()
        iterations = 0

        def count() -> None:
            nonlocal iterations
            iterations += 1

        for _ in range(3):
            asyncio.get_running_loop().call_soon(count)
            await turns.wait()
            assert iterations == 0
            await asyncio.sleep(0)
            iterations = 0
        return iterations

    assert asyncio.run(alone()) == 0


def test_much_work_takes_several_iterations_in_the_order_of_its_arrival() -> None:
    done: list[int] = []
    most = 0

    async def part(turns: Turns, number: int) -> None:
        await turns.wait()
        busy(0.003)  # longer than the time of an iteration
        done.append(number)

    async def count(before: int = 0) -> None:
        nonlocal most
        while len(done) < 8:
            most = max(most, len(done) - before)
            before = len(done)
            await asyncio.sleep(0)

    async def at_once() -> None:
        turns = Turns()
        await asyncio.gather(*(part(turns, number) for number in range(8)), count())

    asyncio.run(at_once())
    assert done == list(range(8))
    assert most == 1


def test_many_short_parts_share_an_iteration() -> None:
    async def iterations() -> int:
        turns, loop = Turns(), asyncio.get_running_loop()
        passed = 0

        def count() -> None:
            nonlocal passed
            passed += 1
            loop.call_soon(count)

        loop.call_soon(count)
        await asyncio.gather(*(turns.wait() for _ in range(100)))
        return passed

    assert asyncio.run(iterations()) < 10
