"""Runs computations on threads, so that the event loop can answer other requests meanwhile."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from app.http.problems import service_unavailable, stopping

T = TypeVar("T")


class ThreadQueue:
    """A few threads with a queue of limited length. All calls must come from the same event loop.

    It has threads of its own, because each thread keeps some memory for its next computation. They end when the queue
    is garbage-collected.
    """

    def __init__(self, threads: int, limit: int, name: str) -> None:
        """`limit` is the largest number of computations that run or wait; `name` is shown in lists of threads."""
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._limit = limit
        self._count = 0  # computations that run or wait
        self._part = asyncio.Lock()  # held while a part of a long computation runs or waits for a thread

    def refuse_overload(self) -> None:
        """Raise Problem if the queue is full."""
        if self._count >= self._limit:
            raise service_unavailable("overloaded")

    async def run(self, compute: Callable[[], T]) -> T:
        """The result of `compute`. Raises Problem if the queue is full or the service is stopping."""
        self.refuse_overload()
        return await self.run_accepted(compute)

    async def run_accepted(self, compute: Callable[[], T]) -> T:
        """The result of `compute`, even if the queue is full: it continues a computation that was already accepted."""
        with self._counted():
            return await self._compute(compute)

    async def run_part(self, compute: Callable[[], T]) -> T:
        """The result of `compute`, even if the queue is full: it is a part of a long computation.

        The parts of all long computations take turns, and only one of them is in the queue at a time. So any other
        computation waits for one part at most, however many long computations there are.
        """
        with self._counted():
            async with self._part:
                return await self._compute(compute)

    async def _compute(self, compute: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, compute)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Counts one computation in the block. Raises Problem if the service is stopping."""
        self._count += 1
        try:
            yield
        except asyncio.CancelledError:
            raise stopping() from None
        finally:
            self._count -= 1

    def close(self) -> None:
        """Wait until all computations have ended, then stop the threads."""
        self._executor.shutdown()
