"""The process that trains a run: it holds the locks, and is the only one that writes the run's record and events.

with training(folder, settings, runs) as run:
    run.set_state("finished")
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.runs.commands import CommandReader
from model.runs.directory import RunFolder, RunRecord, State, current_run
from model.runs.event_log import EventLog
from model.runs.locks import MACHINE_LOCK, LockedError, held_after_end
from model.runs.settings import RunSettings


class RunInProgressError(Exception):
    """Another run is training. `run` is its name, if it is known, and `same` says whether it is in the same folder."""

    def __init__(self, message: str, run: str | None, *, same: bool) -> None:
        super().__init__(message)
        self.run, self.same = run, same


class TrainingSession:
    """The run that this process trains.

    The record is written before the event about it, because a client that gets the event may read the record at once.
    """

    def __init__(self, folder: RunFolder, record: RunRecord) -> None:
        self.folder, self.record = folder, record
        self.log = EventLog(folder.events)
        self.commands = CommandReader(folder.commands)
        folder.write(record)

    def update(self, **changes: Any) -> None:
        """Change fields of the run's record."""
        self.record = replace(self.record, **changes)
        self.folder.write(self.record)

    def set_state(self, state: State, message: str | None = None) -> None:
        """Change the state of the run, in its record and with an event."""
        self.update(state=state, message=message)
        self.announce_state()

    def announce_state(self) -> None:
        """Append an event with the state that the record has."""
        self.event("state", {"state": self.record.state, "message": self.record.message})

    def event(self, name: str, values: Mapping[str, Any]) -> None:
        """Append an event."""
        self.log.append(name, values)


@contextmanager
def training(
    folder: Path, settings: RunSettings, runs: Path, *, is_new: bool | None = None
) -> Iterator[TrainingSession]:
    """Hold the locks of a run and write its record. `runs` is the folder of all runs.

    Creates the folder, or continues the run in it. If the run is refused and the folder `is_new`, removes the folder.
    Only one of the runs in `runs` can be trained at a time.
    Raises RunInProgressError if another process trains one of them or this run, OSError if a file cannot be written.
    """
    is_new = not folder.exists() if is_new is None else is_new
    folder.mkdir(parents=True, exist_ok=True)
    run = RunFolder(folder)
    with ExitStack() as stack:
        try:
            _lock(stack, run, runs)
        except RunInProgressError:
            if is_new:
                with suppress(OSError):
                    run.lock.unlink(missing_ok=True)
                    folder.rmdir()
            raise
        for unfinished in folder.glob(".*.unfinished"):  # left by a process that was killed while it wrote a file
            unfinished.unlink(missing_ok=True)
        try:
            before = run.read()
        except FileNotFoundError:
            before = RunRecord(run.id, settings, datetime.now(UTC).isoformat(timespec="seconds"))
        session = TrainingSession(run, replace(before, settings=settings, state="training", message=None))
        stack.callback(session.log.close)
        session.announce_state()
        yield session


def _lock(stack: ExitStack, run: RunFolder, runs: Path) -> None:
    if run.path.resolve().parent == runs.resolve():
        try:
            stack.enter_context(held_after_end(runs / MACHINE_LOCK, lambda: current_run(runs) is not None))
        except LockedError:
            other = current_run(runs)
            name = None if other is None else other.id
            if name != run.id:
                raise RunInProgressError(
                    f"{f'The run {name}' if name else 'Another run'} is training in {runs}. Wait until it ends, "
                    "stop it, or choose a folder elsewhere with --out.",
                    name,
                    same=False,
                ) from None
    try:
        stack.enter_context(held_after_end(run.lock, run.is_active))
    except LockedError:
        raise RunInProgressError(
            f"Another process is already training in {run.path}. Wait until it ends, or choose another folder with "
            "--out.",
            run.id,
            same=True,
        ) from None


def new_name(runs: Path, recipe: str) -> str:
    """A name for a new run that no other run has: the recipe and four random hexadecimal digits."""
    while (runs / (name := f"{recipe}-{secrets.token_hex(2)}")).exists():
        pass
    return name
