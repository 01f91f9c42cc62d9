"""Tells the C library's allocator to return the memory of large images to the system."""

import ctypes

# Parameters of mallopt(3), from malloc.h.
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8

_LARGE = 1024 * 1024  # bytes
_ARENAS = 4


def return_large_blocks() -> None:
    """Let glibc take each block of at least a mebibyte from the system, and return it as soon as it is freed.

    By default, glibc keeps freed blocks of up to 32 MB once it has seen such a block, and each thread keeps its own. A
    service that has decoded some large images would hold hundreds of megabytes. It would also stop for up to 60 ms
    whenever such a block is used again, because it must be cleared. Other C libraries do not have the function.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: on Windows, a library needs a name
        return
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_ARENA_MAX, _ARENAS)
