"""The weights in service. They can be switched for all workers at once, while requests are answered."""

import json
import logging
import os
from pathlib import Path

from app.http.metrics import Metrics
from app.network.library import Library
from model.checkpoint import CheckpointError, replace_file
from model.inference.classifier import Classifier
from model.inference.engines import EngineName

Version = tuple[int, int, int] | None

log = logging.getLogger("inkling")


class ServedWeights:
    """The classifier that answers requests without `?weights=`.

    With several workers, `file` contains the name of the weights that were put into service. If it does not exist, the
    service answers with the weights it started with. Before each answer, a worker checks whether the file has changed,
    which takes about two microseconds. So a switch applies to every later request, in every worker.
    """

    def __init__(
        self, initial: Classifier, file: Path | None, library: Library, engine: EngineName, metrics: Metrics
    ) -> None:
        self._initial, self._current = initial, initial
        self._file, self._library, self._engine, self._metrics = file, library, engine, metrics
        self._version: Version = None
        self._name: str | None = None
        metrics.set_model(initial.model, initial.engine.name)

    def current(self) -> Classifier:
        """The classifier with the weights in service."""
        if self._file is not None and (version := _version_of(self._file)) != self._version:
            self._version = version
            try:
                name: str | None = json.loads(self._file.read_bytes())["weights"]
            except FileNotFoundError:
                name = None
            self._use(name)
        return self._current

    def name(self) -> str | None:
        """The name of the weights that were put into service; None for those that the service started with."""
        self.current()
        return self._name

    def switch(self, name: str | None) -> None:
        """Put weights into service; None means those that the service started with. Raises OSError."""
        if self._file is None:
            self._use(name)
        elif name is None:
            self._file.unlink(missing_ok=True)
        else:
            replace_file(self._file, json.dumps({"weights": name}).encode())

    def _use(self, name: str | None) -> None:
        """Use these weights. Loading them blocks the worker for some milliseconds, once for each switch."""
        classifier = self._initial if name is None else self._load(name)
        if classifier is None:
            log.warning("inkling: The weights in service can no longer be read; those of the start are used instead.")
            classifier, name = self._initial, None
        self._current, self._name = classifier, name
        self._metrics.set_model(classifier.model, classifier.engine.name)

    def _load(self, name: str) -> Classifier | None:
        source = self._library.locate(name)
        if source is None:
            return None
        try:
            checkpoint, calibration = self._library.read(source)
        except CheckpointError:
            return None
        if checkpoint.sha256 == self._initial.checkpoint.sha256:
            return self._initial
        return Classifier(checkpoint, self._engine, calibration)


def _version_of(file: Path) -> Version:
    """A value that changes whenever the file is replaced."""
    try:
        status = os.stat(file)  # noqa: PTH116 -- called for every request
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
