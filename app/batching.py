"""Drawings that arrive in the same turn of the event loop go through the network as one batch.

No timer: waiting a millisecond for company makes a lone user slower and gains a busy service nothing, because while
one batch is computed the next one gathers by itself.
"""

import asyncio
from collections.abc import Sequence

from app.errors import PROBLEMS, Problem
from app.metrics import Metrics
from app.settings import MAX_WAITING
from model.classifier import Activations, Classifier, Prediction
from model.pictures import Prepared

Answer = tuple[Prediction, list[Activations]]
_LARGEST = 16  # drawings in one batch; more of them outgrow the cache, and keep everybody waiting for the last


class Batcher:
    """Gathers drawings for a classifier and hands each caller its own answer."""

    def __init__(self, classifier: Classifier, metrics: Metrics) -> None:
        self._classifier = classifier
        self._metrics = metrics
        self._waiting: list[tuple[Prepared, Sequence[str] | None, asyncio.Future[Answer]]] = []

    async def ask(self, drawing: Prepared, layers: Sequence[str] | None = None) -> Answer:
        """The answer for a drawing, and what `layers` put out, if any. Raises Problem when too many are waiting."""
        if len(self._waiting) >= MAX_WAITING:
            raise Problem("overloaded", PROBLEMS["overloaded"].meaning, headers={"Retry-After": "1"})
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._flush)
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((drawing, layers, future))
        return await future

    def _flush(self) -> None:
        """Run all that has gathered, those that want the same layers together."""
        waiting, self._waiting = self._waiting, []
        groups: dict[Sequence[str] | None, list[tuple[Prepared, asyncio.Future[Answer]]]] = {}
        for drawing, layers, future in waiting:
            groups.setdefault(layers, []).append((drawing, future))
        for layers, group in groups.items():
            for first in range(0, len(group), _LARGEST):
                self._run(layers, group[first : first + _LARGEST])

    def _run(self, layers: Sequence[str] | None, group: list[tuple[Prepared, asyncio.Future[Answer]]]) -> None:
        drawings = [drawing for drawing, _ in group]
        self._metrics.batch(len(group))
        try:
            if layers is None:
                answers: list[Answer] = [(prediction, []) for prediction in self._classifier.predict(drawings)]
            else:
                answers = self._classifier.feature_maps(drawings, layers)
        except Exception as error:
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(group, answers, strict=True):
            if not future.done():  # its sender may have gone
                future.set_result(answer)
