"""The correction store for request handlers: its calls run on threads, and its errors become problems."""

import logging
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from typing import TypeVar

from app.corrections.export import npz
from app.corrections.interface import BusyError, FullError, Store, UnavailableError
from app.http.problems import Problem, service_unavailable
from app.http.threads import ThreadQueue
from app.limits import MAX_CORRECTION_CALLS

T = TypeVar("T")

_THREADS = 4  # calls that can use the file at the same time
_EXPORT_SECONDS = 10  # how long a client should wait while another one exports
_EXPORTING = "Another client is exporting the corrections. Wait for the time in Retry-After, then try again."
_UNAVAILABLE_SECONDS = 60  # how long a client should wait before it tries again

log = logging.getLogger("inkling")


class AsyncCorrectionStore:
    """Calls a store on separate threads, so that a slow disk does not delay predictions."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._threads = ThreadQueue(_THREADS, MAX_CORRECTION_CALLS, "corrections")
        self.exporting = False
        self._logged: set[str] = set()

    async def run(self, call: Callable[[Store], T]) -> T:
        """Return the result of `call(store)`. Raises Problem if the call fails or too many calls are waiting."""
        self._threads.refuse_overload()
        return await self._run(call)

    async def export(self) -> AsyncIterator[bytes]:
        """The archive of all corrections, in chunks. Raises Problem if another one is being sent, or if it fails."""
        if self.exporting:
            raise service_unavailable("overloaded", _EXPORTING, retry_after=_EXPORT_SECONDS)

        def chunks(store: Store) -> Generator[bytes]:
            with store.snapshot() as rows:
                yield from npz(rows)

        self.exporting = True
        archive = chunks(self.store)
        try:
            while chunk := await self._run(lambda _: next(archive, b"")):
                yield chunk
        finally:
            self.exporting = False
            with suppress(ValueError):  # a thread is still computing the last chunk
                archive.close()

    async def _run(self, call: Callable[[Store], T]) -> T:
        try:
            return await self._threads.run_accepted(lambda: call(self.store))
        except BusyError:
            raise service_unavailable("overloaded") from None
        except FullError:
            self._log(f"{self.store} contains {self.store.limit:,} corrections already, or its disk is full.")
            raise Problem("corrections-full") from None
        except UnavailableError as error:
            self._log(str(error))
            raise service_unavailable("corrections-unavailable", retry_after=_UNAVAILABLE_SECONDS) from None

    async def check(self) -> None:
        """Create the table if it does not exist, and log an error if it cannot be used."""
        with suppress(Problem):
            await self.run(lambda store: store.check())

    def close(self) -> None:
        """Wait until all calls have ended, then stop the threads and close the store."""
        self._threads.close()
        self.store.close()

    def _log(self, error: str) -> None:
        """Log an error, unless the same error was logged before."""
        if error not in self._logged:
            self._logged.add(error)
            log.error("inkling: Corrections cannot be saved: %s Predictions still work.", error)
