"""Commands to a training process: the file `commands.jsonl`, to which any process can append, one line per command."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import orjson

Action = Literal["pause", "resume", "step", "stop"]
Unit = Literal["batch", "epoch"]


@dataclass(frozen=True)
class Command:
    """A command.

    unit               how far a step goes: one batch, or to the end of the epoch
    seconds_per_batch  slow motion after `resume`: the shortest time from one batch to the next; 0 for full speed
    """

    action: Action
    unit: Unit = "batch"
    seconds_per_batch: float = 0.0


def send(path: Path, command: Command) -> None:
    """Append a command. A line this short is written at once, so commands of several processes do not mix."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, orjson.dumps(asdict(command)) + b"\n")
    finally:
        os.close(file)


class CommandReader:
    """Reads the commands that are sent after it was created."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)  # commands to an earlier process
        self._end = 0

    def read(self) -> list[Command]:
        """The commands since the last call. It takes about a microsecond if there are none."""
        try:
            if os.stat(self._path).st_size == self._end:  # noqa: PTH116 -- called before every batch
                return []
            content = self._path.read_bytes()[self._end :]
        except FileNotFoundError:
            return []
        complete = content[: content.rfind(b"\n") + 1]
        self._end += len(complete)
        return [Command(**orjson.loads(line)) for line in complete.splitlines()]
