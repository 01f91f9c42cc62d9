"""Pauses, steps, slow motion and stops: carries out the commands to a run, before each of its batches."""

import time
from collections.abc import Callable

from model.runs.commands import Command
from model.runs.session import TrainingSession

POLL_SECONDS = 0.05
MOST_PAUSED_SECONDS = 3600.0  # then the process ends, because it holds memory and the lock


class StopRunError(Exception):
    """A command stopped the run."""


class PausedTooLongError(StopRunError):
    """The run was paused for so long that its process should end."""


class Pacer:
    """Call it before each batch. It waits while the run is paused, and returns whether to record the step.

    Raises StopRunError if the run should stop.
    """

    def __init__(
        self,
        run: TrainingSession,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run, self._sleep, self._clock = run, sleep, clock
        self._paused = False
        self._batches = 0  # steps to train while the run is paused
        self._until_epoch_ends = False
        self._seconds_per_batch = 0.0
        self._next = 0.0  # when the next batch may start, in slow motion
        self._paused_seconds = 0.0

    def __call__(self) -> bool:
        self._obey()
        self._wait_for_slow_motion()
        if self._paused and not self._batches:
            self._pause()
        if self._paused:
            self._batches -= 1
            return True
        self._next = self._clock() + self._seconds_per_batch
        return self._seconds_per_batch > 0

    def running_time(self) -> float:
        """A clock in seconds that stands still while the run is paused."""
        return self._clock() - self._paused_seconds

    def end_epoch(self) -> None:
        """Call it after each epoch, so that a step to the end of the epoch ends."""
        if self._until_epoch_ends:
            self._until_epoch_ends, self._paused = False, True

    def _pause(self) -> None:
        self._run.set_state("paused")
        since = self._clock()
        while self._paused and not self._batches:
            if self._clock() - since > MOST_PAUSED_SECONDS:
                raise PausedTooLongError
            self._sleep(POLL_SECONDS)
            self._obey()
        self._paused_seconds += self._clock() - since
        if not self._paused:
            self._run.set_state("training")

    def _wait_for_slow_motion(self) -> None:
        while not self._paused and (left := self._next - self._clock()) > 0 and self._seconds_per_batch:
            self._sleep(min(left, POLL_SECONDS))
            self._obey()

    def _obey(self) -> None:
        for command in self._run.commands.read():
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command.action:
            case "stop":
                raise StopRunError
            case "pause":
                self._paused, self._batches, self._until_epoch_ends = True, 0, False
            case "resume":
                self._paused, self._batches, self._until_epoch_ends = False, 0, False
                self._seconds_per_batch = command.seconds_per_batch
            case "step" if command.unit == "epoch":
                self._paused, self._batches, self._until_epoch_ends = False, 0, True
                self._seconds_per_batch = 0.0
            case "step":
                # If the run is not paused, a step pauses it after the next batch.
                self._batches = self._batches + 1 if self._paused else 1
                self._paused, self._until_epoch_ends = True, False
