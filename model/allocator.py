"""Sets how long this process keeps memory that it no longer needs.

The C library's allocator keeps it longer than usual for training, and returns it sooner for a service. Python's
garbage collector runs less often.
"""

import ctypes
import gc

# Parameters of mallopt(3), from malloc.h.
TRIM_THRESHOLD = -1
MMAP_THRESHOLD = -3
ARENA_MAX = -8

_KEPT = 1 << 30  # bytes


def set_parameters(parameters: dict[int, int]) -> None:
    """Set parameters of glibc's allocator in this process. Other C libraries do not have the function."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: on Windows, a library needs a name
        return
    for parameter, value in parameters.items():
        mallopt(parameter, value)


def keep_freed_memory() -> None:
    """Let glibc keep up to a gibibyte of freed memory in this process.

    Each training step allocates the same tens of megabytes again. By default, glibc returns them to the system when
    they are freed, and the system clears each page when it is used again. This takes a tenth to a sixth of the
    processor time of a step on a CPU.
    """
    set_parameters({TRIM_THRESHOLD: _KEPT, MMAP_THRESHOLD: _KEPT})


def collect_garbage_rarely() -> None:
    """Let Python look for reference cycles only after every 50,000 new objects.

    Imports create hundreds of thousands of objects that live as long as the process, and a request creates hundreds of
    objects but hardly any cycles.
    """
    gc.set_threshold(50_000, 20, 100)
