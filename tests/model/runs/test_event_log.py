"""Events are written once and read completely, whatever interrupts the writing."""

import os
from pathlib import Path

import orjson
import pytest

from model.runs.event_log import EventLog, EventReader


def test_events_have_consecutive_numbers_and_are_read_as_they_arrive(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = EventReader(path)
    assert reader.read() == []
    log = EventLog(path)
    log.append("batch", {"loss": 2.5})
    log.append("epoch", {"epoch": 0})
    assert [(event.seq, event.name) for event in reader.read()] == [(1, "batch"), (2, "epoch")]
    assert reader.read() == []
    log.append("batch", {"loss": float("nan")})
    (event,) = reader.read()
    assert orjson.loads(event.line) == event.values() == {"seq": 3, "event": "batch", "loss": None}
    log.close()


def test_an_incomplete_line_is_not_read_and_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("epoch", {"epoch": 0})
    log.close()
    with path.open("ab") as file:
        file.write(b'{"seq":2,"event":"ba')
    reader = EventReader(path)
    assert [event.seq for event in reader.read()] == [1]
    assert reader.read() == []
    log = EventLog(path)
    assert (log.seq, log.epochs) == (1, {0})
    log.append("batch", {"loss": 1.0})
    log.close()
    assert [event.seq for event in reader.read()] == [2]


def test_a_full_disk_leaves_no_part_of_an_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append("batch", {"loss": 1.0})
    write, free = os.write, [10, 0]  # bytes that each call can still write

    def fill(file: int, content: bytes) -> int:
        if (left := free.pop(0)) == 0:
            raise OSError(28, "No space left on device")
        return write(file, content[:left])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fill)
        with pytest.raises(OSError, match="No space left"):
            log.append("batch", {"loss": 2.0})
    log.append("batch", {"loss": 3.0})
    log.close()
    events = EventReader(tmp_path / "events.jsonl").read()
    assert [(event.seq, event.values()["loss"]) for event in events] == [(1, 1.0), (2, 3.0)]
