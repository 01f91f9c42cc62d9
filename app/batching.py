"""Drawings that arrive in two turns of the event loop on end go through the network as one batch.

No timer: waiting a millisecond for company makes a lone user slower and gains a busy service nothing, because while
one batch is computed the next one gathers by itself.
"""

import asyncio
from typing import NamedTuple, Protocol

from app.errors import PROBLEMS, Problem
from app.metrics import Metrics
from app.settings import MAX_WAITING
from model.classifier import Classifier, FeatureMaps
from model.pictures import Drawn, Prepared, prepare_all


class Wish(NamedTuple):
    """What is wanted beside the prediction: these layers, in float32 or quantised to uint8."""

    layers: tuple[str, ...]
    quantised: bool


class Answer(NamedTuple):
    """What a caller gets: prediction and layers, and the drawing as the network was shown it."""

    found: FeatureMaps
    drawing: Prepared


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


class _Asked(NamedTuple):
    drawing: Prepared | Drawn
    wish: Wish | None
    future: Waiting


_LARGEST = 16  # drawings in one batch; more of them outgrow the cache, and keep everybody waiting for the last


class Batcher:
    """Gathers drawings for a classifier and hands each caller its own answer."""

    def __init__(self, metrics: Metrics) -> None:
        self.classifier: Classifier | None = None  # until the weights are loaded
        self._metrics = metrics
        self._waiting: list[_Asked] = []

    async def ask(self, drawing: Prepared | Drawn, wish: Wish | None = None) -> Answer:
        """The answer for a drawing, with layers if there is a wish for any. Raises Problem as `add` does."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.add(drawing, wish, future)
        return await future

    @property
    def crowded(self) -> bool:
        """Whether the next batch is full already."""
        return len(self._waiting) >= _LARGEST

    def add(self, drawing: Prepared | Drawn, wish: Wish | None, waiting: Waiting) -> None:
        """Let a drawing join the next batch; whoever waits is told.

        Raises Problem where there is no classifier yet, or too many are waiting.
        """
        if self.classifier is None:
            raise Problem("not-ready", PROBLEMS["not-ready"].meaning, headers={"Retry-After": "1"})
        if len(self._waiting) >= MAX_WAITING:
            raise Problem("overloaded", PROBLEMS["overloaded"].meaning, headers={"Retry-After": "1"})
        if not self._waiting:
            loop = asyncio.get_running_loop()
            # Not in the next turn but in the one after it: the requests that the next turn reads join this batch, which
            # makes it twice as large under load and costs a lone user one empty turn, a few microseconds.
            loop.call_soon(loop.call_soon, self._flush, self.classifier)
        self._waiting.append(_Asked(drawing, wish, waiting))

    def _flush(self, classifier: Classifier) -> None:
        """Run all that has gathered, those that wish for the same together."""
        waiting, self._waiting = self._waiting, []
        groups: dict[Wish | None, list[_Asked]] = {}
        for asked in waiting:
            groups.setdefault(asked.wish, []).append(asked)
        for wish, group in groups.items():
            for first in range(0, len(group), _LARGEST):
                self._run(classifier, wish, group[first : first + _LARGEST])

    def _run(self, classifier: Classifier, wish: Wish | None, group: list[_Asked]) -> None:
        self._metrics.batch(len(group))
        try:
            drawings = _prepared([asked.drawing for asked in group])
            if wish is None:
                answers = classifier.predict(drawings)
                found = [FeatureMaps(answer, [], [], classifier.temperature) for answer in answers]
            else:
                found = classifier.feature_maps(drawings, wish.layers, quantised=wish.quantised)
        except Exception as error:
            for asked in group:
                if not asked.future.done():
                    asked.future.set_exception(error)
            return
        for asked, maps, drawing in zip(group, found, drawings, strict=True):
            if not asked.future.done():  # its sender may have gone
                asked.future.set_result(Answer(maps, drawing))


def _prepared(drawings: list[Prepared | Drawn]) -> list[Prepared]:
    """The drawings with those among them prepared that are not yet, all at once."""
    done = iter(prepare_all([drawing for drawing in drawings if not isinstance(drawing, Prepared)]))
    return [drawing if isinstance(drawing, Prepared) else next(done) for drawing in drawings]
