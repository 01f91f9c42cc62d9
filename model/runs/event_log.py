"""The events of a run: the file `events.jsonl`, to which they are appended, one JSON object per line.

Each line has a sequence number, `seq`: 1, 2, 3, …. Lines are never changed or removed. A line that was not completed,
because the process was killed or the disk was full, is ignored by readers and removed before the next line is written.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_CHUNK = 1 << 20  # bytes that are read at a time


class Event(NamedTuple):
    """An event: its sequence number, its name, and the line of JSON that contains both and the event's values."""

    seq: int
    name: str
    line: str

    def values(self) -> dict[str, Any]:
        """All values of the event."""
        found: dict[str, Any] = orjson.loads(self.line)
        return found


class EventReader:
    """Reads a file of events from its start to its current end. It can be called again when the file has grown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end = 0  # bytes of the complete lines that have been read

    def read(self) -> list[Event]:
        """The next complete events, of about a megabyte at most; empty if there are none yet."""
        try:
            if self.path.stat().st_size == self.end:
                return []
            with self.path.open("rb") as file:
                file.seek(self.end)
                content = file.read(_CHUNK)
                while b"\n" not in content and (more := file.read(_CHUNK)):  # a long line
                    content += more
        except FileNotFoundError:
            return []
        complete = content[: content.rfind(b"\n") + 1]
        self.end += len(complete)
        return [_parsed(line) for line in complete.splitlines()]


class EventLog:
    """Appends events to a file. Only the process that holds the run's lock may have one."""

    def __init__(self, path: Path) -> None:
        reader = EventReader(path)
        self.seq = 0
        self.epochs: set[int] = set()  # the epochs whose results are in the file
        while events := reader.read():
            self.seq = events[-1].seq
            self.epochs |= {event.values()["epoch"] for event in events if event.name == "epoch"}
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, reader.end)  # removes an incomplete line

    def append(self, name: str, values: Mapping[str, Any]) -> None:
        """Write an event. Numbers that are not finite become null. If it raises OSError, nothing is written."""
        line = orjson.dumps({"seq": self.seq + 1, "event": name, **values}) + b"\n"
        end = os.fstat(self._file).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, end)
            raise
        self.seq += 1
        if name == "epoch":
            self.epochs.add(values["epoch"])

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _parsed(line: bytes) -> Event:
    values = orjson.loads(line)
    return Event(values["seq"], values["event"], line.decode())
