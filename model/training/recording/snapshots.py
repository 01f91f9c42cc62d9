"""Snapshots: the weights in the middle of an epoch, so that a client can watch while the epoch is trained."""

import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from model.checkpoint import CheckpointError
from model.runs.directory import RunFolder
from model.training.events import Progress

SECONDS = 1.0  # between two snapshots
MOST = 3  # files; the oldest one is deleted. A client may still be using the one before the newest


class Snapshots:
    """The snapshots of a run in its folder."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._files: deque[Path] = deque()  # the oldest one first
        self._due = 0.0  # when to save the next one, in seconds of the monotonic clock

    def save(self, event: Progress) -> str | None:
        """Save the weights if it is time, and after each followed step. Returns their name, `RUN:EPOCH-BATCH`."""
        if event.save is None or (event.step is None and time.monotonic() < self._due):
            return None
        file = self._folder.snapshot(event.epoch, event.batch)
        try:
            event.save(file)
        except (OSError, CheckpointError):  # a full disk, or weights that are not finite any more
            return None  # the run goes on: only the weights of complete epochs are needed
        self._due = time.monotonic() + SECONDS
        self._files.append(file)
        if len(self._files) > MOST:
            _delete(self._files.popleft())
        return f"{self._folder.id}:{event.epoch}-{event.batch}"

    def delete(self) -> None:
        """Delete all snapshots, also those of a process that was killed."""
        self._files.clear()
        for file in self._folder.snapshots():
            _delete(file)


def _delete(file: Path) -> None:
    with suppress(OSError):  # it is in use on Windows, or gone
        file.unlink()
