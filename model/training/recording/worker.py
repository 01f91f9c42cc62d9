"""Trains a run for the service, in a separate process with a lower priority.

    python -m model.training.recording.worker --runs runs --settings '{"recipe": "lesson", …}'
    python -m model.training.recording.worker --runs runs --resume lesson-3f9a

When the process holds the locks, before it imports PyTorch, it prints one line of JSON: {"run": "lesson-3f9a"}, or
{"refused": true, "run": "robust-01bc"} if another run is training. Anything that it prints later goes to the run's
training.log. It ends when the run ends. It continues if the service dies. SIGTERM ends it, and the run can be resumed.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.runs.commands import Command, send
from model.runs.directory import RunFolder
from model.runs.session import RunInProgressError, TrainingSession, new_name, training
from model.runs.settings import RunSettings

if TYPE_CHECKING:
    from model.data.mnist import Digits

NICENESS = 5  # a lower priority than that of the service, because predictions should not wait for training
LOG = "training.log"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train until the run ends. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m model.training.recording.worker")
    parser.add_argument("--runs", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--settings", type=json.loads)
    what.add_argument("--resume")
    parser.add_argument("--command", type=json.loads, help="a command to carry out first, such as a step")
    options = parser.parse_args(arguments)
    lower_priority()
    runs: Path = options.runs
    if options.resume:
        folder = runs / options.resume
        settings = RunFolder(folder).read().settings
    else:
        settings = RunSettings.from_json(options.settings)
        folder = runs / new_name(runs, settings.recipe)
    try:
        with training(folder, settings, runs) as run:
            if options.command:
                send(run.folder.commands, Command(**options.command))
            _answer({"run": run.folder.id}, folder / LOG)
            return _train(run)
    except RunInProgressError as refusal:
        _answer({"refused": True, "run": refusal.run}, Path(os.devnull))
        return 1


def lower_priority() -> None:
    """Give this process a lower priority.

    Linux desktops first share the processor between sessions, and this process has its own session. So the priority of
    the session counts there, not that of the process.
    """
    with suppress(OSError, AttributeError):  # Windows has no os.nice
        os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def _answer(answer: dict[str, Any], log: Path) -> None:
    """Print the answer. Everything that is printed later goes to the log, because the service no longer reads the
    output."""
    print(json.dumps(answer), flush=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    os.close(file)


def _train(run: TrainingSession) -> int:
    from model.data import mnist
    from model.training.recording.recorder import InterruptedRunError, record
    from model.training.trainer import pick_device

    def interrupt(*_: object) -> None:
        raise InterruptedRunError

    def load(progress: Callable[[str], None]) -> "tuple[Digits, Digits]":
        mnist.fetch(progress=progress)
        return mnist.load(device=device)

    signal.signal(signal.SIGTERM, interrupt)
    device = pick_device()
    for _ in record(run, load, device):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
