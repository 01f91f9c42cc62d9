"""Batches drawings whose requests arrive in the same event-loop iteration.

There is no timer. Waiting for more drawings would delay a single user. Under load it would gain nothing: the drawings
that arrive while a batch is computed are the next batch.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

from app.http.metrics import Metrics
from app.http.problems import service_unavailable
from app.limits import MAX_BATCH, MAX_QUEUE_SECONDS, MAX_WAITING, MIN_WAITING, OVERLOAD_SECONDS
from model.inference.classifier import Classifier, FeatureMaps
from model.preprocess.pipeline import PreprocessedDrawing, RawDrawing, preprocess_all


class Layers(NamedTuple):
    """The layers that a request asks for: as uint8 if `quantised` is true, otherwise as float32.

    If `calibrated` is false, the probabilities are those of the plain softmax.
    """

    names: tuple[str, ...] = ()
    quantised: bool = False
    calibrated: bool = True


# Initial estimate: seconds for a drawing of cost 1, including its share of everything else that the event loop does.
_USUAL_PACE = 0.001
_SMOOTHING = 0.2  # the weight of the last batch in the measured pace
_REMEMBERED_SECONDS = 0.5  # after this time without a queue, the measured pace is out of date

PREDICTION_ONLY = Layers()
PLAIN_PREDICTION = Layers(calibrated=False)


class Result(NamedTuple):
    """The prediction with the requested layers, and the preprocessed drawing."""

    maps: FeatureMaps
    drawing: PreprocessedDrawing


class _Waiting(NamedTuple):
    drawing: PreprocessedDrawing | RawDrawing
    classifier: Classifier
    layers: Layers
    cost: int
    future: asyncio.Future[Result]


class Batcher:
    """Collects drawings, computes them in batches, and sets the result of each drawing's future."""

    def __init__(self, metrics: Metrics) -> None:
        self.classifier: Classifier | None = None  # for drawings that are submitted without a classifier
        self._metrics = metrics
        self._queue: deque[_Waiting] = deque()
        self._cost = 0  # the sum for all drawings in the queue
        self._pace = _USUAL_PACE
        self._batch_started = 0.0
        self._refused = float("-inf")  # when a drawing was refused for the last time
        self._batch_cost = 0  # of the last batch; 0 if no more drawings were waiting

    def is_overloaded(self) -> bool:
        """Whether a drawing that arrives now would wait too long. If so, the endpoint must refuse it.

        Endpoints check this before they read the body, so that a refusal costs little.
        """
        if self._cost * self._pace <= MAX_QUEUE_SECONDS:
            return len(self._queue) >= MAX_WAITING
        now = perf_counter()
        overloaded = len(self._queue) >= MIN_WAITING or now - self._refused < OVERLOAD_SECONDS
        if overloaded:
            self._refused = now
        return overloaded

    def submit(
        self,
        drawing: PreprocessedDrawing | RawDrawing,
        layers: Layers = PREDICTION_ONLY,
        classifier: Classifier | None = None,
        cost: int = 1,
    ) -> asyncio.Future[Result]:
        """Put a drawing into the queue. Returns a future for its result.

        `classifier` has the weights to use; None means the weights that are served. `cost` is the time for the drawing
        and its response, relative to that for a prediction. Raises Problem if the weights are not loaded or the queue
        is full.
        """
        chosen = classifier or self.classifier
        if chosen is None:
            raise service_unavailable("not-ready")
        if self.is_overloaded():
            raise service_unavailable("overloaded")
        loop = asyncio.get_running_loop()
        if not self._queue:
            loop.call_soon(self._run_batch)
            if perf_counter() - self._batch_started > _REMEMBERED_SECONDS:
                self._pace = _USUAL_PACE
        future: asyncio.Future[Result] = loop.create_future()
        self._queue.append(_Waiting(drawing, chosen, layers, cost, future))
        self._cost += cost
        return future

    def _run_batch(self) -> None:
        """Compute one batch. The rest of the queue waits, so that responses are written and new requests are read."""
        now = perf_counter()
        if self._batch_cost:
            self._pace += _SMOOTHING * ((now - self._batch_started) / self._batch_cost - self._pace)
        batch: list[_Waiting] = []
        cost = 0
        while self._queue and cost < MAX_BATCH:
            batch.append(self._queue.popleft())
            cost += batch[-1].cost
        self._cost -= cost
        self._batch_started, self._batch_cost = now, cost if self._queue else 0
        # All drawings in a pass get the same weights and layers: there is one pass for each combination of the two.
        for passed in dict.fromkeys((waiting.classifier, waiting.layers) for waiting in batch):
            self._compute(*passed, [waiting for waiting in batch if waiting[1:3] == passed])
        if self._queue:
            # In the next iteration, the responses of this batch are written. The next batch starts in the one after it.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._run_batch)

    def _compute(self, classifier: Classifier, layers: Layers, batch: Sequence[_Waiting]) -> None:
        self._metrics.count_batch(len(batch))
        try:
            drawings = _preprocess([waiting.drawing for waiting in batch])
            maps = classifier.feature_maps(
                drawings, layers.names, quantised=layers.quantised, calibrated=layers.calibrated
            )
        except Exception as error:
            for waiting in batch:
                if not waiting.future.done():
                    waiting.future.set_exception(error)
            return
        for waiting, own, drawing in zip(batch, maps, drawings, strict=True):
            if not waiting.future.done():  # a future is cancelled if its client disconnects
                waiting.future.set_result(Result(own, drawing))


def _preprocess(drawings: Sequence[PreprocessedDrawing | RawDrawing]) -> list[PreprocessedDrawing]:
    """The drawings, preprocessed. Those that are still raw are preprocessed together."""
    done = iter(preprocess_all([each for each in drawings if not isinstance(each, PreprocessedDrawing)]))
    return [each if isinstance(each, PreprocessedDrawing) else next(done) for each in drawings]
