"""Drawings that arrive together go through the network together, and each gets its own answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.drawings.batching import Answer, Batcher, NotReadError, Wish
from app.http.metrics import Metrics
from app.http.problems import Problem
from model.inference.classifier import Classifier
from model.preprocess.pipeline import PreprocessedDrawing, from_pixels
from model.preprocess.rasterise import Strokes

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
LOGITS = Wish(("logits",), quantised=False)
SEVEN = Strokes([[[30, 40], [110, 40], [60, 150]]])


class Counting(Metrics):
    """Remembers how large the batches were."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def batch(self, size: int) -> None:
        """One more."""
        self.sizes.append(size)


class Body:
    """Something to be read when the batch is run."""

    def __init__(self, read: Callable[[], Strokes | None]) -> None:
        self.read = read


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(engine="onnx")


@pytest.fixture
def metrics() -> Counting:
    return Counting()


@pytest.fixture
def batcher(classifier: Classifier, metrics: Counting) -> Batcher:
    batcher = Batcher(metrics)
    batcher.classifier = classifier
    return batcher


@pytest.fixture(scope="module")
def drawings(mnist_test: Mnist) -> list[PreprocessedDrawing]:
    return [from_pixels(picture) for picture in mnist_test[0][:40]]


def test_each_gets_its_own_answer(
    batcher: Batcher, metrics: Counting, drawings: list[PreprocessedDrawing], mnist_test: Mnist
) -> None:
    async def ask_all() -> list[Answer]:
        asked = [batcher.ask(drawing, LOGITS if i % 2 else None) for i, drawing in enumerate(drawings)]
        return list(await asyncio.gather(*asked))

    answers = asyncio.run(ask_all())
    assert sorted(metrics.sizes) == [4, 4, 16, 16]
    right = [
        answer.found.prediction.digit == label
        for answer, label in zip(answers, mnist_test[1][:40].tolist(), strict=True)
    ]
    assert sum(right) >= 39
    assert [len(answer.found.maps) for answer in answers] == [0, 1] * 20
    assert [answer.drawing for answer in answers[1::2]] == drawings[1::2]


def test_a_full_batch_with_layers_is_answered_before_anything_else_is_read(
    batcher: Batcher, metrics: Counting, drawings: list[PreprocessedDrawing]
) -> None:
    async def ask() -> None:
        few = [batcher.ask(drawing, Wish(("conv1",), quantised=True)) for drawing in drawings[:15]]
        many = [batcher.ask(drawing, LOGITS) for drawing in drawings[:17]]
        answers = [batcher.ask(drawing) for drawing in drawings[:20]]
        assert [future.done() for future in many] == [True] * 16 + [False]
        assert not any(future.done() for future in (*few, *answers))
        await asyncio.gather(*few, *many, *answers)

    asyncio.run(ask())
    assert metrics.sizes == [16, 15, 1, 16, 4]


def test_what_cannot_be_read_with_the_batch_is_told_and_the_others_are_answered(
    batcher: Batcher, metrics: Counting
) -> None:
    def fail() -> Strokes:
        raise RuntimeError("nobody thought of this")

    async def ask(*reads: Callable[[], Strokes | None]) -> list[Any]:
        futures: list[asyncio.Future[Answer]] = [asyncio.get_running_loop().create_future() for _ in reads]
        for read, future in zip(reads, futures, strict=True):
            batcher.add(Body(read), None, future)
        return list(await asyncio.gather(*futures, return_exceptions=True))

    first, second, third, fourth = asyncio.run(ask(lambda: SEVEN, lambda: None, fail, lambda: SEVEN))
    assert first.found.prediction.digit == fourth.found.prediction.digit == 7
    assert isinstance(second, NotReadError)
    assert isinstance(third, NotReadError)
    assert metrics.sizes == [2]
    (alone,) = asyncio.run(ask(lambda: None))
    assert isinstance(alone, NotReadError)
    assert metrics.sizes == [2]


def test_what_goes_wrong_in_the_network_is_told_to_all_of_the_batch_and_to_no_other(
    batcher: Batcher, drawings: list[PreprocessedDrawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    async def ask() -> list[Any]:
        asked = [batcher.ask(drawing, wish) for drawing in drawings[:3] for wish in (None, LOGITS)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    monkeypatch.setattr(Classifier, "feature_maps", fail)
    answers = asyncio.run(ask())
    assert all(isinstance(answer, Answer) for answer in answers[::2])
    assert all(isinstance(answer, RuntimeError) for answer in answers[1::2])


def test_there_is_a_limit_to_those_who_wait(
    batcher: Batcher, drawings: list[PreprocessedDrawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.drawings.batching.MAX_WAITING", 3)

    async def ask() -> None:
        asked = [batcher.ask(drawing, wish) for drawing, wish in zip(drawings, (None, LOGITS, None), strict=False)]
        with pytest.raises(Problem) as raised:
            batcher.ask(drawings[3])
        assert raised.value.kind.slug == "overloaded"
        await asyncio.gather(*asked)
        await batcher.ask(drawings[3])  # there is room again

    asyncio.run(ask())


def test_nobody_is_answered_before_the_weights_are_loaded(
    metrics: Counting, drawings: list[PreprocessedDrawing]
) -> None:
    async def ask() -> None:
        with pytest.raises(Problem) as raised:
            Batcher(metrics).ask(drawings[0])
        assert raised.value.kind.slug == "not-ready"

    asyncio.run(ask())
