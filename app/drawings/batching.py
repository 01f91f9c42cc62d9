"""Drawings that arrive in two turns of the event loop on end go through the network as one batch.

No timer: waiting a millisecond for company makes a lone user slower and gains a busy service nothing, because while
one batch is computed the next one gathers by itself. A batch with layers is run as soon as it is full, in the middle of
a turn: its answers are large, and have left before the next are made. Without layers that would gain nothing, and going
back and forth between reading and computing would cost a tenth.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from app.http.metrics import Metrics
from app.http.problems import service_unavailable
from app.settings import MAX_WAITING
from model.inference.classifier import Classifier, FeatureMaps
from model.preprocess.ink import Ink
from model.preprocess.pipeline import PreprocessedDrawing, RawDrawing, preprocess_all
from model.preprocess.rasterise import Strokes


class Wish(NamedTuple):
    """What is wanted beside the prediction: these layers, in float32 or quantised to uint8."""

    layers: tuple[str, ...]
    quantised: bool


class Answer(NamedTuple):
    """What a caller gets: prediction and layers, and with layers the drawing as the network was shown it."""

    found: FeatureMaps
    drawing: PreprocessedDrawing | None


class Waiting(Protocol):
    """Who waits for an answer: a future, or what stands for one."""

    def done(self) -> bool:
        """Whether there is nobody to answer any more."""
        ...

    def set_result(self, answer: Answer, /) -> None:
        """Take the answer."""
        ...

    def set_exception(self, error: Exception, /) -> None:
        """Hear that there is none."""
        ...


class Unread(Protocol):
    """A drawing that is still to be read."""

    def read(self) -> RawDrawing | None:
        """The drawing; None where it cannot be read here."""
        ...


class NotReadError(Exception):
    """What a drawing was to be read from holds none, or none that can be read with the batch."""


class _Asked(NamedTuple):
    drawing: PreprocessedDrawing | RawDrawing | Unread | None  # None where it could not be read
    waiting: Waiting


_LARGEST = 16  # drawings in one batch; more of them outgrow the cache, and keep everybody waiting for the last


class Batcher:
    """Gathers drawings for a classifier and hands each caller its own answer."""

    def __init__(self, metrics: Metrics) -> None:
        self.classifier: Classifier | None = None  # until the weights are loaded
        self._metrics = metrics
        self._gathering: dict[Wish | None, list[_Asked]] = {}  # those that wish for the same, together
        self._waiting = 0

    def ask(self, drawing: PreprocessedDrawing | RawDrawing, wish: Wish | None = None) -> asyncio.Future[Answer]:
        """The answer for a drawing, with layers if there is a wish for any. Raises Problem as `add` does."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.add(drawing, wish, future)
        return future

    def add(self, drawing: PreprocessedDrawing | RawDrawing | Unread, wish: Wish | None, waiting: Waiting) -> None:
        """Let a drawing join the next batch of its kind; whoever waits is told.

        Raises Problem where there is no classifier yet, or too many are waiting.
        """
        if self.classifier is None:
            raise service_unavailable("not-ready")
        if self._waiting >= MAX_WAITING:
            raise service_unavailable("overloaded")
        if not self._gathering:
            loop = asyncio.get_running_loop()
            # Not in the next turn but in the one after it: the requests that the next turn reads join this batch, which
            # makes it twice as large under load and costs a lone user one empty turn, a few microseconds.
            loop.call_soon(self._read_ahead, loop, self.classifier)
        self._waiting += 1
        batch = self._gathering.setdefault(wish, [])
        batch.append(_Asked(drawing, waiting))
        if wish is not None and len(batch) == _LARGEST:
            del self._gathering[wish]
            self._run(self.classifier, wish, batch)

    def _read_ahead(self, loop: asyncio.AbstractEventLoop, classifier: Classifier) -> None:
        """Read what has gathered so far: meanwhile those who are a little late can still come."""
        for batch in self._gathering.values():
            batch[:] = [_Asked(_read(drawing), waiting) for drawing, waiting in batch]
        loop.call_soon(self._flush, classifier)

    def _flush(self, classifier: Classifier) -> None:
        """Run all that has gathered."""
        gathered, self._gathering = self._gathering, {}
        for wish, batch in gathered.items():
            for first in range(0, len(batch), _LARGEST):
                self._run(classifier, wish, batch[first : first + _LARGEST])

    def _run(self, classifier: Classifier, wish: Wish | None, batch: list[_Asked]) -> None:
        self._waiting -= len(batch)
        read = [_read(asked.drawing) for asked in batch]
        present = [drawing for drawing in read if drawing is not None]
        answers: Iterator[Answer | Exception] = iter(self._answers(classifier, wish, present) if present else ())
        for (_, waiting), drawing in zip(batch, read, strict=True):
            answer = NotReadError() if drawing is None else next(answers)
            if waiting.done():  # the sender may have gone
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    def _answers(
        self, classifier: Classifier, wish: Wish | None, drawings: list[PreprocessedDrawing | RawDrawing]
    ) -> Sequence[Answer | Exception]:
        """An answer for each drawing, or for each what went wrong."""
        self._metrics.batch(len(drawings))
        try:
            prepared = _prepared(drawings)
            if wish is None:
                return [
                    Answer(FeatureMaps(found, [], [], classifier.temperature), None)
                    for found in classifier.predict(prepared)
                ]
            found = classifier.feature_maps(prepared, wish.layers, quantised=wish.quantised)
            return [Answer(maps, drawing) for maps, drawing in zip(found, prepared, strict=True)]
        except Exception as error:
            return [error] * len(drawings)


def _read(drawing: PreprocessedDrawing | RawDrawing | Unread | None) -> PreprocessedDrawing | RawDrawing | None:
    if drawing is None or isinstance(drawing, PreprocessedDrawing | Strokes | Ink):
        return drawing
    try:
        return drawing.read()
    except Exception:  # whoever reads it on its own finds out, and can say so
        return None


def _prepared(drawings: list[PreprocessedDrawing | RawDrawing]) -> list[PreprocessedDrawing]:
    """The drawings with those among them prepared that are not yet, all at once."""
    done = iter(preprocess_all([drawing for drawing in drawings if not isinstance(drawing, PreprocessedDrawing)]))
    return [drawing if isinstance(drawing, PreprocessedDrawing) else next(done) for drawing in drawings]
