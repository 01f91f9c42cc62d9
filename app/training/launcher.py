"""Starts the processes that train runs, and stops them when the service is stopped.

A process that trains survives the service if the service is killed. All it needs is in the run's folder.
"""

import asyncio
import errno
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import orjson

from app.http.problems import Problem
from app.settings import ROOT
from model.runs.commands import Command
from model.runs.settings import RunSettings

# -P: do not import packages from the working folder, which may have an `app` or `model` of its own.
COMMAND = (sys.executable, "-P", "-m", "model.training.recording.worker")
PACKAGES = ("torch", "onnx", "matplotlib")  # that training needs
START_SECONDS = 60.0  # it takes about 0.2 s, but longer on a busy machine
STOP_SECONDS = 5.0

log = logging.getLogger("inkling")


def can_train() -> bool:
    """Whether the packages that training needs are installed."""
    return all(find_spec(name) is not None for name in PACKAGES)


class Launcher:
    """Starts training processes. All calls must come from the same event loop."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._processes: dict[Process, asyncio.Task[int]] = {}

    async def start(self, settings: RunSettings, *, paused: bool = False) -> str:
        """Start a new run. Returns its name. Raises Problem if another run is training."""
        first = _arguments(Command("pause")) if paused else ()
        return await self._launch("--settings", orjson.dumps(settings.as_json()).decode(), *first)

    async def resume(self, name: str, command: Command) -> str:
        """Continue a run, beginning with the command. Returns its name."""
        return await self._launch("--resume", name, *_arguments(command))

    async def close(self) -> None:
        """Stop the processes that this object has started, and wait for their end. Their runs can be resumed."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.terminate()
        if self._processes:
            _, running = await asyncio.wait(self._processes.values(), timeout=STOP_SECONDS)
            for process, task in list(self._processes.items()):
                if task in running:
                    with suppress(ProcessLookupError):
                        process.kill()
            if running:
                await asyncio.wait(running)

    async def _launch(self, *arguments: str) -> str:
        if not can_train():
            raise Problem("training-unavailable")
        await asyncio.to_thread(self._check_folder)
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            "--runs",
            str(self._runs),
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            # OpenMP threads should sleep while they wait, not spin (app/cli/options.py).
            env=os.environ | {"PYTHONPATH": path, "OMP_WAIT_POLICY": "PASSIVE"},
            start_new_session=True,  # Ctrl-C goes to the service, which then stops the process
        )
        task = self._processes[process] = asyncio.create_task(process.wait())
        task.add_done_callback(lambda _: self._processes.pop(process, None))
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline()
        except BaseException:  # a timeout, or the client has disconnected: nobody would know about the run
            with suppress(ProcessLookupError):
                process.kill()
            raise
        if not line:
            raise Problem("storage-unavailable")
        answer = json.loads(line)
        if answer.get("refused"):
            raise in_progress(answer["run"])
        name: str = answer["run"]
        return name

    def _check_folder(self) -> None:
        """Raise Problem if the folder of runs cannot be written to, for example a volume that belongs to root."""
        reason = os.strerror(errno.EACCES)
        try:
            self._runs.mkdir(parents=True, exist_ok=True)
            writable = os.access(self._runs, os.W_OK)
        except OSError as error:
            reason, writable = error.strerror or str(error), False
        if not writable:
            log.warning("inkling: Runs cannot be saved in %s: %s.", self._runs.resolve(), reason)
            raise Problem("storage-unavailable")


def _arguments(command: Command) -> tuple[str, str]:
    return "--command", orjson.dumps(asdict(command)).decode()


def in_progress(run: str | None) -> Problem:
    """The problem that another run is training."""
    subject = f"The run {run}" if run else "Another run"
    return Problem("run-in-progress", f"{subject} is training or paused. Wait until it ends, or stop it.", run=run)
