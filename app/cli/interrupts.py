"""What Ctrl-C does: it ends the process at once while modules are imported, and raises KeyboardInterrupt afterwards.

Importing takes seconds if PyTorch is among the modules. A KeyboardInterrupt during an import would print a traceback,
or a library would mistake it for a failed import.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Handler = Callable[..., Any] | signal.Handlers


@contextmanager
def end_process() -> Iterator[None]:
    """Until the block ends, Ctrl-C ends the process at once, without a message.

    This has no effect in a thread, or if the caller handles or ignores Ctrl-C in its own way.
    """
    with _handled_by(signal.SIG_DFL, instead_of=signal.default_int_handler):
        yield


@contextmanager
def raise_error() -> Iterator[None]:
    """Within a block of `end_process`, let Ctrl-C raise KeyboardInterrupt until this block ends."""
    with _handled_by(signal.default_int_handler, instead_of=signal.SIG_DFL):
        yield


@contextmanager
def _handled_by(handler: Handler, *, instead_of: Handler) -> Iterator[None]:
    """Until the block ends, handle Ctrl-C with `handler`. Does nothing in threads, or if the present handler is not
    `instead_of`."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not instead_of:
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, instead_of)


def keep_from_children(stop: Callable[[], None]) -> None:
    """From now on, Ctrl-C calls `stop` in a thread, and processes that this thread starts do not receive it.

    A terminal sends Ctrl-C to child processes too. They would print tracebacks if they were still importing modules.
    The parent process stops them in another way.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # otherwise starting the first child starts it, which unblocks the signal
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # child processes inherit this

    def wait() -> None:
        signal.sigwait({signal.SIGINT})
        stop()

    threading.Thread(target=wait, daemon=True).start()
