"""Tells the C library's allocator to return the memory of large images to the system."""

from model.allocator import ARENA_MAX, MMAP_THRESHOLD, set_parameters

_LARGE = 1024 * 1024  # bytes
_ARENAS = 4


def return_large_blocks() -> None:
    """Let glibc take each block of at least a mebibyte from the system, and return it as soon as it is freed.

    By default, glibc keeps freed blocks of up to 32 MB once it has seen such a block, and each thread keeps its own. A
    service that has decoded some large images would hold hundreds of megabytes. It would also stop for up to 60 ms
    whenever such a block is used again, because the block must be cleared.
    """
    set_parameters({MMAP_THRESHOLD: _LARGE, ARENA_MAX: _ARENAS})
