"""Tells the C library's allocator to return the memory of large images to the system."""

from model.allocator import ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD, set_parameters

_LARGE = 1024 * 1024  # bytes
_KEPT = 4 * 1024 * 1024  # bytes at the end of an arena
_ARENAS = 4


def return_large_blocks() -> None:
    """Let glibc take each block of at least a mebibyte from the system, and return it as soon as it is freed.

    By default, glibc keeps freed blocks of up to 32 MB once it has seen such a block, and each thread keeps its own. A
    service that has decoded some large images would hold hundreds of megabytes. It would also stop for up to 60 ms
    whenever such a block is used again, because the block must be cleared.

    Smaller blocks are kept. With glibc's limit of 128 kB, the arrays for a drawing with many points would be returned
    and taken again with every request, which takes longer than the computation.
    """
    set_parameters({MMAP_THRESHOLD: _LARGE, TRIM_THRESHOLD: _KEPT, ARENA_MAX: _ARENAS})
