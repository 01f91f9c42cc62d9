"""Drawings that arrive in the same turn of the event loop go through the network as one batch.

No timer: waiting a millisecond for company makes a lone user slower and gains a busy service nothing, because while
one batch is computed the next one gathers by itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.errors import PROBLEMS, Problem
from app.metrics import Metrics
from app.settings import MAX_WAITING
from model.classifier import Activations, Classifier, Prediction
from model.pictures import Prepared, from_all_strokes
from model.strokes import Strokes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller gets: the prediction, the layers asked for, and the drawing as the network was shown it."""

    prediction: Prediction
    maps: list[Activations]
    drawing: Prepared


class _Asked(NamedTuple):
    drawing: Prepared | Strokes
    layers: Sequence[str] | None
    future: asyncio.Future[Answer]


_LARGEST = 16  # drawings in one batch; more of them outgrow the cache, and keep everybody waiting for the last


class Batcher:
    """Gathers drawings for a classifier and hands each caller its own answer."""

    def __init__(self, classifier: Classifier, metrics: Metrics) -> None:
        self._classifier = classifier
        self._metrics = metrics
        self._waiting: list[_Asked] = []

    async def ask(self, drawing: Prepared | Strokes, layers: Sequence[str] | None = None) -> Answer:
        """The answer for a drawing, and what `layers` put out, if any. Raises Problem when too many are waiting."""
        if len(self._waiting) >= MAX_WAITING:
            raise Problem("overloaded", PROBLEMS["overloaded"].meaning, headers={"Retry-After": "1"})
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append(_Asked(drawing, layers, future))
        return await future

    def _flush(self) -> None:
        """Run all that has gathered, those that want the same layers together."""
        waiting, self._waiting = self._waiting, []
        groups: dict[Sequence[str] | None, list[_Asked]] = {}
        for asked in waiting:
            groups.setdefault(asked.layers, []).append(asked)
        for layers, group in groups.items():
            for first in range(0, len(group), _LARGEST):
                self._run(layers, group[first : first + _LARGEST])

    def _run(self, layers: Sequence[str] | None, group: list[_Asked]) -> None:
        self._metrics.batch(len(group))
        try:
            drawings = _prepared([asked.drawing for asked in group])
            if layers is None:
                predictions = self._classifier.predict(drawings)
                answers = [
                    Answer(prediction, [], drawing) for prediction, drawing in zip(predictions, drawings, strict=True)
                ]
            else:
                computed = self._classifier.feature_maps(drawings, layers)
                answers = [Answer(*found, drawing) for found, drawing in zip(computed, drawings, strict=True)]
        except Exception as error:
            for asked in group:
                if not asked.future.done():
                    asked.future.set_exception(error)
            return
        for asked, answer in zip(group, answers, strict=True):
            if not asked.future.done():  # its sender may have gone
                asked.future.set_result(answer)


def _prepared(drawings: list[Prepared | Strokes]) -> list[Prepared]:
    """The drawings with the strokes among them prepared, all at once."""
    strokes = iter(from_all_strokes([drawing for drawing in drawings if isinstance(drawing, Strokes)]))
    return [next(strokes) if isinstance(drawing, Strokes) else drawing for drawing in drawings]
