"""Whether the server is stopping. Long streams end then, so that the server need not wait for them."""

from threading import Event

_stopping = Event()


def reset() -> None:
    """Called when the service starts. In tests, several services run in one process, one after the other."""
    _stopping.clear()


def request() -> None:
    """Called when the server begins to stop."""
    _stopping.set()


def requested() -> bool:
    """Whether the server is stopping."""
    return _stopping.is_set()
