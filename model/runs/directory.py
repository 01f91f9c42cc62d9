"""A run's folder and its file `run.json`, and the runs in the folder of all runs.

    runs/lesson-3f9a/run.json              settings, state, versions, results after each epoch
                     events.jsonl          see event_log
                     commands.jsonl        see commands
                     epoch-00.safetensors  the weights after each epoch
                     resume.pt             what is needed to continue after the last complete epoch
                     mnist_cnn.pth …       the results
                     .lock                 held by the process that trains the run

A state of `training` or `paused` without a process that holds the lock means that the process has died. `settle` then
changes the state to `interrupted`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import orjson

from model.checkpoint import NAMES, replace_file
from model.runs.event_log import EventLog
from model.runs.locks import LOCK, LockedError, held, held_after_end, is_held
from model.runs.settings import RunSettings

State = Literal["training", "paused", "finished", "stopped", "interrupted", "failed"]
ACTIVE: tuple[State, ...] = ("training", "paused")  # a process trains the run, or has died
# Names of other weights. A folder of this name is the run `run-NAME`.
RESERVED = ("served", "dense", *NAMES)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # names of folders that can be runs
DIED = "The training process ended unexpectedly. The run can be resumed after its last complete epoch."


@dataclass(frozen=True)
class EpochResult:
    """The results of an epoch: mean loss in nats and accuracy on the test images, and those of the training images."""

    epoch: int
    loss: float
    accuracy: float
    training_loss: float | None = None
    training_accuracy: float | None = None


@dataclass(frozen=True)
class Session:
    """A process that has trained the run: after which epoch it started, on which device, and with how many threads."""

    epoch: int
    device: str
    threads: int


@dataclass(frozen=True)
class RunRecord:
    """The content of `run.json`.

    created      when the run started, in UTC
    message      a sentence about the state, or None
    epochs_done  the number of complete epochs; None before the untrained network is saved as epoch 0
    sessions     the processes that have trained the run
    versions     of Python, PyTorch, NumPy and this program, as far as they are known
    """

    id: str
    settings: RunSettings
    created: str
    state: State = "training"
    message: str | None = None
    epochs_done: int | None = None
    results: tuple[EpochResult, ...] = ()
    sessions: tuple[Session, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, content: bytes) -> "RunRecord":
        """The record in the content of `run.json`. Raises ValueError, KeyError or TypeError if it is not one."""
        values: dict[str, Any] = orjson.loads(content)
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in values.items() if key in known}
        return cls(
            **values
            | {
                "settings": RunSettings.from_json(values["settings"]),
                "results": tuple(EpochResult(**each) for each in values.get("results", ())),
                "sessions": tuple(Session(**each) for each in values.get("sessions", ())),
                "files": tuple(values.get("files", ())),
            }
        )

    @property
    def can_be_served(self) -> bool:
        """Whether the weights are those of the convolutional network for ordinary images."""
        return self.settings.network == "cnn" and not self.settings.shuffled

    def as_json(self) -> bytes:
        """The content of `run.json`."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2) + b"\n"


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = f"run-{path.name}" if path.name in RESERVED else path.name
        self.record_file = path / "run.json"
        self.events = path / "events.jsonl"
        self.commands = path / "commands.jsonl"
        self.lock = path / LOCK

    def read(self) -> RunRecord:
        """The run's record. Raises FileNotFoundError if this is not the folder of a run or its record is damaged."""
        try:
            return RunRecord.from_json(self.record_file.read_bytes())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FileNotFoundError(f"{self.record_file} is not the record of a run.") from error

    def write(self, record: RunRecord) -> None:
        """Replace `run.json` atomically."""
        replace_file(self.record_file, record.as_json())

    def weights(self, epoch: int) -> Path:
        """The file with the weights after an epoch."""
        return self.path / f"epoch-{epoch:02}.safetensors"

    def snapshot(self, epoch: int, batch: int) -> Path:
        """The file with the weights after a batch of an epoch. It is deleted when newer ones are written."""
        return self.path / f"snapshot-{epoch}-{batch}.safetensors"

    def snapshots(self) -> Iterator[Path]:
        """The files with weights of an epoch that is not complete."""
        return self.path.glob("snapshot-*.safetensors")

    def is_training(self) -> bool:
        """Whether a process is training this run."""
        return is_held(self.lock)

    def is_active(self) -> bool:
        """Whether the record says that the run is being trained. A run whose process has died still counts."""
        try:
            return self.read().state in ACTIVE
        except FileNotFoundError:
            return False

    def settle(self) -> RunRecord:
        """The run's record, after its state was changed to `interrupted` if the process that trained it has died."""
        record = self.read()
        if record.state not in ACTIVE or self.is_training():
            return record
        try:
            with held(self.lock, 0):
                record = self.read()
                if record.state in ACTIVE:
                    record = replace(record, state="interrupted", message=DIED)
                    self.write(record)
                    log = EventLog(self.events)
                    log.append("state", {"state": record.state, "message": record.message})
                    log.close()
        except LockedError:  # another process is doing the same, or the run has just been resumed
            return self.read()
        except OSError:  # a full disk, or a folder that is read-only
            return replace(record, state="interrupted", message=DIED)
        return record

    def delete(self) -> None:
        """Delete the folder. Raises LockedError if a process is training the run."""
        with held_after_end(self.lock, self.is_active):
            removed = self.path.with_name(f".deleted-{self.id}-{os.getpid()}")
            self.path.rename(removed)  # the folder disappears in one step, so nobody sees half a run
        shutil.rmtree(removed, ignore_errors=True)


def root(runs: str | Path | None = None) -> Path:
    """The folder of all runs: `runs` if given, otherwise $INKLING_RUNS, otherwise `./runs`."""
    return Path(runs or os.environ.get("INKLING_RUNS") or "runs")


def find(runs: Path, name: str) -> RunFolder | None:
    """The folder of the run with this name; None if there is none."""
    if not NAME.fullmatch(name) or name in RESERVED:
        return None
    folder = RunFolder(runs / name)
    if not folder.record_file.is_file() and name.removeprefix("run-") in RESERVED:
        folder = RunFolder(runs / name.removeprefix("run-"))
    return folder if folder.record_file.is_file() else None


def all_runs(runs: Path) -> Iterator[RunFolder]:
    """The folders of all runs, in no particular order."""
    with suppress(OSError):
        for path in runs.iterdir():
            if (folder := find(runs, RunFolder(path).id)) is not None:
                yield folder


def current_run(runs: Path) -> RunFolder | None:
    """The run that a process is training at the moment; None if there is none."""
    for folder in all_runs(runs):
        if folder.is_active() and folder.is_training():
            return folder
    return None
