"""Starts or continues a run for a command line."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from model.runs import directory
from model.runs.session import TrainingSession, training
from model.training.events import Event
from model.training.recording.recorder import Load, record
from model.training.run import check_writable
from model.training.run_state import RunOptions, settings_for
from model.training.trainer import Trainer


@contextmanager
def recorded_run(
    out: Path, options: RunOptions, load: Load, device: str, *, resume: bool, trainer_class: type[Trainer] = Trainer
) -> Iterator[tuple[TrainingSession, Generator[Event]]]:
    """Start a run in the folder `out`, or continue it with `resume`. Gives the run, and the events of its training.

    `load` is as in `record`. Raises TrainingError if an option is not valid or nothing can be written to the folder,
    and RunInProgressError if another process is training there or in the folder of all runs.
    """
    settings = settings_for(out, options, resume=resume)
    is_new = not out.exists()
    check_writable(out)
    with (
        training(out, settings, directory.root(), is_new=is_new) as run,
        closing(record(run, load, device, trainer_class)) as events,
    ):
        yield run, events
