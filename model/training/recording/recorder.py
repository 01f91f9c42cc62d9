"""Trains a run in its folder: `model.training.run` with the record, the events and the commands of `model.runs`.

The command line and the service both train with `record`.
"""

import base64
import errno
import platform
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

import model
from model import checkpoint
from model.checkpoint import CheckpointError
from model.data.mnist import DatasetError, Digits
from model.evaluation.accuracy import Evaluation, evaluate
from model.runs.directory import EpochResult, Session, State
from model.runs.pacer import Pacer, PausedTooLongError, StopRunError
from model.runs.session import TrainingSession
from model.training.events import EpochDone, Event, Finished, Progress, Started
from model.training.recording.snapshots import Snapshots
from model.training.run import train
from model.training.run_state import RESUME, RunState
from model.training.trainer import Trainer, TrainingError, network_of

Json = dict[str, Any]
Load = Callable[[Callable[[str], None]], tuple[Digits, Digits]]
MISTAKES = 20  # wrong predictions in the event of an epoch


class InterruptedRunError(Exception):
    """A signal ended the process. The run can be resumed."""


def record(run: TrainingSession, load: Load, device: str, trainer_class: type[Trainer] = Trainer) -> Generator[Event]:
    """Train the run of a session on the device, from its start or after its last complete epoch.

    `load` returns the training and the test digits. It is given a function that it calls with a line of text for each
    stage of a download. An exception that ends the run also sets its state: `stopped` after Ctrl-C, a command or a
    closed generator, `failed` after an error.
    """
    recorder = _Recorder(run)
    try:
        yield from recorder.train(load, device, trainer_class)
    except PausedTooLongError:
        recorder.end("interrupted", "The run was paused for an hour, so its process ended. It can be resumed.")
    except StopRunError:
        recorder.end("stopped", None)
    except InterruptedRunError:
        recorder.end("interrupted", "The service was stopped. The run can be resumed after its last complete epoch.")
    except (GeneratorExit, KeyboardInterrupt):
        recorder.end("stopped", None)
        raise
    except (DatasetError, TrainingError, CheckpointError) as error:
        recorder.end("failed", str(error))
        raise
    except OSError as error:
        recorder.end("failed", _reason(error, run.folder.path))
        raise
    except BaseException:
        recorder.end("failed", "An unexpected error ended the training. It is in the file training.log of the run.")
        raise


class _Recorder:
    def __init__(self, run: TrainingSession) -> None:
        self._run = run
        self._pacer = Pacer(run)
        self._started = time.monotonic()
        self._snapshots = Snapshots(run.folder)

    def end(self, state: State, message: str | None) -> None:
        with suppress(OSError):  # on a full disk; a reader then finds that the process has ended
            self._run.set_state(state, message)
            self._snapshots.delete()

    def train(self, load: Load, device: str, trainer_class: type[Trainer]) -> Iterator[Event]:
        run, settings = self._run, self._run.record.settings
        train_digits, test_digits = load(lambda line: run.event("download", {"message": line}))
        self._test = test_digits
        self._started = time.monotonic()
        resume = (run.folder.path / RESUME).exists()
        self._snapshots.delete()
        for event in train(
            run.folder.path,
            train_digits,
            test_digits,
            recipe=settings.recipe,
            seed=settings.seed,
            epochs=settings.epochs,
            device=device,
            network=settings.network,
            shuffled=settings.shuffled,
            resume=resume,
            changes=settings.changes,
            before_batch=self._pacer,
            clock=self._pacer.running_time,
            trainer_class=trainer_class,
        ):
            match event:
                case Started():
                    self._start(event, resumed=resume)
                case Progress():
                    self._progress(event)
                case EpochDone():
                    assert event.result is not None
                    self._epoch(event.epoch, event.result, event.training_loss, event.training_correct,
                                event.training_total)  # fmt: skip
                    self._pacer.end_epoch()
                case Finished():
                    self._finish(event)
            yield event

    def _start(self, event: Started, *, resumed: bool) -> None:
        run, record = self._run, self._run.record
        session = Session(event.epoch, event.device, event.threads)
        results = record.results if resumed else ()
        run.update(
            sessions=(*record.sessions, session), versions=_versions(), results=results,
            epochs_done=event.epoch if resumed else None,
        )  # fmt: skip
        run.event(
            "started",
            {
                "settings": record.settings.as_json(), "device": event.device, "threads": event.threads,
                "images": event.images, "batches": event.batches, "epoch": event.epoch, "epochs": event.epochs,
                "notes": list(event.notes),
            },
        )  # fmt: skip
        if resumed:
            self._repeat_lost_epochs()

    def _repeat_lost_epochs(self) -> None:
        """Write the missing events of complete epochs: the process may have been killed before it wrote them."""
        measured = RunState.read(self._run.folder.path).measured
        for epoch, each in enumerate(measured):
            if epoch not in self._run.log.epochs:
                file = self._run.folder.weights(epoch)
                network = network_of(checkpoint.read(file, baselines=True), str(self._test.images.device))
                result = evaluate(network, self._test)
                self._epoch(epoch, result, each.training_loss, each.training_correct, each.training_total)

    def _progress(self, event: Progress) -> None:
        snapshot = self._snapshots.save(event) if self._run.record.can_be_served else None
        self._run.event(
            "batch",
            {
                "epoch": event.epoch, "batch": event.batch, "images": event.images, "loss": event.recent_loss,
                "accuracy": event.recent_accuracy, "learning_rate": event.learning_rate,
                "images_per_second": round(event.images_per_second, 1), "seconds_left": round(event.seconds_left, 1),
                "kernels": event.kernels, "weights": {"name": snapshot} if snapshot else None,
            },
        )  # fmt: skip
        if event.step is not None:
            self._run.event("step", {"epoch": event.epoch, "batch": event.batch, **asdict(event.step)})

    def _epoch(
        self, epoch: int, result: Evaluation, loss: float | None, correct: int | None, total: int | None
    ) -> None:
        run = self._run
        accuracy = None if correct is None or not total else correct / total
        found = EpochResult(epoch, result.loss, result.accuracy, loss, accuracy)
        run.update(epochs_done=epoch, results=(*(each for each in run.record.results if each.epoch < epoch), found))
        run.event(
            "epoch",
            {
                "epoch": epoch,
                "test": {"loss": result.loss, "correct": result.correct, "total": result.total},
                "train": None if loss is None else {"loss": loss, "correct": correct, "total": total},
                "confusion": result.confusion.tolist(),
                "mistakes": [self._mistake(each) for each in result.mistakes(MISTAKES)],
                "weights": {"name": f"{run.folder.id}:{epoch}"},
            },
        )
        self._snapshots.delete()

    def _mistake(self, mistake: Any) -> Json:
        pixels = self._test.images[mistake.index].cpu().numpy().astype(np.uint8)
        return {
            "index": mistake.index, "label": mistake.label, "predicted": mistake.answer,
            "confidence": mistake.confidence, "pixels": base64.b64encode(pixels.tobytes()).decode(),
        }  # fmt: skip

    def _finish(self, event: Finished) -> None:
        run = self._run
        files = tuple(file.name for file in event.files)
        last = run.record.results[-1]
        run.update(state="finished", message=None, files=files)
        run.event(
            "finished",
            {
                "epoch": last.epoch, "accuracy": last.accuracy, "files": list(files),
                "seconds": round(time.monotonic() - self._started, 2),
            },
        )  # fmt: skip
        run.announce_state()


def _versions() -> dict[str, str]:
    return {
        "inkling": model.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _reason(error: OSError, folder: Path) -> str:
    if error.errno == errno.ENOSPC:
        return f"The disk is full, so {folder} cannot be written. Free some space, then resume the run."
    return f"{error.filename or folder} cannot be written: {error.strerror or error}."
