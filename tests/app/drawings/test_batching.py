"""Drawings whose requests arrive together are computed together, and each request gets its own result."""

import asyncio
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.drawings import batching
from app.drawings.batching import PREDICTION_ONLY, Batcher, Layers, Result
from app.http.metrics import Metrics
from app.http.problems import Problem
from app.limits import MIN_WAITING
from model.inference.classifier import Classifier, FeatureMaps
from model.preprocess.pipeline import PreprocessedDrawing, from_pixels
from model.preprocess.rasterise import Strokes

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
LOGITS = Layers(("logits",))
SEVEN = Strokes([[[30, 40], [110, 40], [60, 150]]])


class RecordingMetrics(Metrics):
    """Records the sizes of the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def count_batch(self, size: int) -> None:
        """Record a batch."""
        self.sizes.append(size)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(engine="onnx")


@pytest.fixture
def metrics() -> RecordingMetrics:
    return RecordingMetrics()


@pytest.fixture
def batcher(classifier: Classifier, metrics: RecordingMetrics) -> Batcher:
    batcher = Batcher(metrics)
    batcher.classifier = classifier
    return batcher


@pytest.fixture(scope="module")
def drawings(mnist_test: Mnist) -> list[PreprocessedDrawing]:
    return [from_pixels(image) for image in mnist_test[0][:40]]


def test_each_request_gets_its_own_result(
    batcher: Batcher, metrics: RecordingMetrics, drawings: list[PreprocessedDrawing], mnist_test: Mnist
) -> None:
    async def submit_all() -> list[Result]:
        futures = [batcher.submit(drawing, LOGITS if i % 2 else PREDICTION_ONLY) for i, drawing in enumerate(drawings)]
        return list(await asyncio.gather(*futures))

    results = asyncio.run(submit_all())
    assert metrics.sizes == [4] * 10  # five batches of 8, each half with and half without layers
    correct = [
        result.maps.prediction.digit == label
        for result, label in zip(results, mnist_test[1][:40].tolist(), strict=True)
    ]
    assert sum(correct) >= 39
    assert [len(result.maps.maps) for result in results] == [0, 1] * 20
    assert [result.drawing for result in results] == drawings


def test_raw_and_preprocessed_drawings_share_a_batch(
    batcher: Batcher, metrics: RecordingMetrics, drawings: list[PreprocessedDrawing]
) -> None:
    async def submit_all() -> list[Result]:
        return list(await asyncio.gather(batcher.submit(SEVEN), batcher.submit(drawings[0]), batcher.submit(SEVEN)))

    first, second, third = asyncio.run(submit_all())
    assert first.maps.prediction.digit == third.maps.prediction.digit == 7
    assert second.drawing is drawings[0]
    assert metrics.sizes == [3]


def test_calibrated_and_plain_probabilities_share_a_batch(
    batcher: Batcher, drawings: list[PreprocessedDrawing], classifier: Classifier
) -> None:
    def options(i: int) -> Layers:
        return Layers(("logits", "probabilities"), calibrated=i % 2 == 0)

    async def submit_all() -> list[Result]:
        return list(await asyncio.gather(*(batcher.submit(drawing, options(i)) for i, drawing in enumerate(drawings))))

    for i, result in enumerate(asyncio.run(submit_all())):
        logits, probabilities = (values.astype(np.float64) for values in result.maps.maps)
        temperature = 1 if i % 2 else classifier.temperature
        powers = np.exp(logits / temperature)
        assert result.maps.temperature == temperature
        np.testing.assert_allclose(probabilities, powers / powers.sum(), atol=1e-6)
        np.testing.assert_array_equal(result.maps.prediction.probabilities, result.maps.maps[1])


def test_the_event_loop_runs_other_callbacks_between_two_batches(
    batcher: Batcher, drawings: list[PreprocessedDrawing]
) -> None:
    done: list[int] = []

    async def submit_all() -> None:
        futures = [batcher.submit(drawing) for drawing in drawings]

        def count() -> None:
            done.append(sum(future.done() for future in futures))
            if done[-1] < len(futures):
                asyncio.get_running_loop().call_soon(count)

        asyncio.get_running_loop().call_soon(count)
        await asyncio.gather(*futures)

    asyncio.run(submit_all())
    assert [count for count in dict.fromkeys(done) if count] == [8, 16, 24, 32, 40]


def test_the_requests_of_a_batch_are_answered_before_the_next_batch_is_computed(
    classifier: Classifier, drawings: list[PreprocessedDrawing]
) -> None:
    answered: list[Result] = []

    class CountingMetrics(RecordingMetrics):
        def count_batch(self, size: int) -> None:
            super().count_batch(len(answered))

    async def ask(batcher: Batcher, drawing: PreprocessedDrawing) -> None:
        answered.append(await batcher.submit(drawing, classifier=classifier))

    async def ask_for_all(batcher: Batcher) -> None:
        await asyncio.gather(*(ask(batcher, drawing) for drawing in drawings))

    counting = CountingMetrics()
    asyncio.run(ask_for_all(Batcher(counting)))
    assert counting.sizes == [0, 8, 16, 24, 32]


def test_an_error_in_the_network_reaches_every_request_of_its_batch_and_no_other(
    batcher: Batcher, drawings: list[PreprocessedDrawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = Classifier.feature_maps

    def fail_with_layers(self: Classifier, batch: Any, layers: Any, **options: Any) -> list[FeatureMaps]:
        if layers:
            raise RuntimeError("out of order")
        return compute(self, batch, layers, **options)

    async def submit_all() -> list[Any]:
        futures = [batcher.submit(drawing, layers) for drawing in drawings[:3] for layers in (PREDICTION_ONLY, LOGITS)]
        return list(await asyncio.gather(*futures, return_exceptions=True))

    monkeypatch.setattr(Classifier, "feature_maps", fail_with_layers)
    results = asyncio.run(submit_all())
    assert all(isinstance(result, Result) for result in results[::2])
    assert all(isinstance(result, RuntimeError) for result in results[1::2])


def test_a_request_whose_client_has_gone_does_not_disturb_its_batch(
    batcher: Batcher, drawings: list[PreprocessedDrawing]
) -> None:
    async def submit_two() -> Result:
        gone, waiting = batcher.submit(drawings[0]), batcher.submit(drawings[1])
        gone.cancel()
        return await waiting

    assert asyncio.run(submit_two()).drawing is drawings[1]


def test_the_queue_is_limited(
    batcher: Batcher, drawings: list[PreprocessedDrawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.drawings.batching.MAX_WAITING", 3)

    async def submit_four() -> None:
        futures = [batcher.submit(drawing) for drawing in drawings[:3]]
        with pytest.raises(Problem) as raised:
            batcher.submit(drawings[3])
        assert raised.value.kind.slug == "overloaded"
        await asyncio.gather(*futures)
        await batcher.submit(drawings[3])  # there is room again

    asyncio.run(submit_four())


def test_drawings_that_would_wait_too_long_are_refused_and_later_ones_are_not(
    batcher: Batcher, drawings: list[PreprocessedDrawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    compute = Batcher._compute

    def compute_slowly(self: Batcher, *arguments: Any) -> None:
        nonlocal clock
        clock += 0.08  # 10 ms for each drawing of a full batch, so 10 drawings take MAX_QUEUE_SECONDS
        compute(self, *arguments)

    monkeypatch.setattr(batching, "perf_counter", lambda: clock)
    monkeypatch.setattr(Batcher, "_compute", compute_slowly)

    def accepted(count: int) -> int:
        for number in range(count):
            try:
                waiting.append(batcher.submit(drawings[0]))
            except Problem as problem:
                refusals.append((problem.kind.slug, problem.headers["Retry-After"]))
                return number
        return count

    waiting: list[asyncio.Future[Result]] = []
    refusals: list[tuple[str, str]] = []

    async def arrive() -> None:
        nonlocal clock
        clock = 10.0
        assert accepted(500) == 100 + 1  # the expected time is a millisecond for each drawing
        for _ in range(3):
            await asyncio.sleep(0)
        assert accepted(500) == 0  # now the pace is known
        await asyncio.gather(*waiting)
        assert accepted(500) == MIN_WAITING
        await asyncio.sleep(0)
        assert accepted(500) == 0  # after a refusal, only those that are answered in time may wait
        await asyncio.gather(*waiting)
        clock += 1.0
        assert accepted(500) == 100 + 1  # the load is over
        await asyncio.gather(*waiting)

    asyncio.run(arrive())
    assert refusals == [("overloaded", "1")] * 5


def test_drawings_with_costly_responses_come_in_smaller_batches(
    batcher: Batcher, metrics: RecordingMetrics, drawings: list[PreprocessedDrawing]
) -> None:
    async def submit_all() -> None:
        await asyncio.gather(*(batcher.submit(drawing, cost=3) for drawing in drawings[:4]), batcher.submit(SEVEN))

    asyncio.run(submit_all())
    assert metrics.sizes == [3, 2]


def test_nothing_is_computed_before_the_weights_are_loaded(
    metrics: RecordingMetrics, drawings: list[PreprocessedDrawing]
) -> None:
    async def submit() -> None:
        with pytest.raises(Problem) as raised:
            Batcher(metrics).submit(drawings[0])
        assert raised.value.kind.slug == "not-ready"

    asyncio.run(submit())
