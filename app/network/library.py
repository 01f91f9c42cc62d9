"""The files of weights by name: the shipped ones, the epochs of training runs, and uploads."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from model.checkpoint import NAMES, Checkpoint, find, from_bytes, read, replace_file
from model.epochs import RUN, measured_epochs, read_epoch
from model.inference.calibration import Calibration, read_calibrated
from model.runs import directory
from model.runs.directory import RunFolder, RunRecord
from model.weight_files.safetensors_file import encode

UPLOAD = "upload:"
MAX_UPLOADS = 16  # files; the least recently used one is deleted
_EPOCH = re.compile("(0|[1-9][0-9]{0,4})(?:-([1-9][0-9]{0,6}))?")  # an epoch; with a batch, a snapshot within it
_UPLOADS = ".uploads"  # in the folder of runs
_TOUCH_SECONDS = 60.0  # the time of the last use is recorded at most this often


class Source(NamedTuple):
    """Weights that can be read. `name` includes the number of the epoch. `version` changes when the file changes.

    `path` is None for an epoch of the shipped run, which has no file of its own.
    """

    name: str
    path: Path | None
    version: tuple[int, int, int] = (0, 0, 0)


class Identity(NamedTuple):
    """The weights' name with the first digits of their hash, the whole hash, and the accuracy if it is known."""

    model: str
    sha256: str
    accuracy: float | None


class Library:
    """Finds and reads weights. `runs` is the folder of all runs.

    Nothing about the list of runs and uploads is cached, so all workers always see the same ones.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._uploads = runs / _UPLOADS
        self._shipped = {name: Source(name, find(name)) for name in NAMES}
        epochs = measured_epochs()
        self._shipped |= {f"{RUN}:{each.epoch}": Source(f"{RUN}:{each.epoch}", None) for each in epochs}
        self._shipped[f"{RUN}:{epochs[-1].epoch}"] = Source(f"{RUN}:{epochs[-1].epoch}", find(RUN))
        self._identities: dict[Source, Identity] = {}

    def locate(self, name: str) -> Source | None:
        """The weights with this name; None if there are none. It takes a few microseconds."""
        if name in self._shipped:
            return self._shipped[name]
        if self.is_upload(name):
            digits = name.removeprefix(UPLOAD)
            known = len(digits) == 8 and not set(digits) - set("0123456789abcdef")
            return _source(name, self._upload(digits)) if known else None
        run, colon, epoch = name.partition(":")
        folder = directory.find(self._runs, run)
        if folder is None:
            return None
        if colon:
            found = _EPOCH.fullmatch(epoch)
            if found is None:
                return None
            number, batch = int(found[1]), found[2]
            return _source(name, folder.snapshot(number, int(batch)) if batch else folder.weights(number))
        with suppress(FileNotFoundError):
            last = folder.read().epochs_done
            return None if last is None else _source(f"{run}:{last}", folder.weights(last))
        return None

    def read(self, source: Source) -> tuple[Checkpoint, Calibration | None]:
        """The weights and their calibration. Raises CheckpointError if they cannot be read or served."""
        if source.path is None:
            return read_epoch(int(source.name.partition(":")[2])), None
        if source.name in self._shipped:
            return read_calibrated(source.path)
        return read(source.path), None

    def identity(self, source: Source) -> Identity:
        """What identifies the weights. The result is cached. Raises CheckpointError."""
        if source not in self._identities:
            found, _ = self.read(source)
            if len(self._identities) > 1000:
                self._identities.clear()
            self._identities[source] = Identity(found.model, found.sha256, accuracy_of(found))
        return self._identities[source]

    def runs(self) -> list[tuple[RunFolder, RunRecord]]:
        """The runs with weights that can be served, the newest first."""
        found = []
        for folder in directory.all_runs(self._runs):
            with suppress(FileNotFoundError):
                record = folder.read()
                if record.epochs_done is not None and record.can_be_served:
                    found.append((folder, record))
        return sorted(found, key=lambda each: each[1].created, reverse=True)

    def uploads(self) -> Iterator[Source]:
        """The uploads, the most recently used one first."""
        for path in sorted(self._uploads.glob("*.safetensors"), key=_used, reverse=True):
            if (source := _source(UPLOAD + path.stem, path)) is not None:
                yield source

    def save_upload(self, checkpoint: Checkpoint, keep: str) -> Source:
        """Keep an upload. Deletes the least recently used ones if there are too many, but not the one named `keep`.

        Raises OSError if the upload cannot be written.
        """
        self._uploads.mkdir(parents=True, exist_ok=True)
        path = self._upload(checkpoint.sha256[:8])
        replace_file(path, checkpoint.content)
        for old in list(self.uploads())[MAX_UPLOADS:]:
            if old.name != keep and old.path is not None:
                old.path.unlink(missing_ok=True)
        source = _source(UPLOAD + path.stem, path)
        assert source is not None
        return source

    def delete_upload(self, source: Source) -> None:
        """Delete the file of an upload. Raises FileNotFoundError if it is gone, OSError if it cannot be deleted."""
        assert source.path is not None
        source.path.unlink()
        self.forget_deleted()

    def forget_deleted(self) -> None:
        """Drop what is cached about uploads that this or another worker has deleted."""
        for source in list(self._identities):
            if self.is_upload(source.name) and self.locate(source.name) != source:
                self._identities.pop(source, None)

    @staticmethod
    def is_upload(name: str) -> bool:
        """Whether this is the name of an upload, which need not exist."""
        return name.startswith(UPLOAD)

    @staticmethod
    def is_snapshot(name: str) -> bool:
        """Whether this is the name of weights in the middle of an epoch, which are deleted after seconds."""
        return "-" in name.partition(":")[2]

    def touch(self, source: Source) -> None:
        """Record that an upload was used."""
        if source.path is not None and self.is_upload(source.name):
            with suppress(OSError):
                if time.time() - _used(source.path) > _TOUCH_SECONDS:
                    # Set the time of the last access only. With a new modification time, the file would look like
                    # another one.
                    os.utime(source.path, ns=(time.time_ns(), source.path.stat().st_mtime_ns))

    def _upload(self, digits: str) -> Path:
        return self._uploads / f"{digits}.safetensors"


def with_name(content: bytes, name: str) -> Checkpoint:
    """The weights in the content of a file. `name` is used if the file contains none.

    Raises WeightFileError if the content cannot be used.
    """
    found = from_bytes(content, name)
    if "name" in found.metadata:
        return found
    return from_bytes(encode(found.tensors, {**found.metadata, "name": found.name}), name)


def accuracy_of(checkpoint: Checkpoint) -> float | None:
    """The accuracy in the weights' metadata, which may contain anything; None if it is not a number from 0 to 1."""
    try:
        accuracy = float(checkpoint.metadata["accuracy"])
    except (KeyError, ValueError):
        return None
    return accuracy if 0 <= accuracy <= 1 else None


def _used(path: Path) -> float:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0.0
    return max(status.st_atime, status.st_mtime)


def _source(name: str, path: Path) -> Source | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Source(name, path, (status.st_mtime_ns, status.st_size, status.st_ino))
