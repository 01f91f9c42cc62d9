"""Locks: in a folder, and among the runs of a machine, only one process trains at a time.

The operating system releases a lock when the process that holds it ends, even if it is killed.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

LOCK = ".lock"
MACHINE_LOCK = ".training.lock"
# Processes that check whether a lock is free hold it for an instant, so `held` keeps trying for a while.
_PATIENCE = 0.5  # seconds
# A process first writes that its run has ended, then releases its lock: on a busy machine, only seconds later.
_ENDING = 10.0  # seconds


class LockedError(Exception):
    """Another process holds the lock."""


@contextmanager
def held(path: Path, seconds: float = _PATIENCE) -> Iterator[None]:
    """Hold a lock. Raises LockedError if another process holds it longer than `seconds`, OSError if the file cannot be
    used.

    The lock file stays: if it were removed, two processes could hold locks of the same name.
    """
    lock = FileLock(path, is_singleton=False)
    try:
        lock.acquire(timeout=seconds, poll_interval=0.02)
    except Timeout:
        raise LockedError from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def held_after_end(path: Path, is_training: Callable[[], bool]) -> Iterator[None]:
    """Hold a lock as `held` does, but wait longer if the process that holds it is ending. It is ending if
    `is_training()` is false."""
    deadline = monotonic() + _ENDING
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(held(path))
                break
            except LockedError:
                if is_training() or monotonic() >= deadline:
                    raise
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the lock. A lock that cannot be opened is not held."""
    if not path.exists():
        return False
    try:
        with held(path, 0):
            return False
    except LockedError:
        return True
    except OSError:
        return False
