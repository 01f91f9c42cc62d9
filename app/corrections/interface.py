"""The interface of a store of corrections: the methods that the routes call, and the errors that they raise."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from app.corrections.rows import Correction, Row


class UnavailableError(Exception):
    """The store cannot be read or written. The message is a sentence for the log."""


class BusyError(Exception):
    """The store was in use for too long. Nothing was saved."""


class FullError(Exception):
    """The limit is reached or the disk is full. Nothing was saved."""


class Store(Protocol):
    """Corrections in a file or a database, which threads and processes can use at the same time.

    Every method may raise UnavailableError or BusyError. Damaged rows, which another program has changed, are counted
    but not returned. `str(store)` says where the corrections are, for the log.
    """

    limit: int  # the largest number of corrections
    file_name: str | None  # None if the corrections are in a database

    def check(self) -> None:
        """Create the table if it does not exist, and test that it can be written."""

    def add(self, correction: Correction) -> bool:
        """Save a correction. Returns False, and changes nothing, if its id is saved already. May raise FullError."""

    def remove(self, id_: uuid.UUID) -> bool:
        """Delete the correction with this id. Returns whether it existed. May raise FullError."""

    def clear(self) -> int:
        """Delete all corrections. Returns how many there were. May raise FullError."""

    def page(self, start: int, size: int) -> tuple[list[Correction], int]:
        """At most `size` corrections, newest first, from index `start`; and the number of all corrections."""

    def snapshot(self) -> AbstractContextManager[Callable[[], Iterator[Row]]]:
        """A function that reads all rows, oldest first. Each call reads the same rows, even if others are added or
        deleted meanwhile."""

    def close(self) -> None:
        """Close all connections. The store must not be used afterwards."""
