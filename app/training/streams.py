"""The events of a run as server-sent events. They are read from the run's file, so any worker can send them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from time import monotonic

from fastapi import Request, Response
from fastapi.sse import ServerSentEvent

from app.http.problems import service_unavailable
from model.runs.directory import RunFolder
from model.runs.event_log import EventReader

POLL_SECONDS = 0.1
CHECK_SECONDS = 1.0  # between two checks of the run's state, while there are no events
FINAL = ("finished", "failed")  # states that end the stream; a stopped run can be resumed
RETRY_MS = 2000  # after which a browser connects again; Firefox's own time is 5 s
BUSY_SECONDS = 5  # after which a client that finds too many streams should try again


class CompleteError(Exception):
    """A client asks for more events of a finished run, but it already has all of them."""


async def stop_reconnecting(_request: Request, _error: Exception) -> Response:
    """The response to `CompleteError`: 204 makes an EventSource stop. After the end of a stream, it would reconnect."""
    return Response(status_code=204)


class Streams:
    """Counts the streams of this worker. Each reads a file ten times a second, so their number is limited."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for a stream, until the block ends. Raises Problem if there is none."""
        if self._count >= self._limit:
            raise service_unavailable(
                "overloaded",
                "Too many clients are watching training runs. Wait for the time in Retry-After, then try again.",
                retry_after=BUSY_SECONDS,
            )
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


async def follow(run: RunFolder, after: int, stopping: asyncio.Event) -> AsyncIterator[ServerSentEvent]:
    """The events with sequence numbers above `after`: those that exist, then each one when it is written.

    The stream ends after the last event of a run that is finished or has failed, when the run is deleted, and when
    `stopping` is set. If the process that trains the run has died, the state becomes `interrupted`, which is an event
    too.
    """
    # Firefox says that a stream is open only when its first bytes have arrived, and a paused run may send none for
    # long.
    yield ServerSentEvent(retry=RETRY_MS)
    reader = EventReader(run.events)
    checked, ended = 0.0, False
    while not stopping.is_set():
        events = await asyncio.to_thread(reader.read)
        for event in events:
            if event.seq > after:
                yield ServerSentEvent(raw_data=event.line, event=event.name, id=str(event.seq))
        if events:
            continue
        if ended:
            return
        if monotonic() - checked >= CHECK_SECONDS:
            try:
                ended = await asyncio.to_thread(_is_over, run)
            except FileNotFoundError:
                return
            checked = monotonic()
        await asyncio.sleep(POLL_SECONDS)


def has_all(run: RunFolder, after: int) -> bool:
    """Whether the run is finished, and the event `after` is its last one. Raises FileNotFoundError if it is deleted."""
    if not after or run.settle().state != "finished" or run.is_training():
        return False
    reader, last = EventReader(run.events), 0
    while events := reader.read():
        last = events[-1].seq
    return after >= last


def _is_over(run: RunFolder) -> bool:
    """Whether no more events can come. The state is in the record before it is in an event."""
    return run.settle().state in FINAL and not run.is_training()
