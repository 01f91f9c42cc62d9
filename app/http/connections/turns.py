"""Divides the work of requests that arrive at once, so that no iteration of the event loop takes long."""

import asyncio
from time import perf_counter

_SECONDS = 0.002  # of each iteration; the rest of the work waits for the next one


class Turns:
    """Lets each part of a long computation wait until an iteration of the event loop has time left.

    The first part in an iteration does not wait at all. All calls must come from the same event loop.
    """

    def __init__(self) -> None:
        self._end: float | None = None  # of this iteration's time; None if no work has begun in this iteration

    async def wait(self) -> None:
        """Wait for a turn. The caller must then do its part at once, before the next `await`."""
        while self._end is not None and perf_counter() >= self._end:  # noqa: ASYNC110 -- an event would change the order
            await asyncio.sleep(0)
        if self._end is None:
            self._end = perf_counter() + _SECONDS
            asyncio.get_running_loop().call_soon(self._end_iteration)

    def _end_iteration(self) -> None:
        self._end = None
