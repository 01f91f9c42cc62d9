"""Disk space that is kept for deleting.

SQLite writes what it deletes to its log first. On a full disk it could delete nothing, so no space could ever be freed.
A file of zeros beside the corrections is removed then, and written again as soon as there is space.
"""

import os
from contextlib import suppress
from pathlib import Path

SIZE = 1024 * 1024  # bytes; deleting the largest drawing needs a fifth of it


def _file(corrections: Path) -> Path:
    return corrections.with_name(f"{corrections.name}-reserve")


def keep(corrections: Path) -> None:
    """Write the reserve of a file of corrections, unless it is there or there is no space for it."""
    file = _file(corrections)
    with suppress(OSError):
        if file.exists():
            return
        try:
            with file.open("wb") as reserve:
                reserve.write(bytes(SIZE))
                reserve.flush()
                os.fsync(reserve.fileno())
        except OSError:
            file.unlink()


def release(corrections: Path) -> bool:
    """Remove the reserve, so that its space can be used. Returns whether there was one."""
    try:
        _file(corrections).unlink()
    except OSError:
        return False
    return True
