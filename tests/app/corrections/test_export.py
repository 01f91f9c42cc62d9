"""The export of corrections as a NumPy archive."""

import asyncio
import io
import json
import tracemalloc
import uuid
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from app.corrections.async_store import AsyncCorrectionStore
from app.corrections.download import Download
from app.corrections.export import npz
from app.corrections.rows import Correction
from app.corrections.store import CorrectionStore
from app.http.problems import Problem
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import PROBABILITIES, correction, image_correction


def test_the_export_has_the_format_of_the_human_drawings(client: TestClient) -> None:
    eight = [[[10, 10], [20, 20.5]], [[5, 5]], [[1, 2], [3, 4], [5, 6]]]
    client.post("/corrections", json=correction(strokes=eight, label=8, canvas=[280, 200]))
    client.post("/corrections", json=correction(label=None, pen=...))
    client.post("/corrections", json=image_correction(label=None))
    client.post("/corrections", json=image_correction(label=1, answer={"digit": None, "probabilities": [0.1] * 10}))
    answer = client.get("/corrections.npz")
    assert answer.status_code == 200
    data = np.load(io.BytesIO(answer.content), allow_pickle=False)
    assert (data["points"].dtype, data["points"].shape) == (np.float32, (9, 2))
    assert data["offsets"].tolist() == [0, 6, 9]
    assert data["stroke"].tolist() == [0, 0, 1, 2, 2, 2, 0, 0, 0]
    assert data["label"].tolist() == ["8", "not_a_digit"]
    assert all(len(data[name]) == 2 for name in ("writer", "source", "split", "model", "day", "prepare", "id"))
    assert data["answer"].tolist() == [7, 7]
    assert data["pen"][0] == 20
    assert np.isnan(data["pen"][1])
    assert data["canvas"][0].tolist() == [280, 200]
    first, last = data["offsets"][:2]
    lines = np.split(data["points"][first:last], np.flatnonzero(np.diff(data["stroke"][first:last])) + 1)
    assert [line.tolist() for line in lines] == eight
    assert data["img"].shape == (2, 28, 28)
    assert data["img"].max() == 250
    assert (data["y"].tolist(), data["img_answer"].tolist()) == ([-1, 1], [7, -1])
    assert data["img_probabilities"].shape == (2, 10)
    assert "Inkling" in json.loads(str(data["meta"]))["source"]


def test_an_empty_export_can_be_loaded(client: TestClient) -> None:
    data = np.load(io.BytesIO(client.get("/corrections.npz").content), allow_pickle=False)
    assert (data["points"].shape, data["offsets"].tolist(), data["img"].shape) == ((0, 2), [0], (0, 28, 28))
    assert all(data[name].dtype != object for name in data.files)


def test_a_large_export_takes_little_memory_and_its_arrays_are_right(file: Path) -> None:
    store = CorrectionStore(file, 10_000)
    generator = np.random.default_rng(0)
    drawings = generator.normal(size=(60, 10_000, 2)).astype(np.float32)
    for points in drawings:
        lines = np.split(points, [3000, 3001])
        store.add(Correction(uuid.uuid4(), Strokes([line.tolist() for line in lines]), 1, 7, PROBABILITIES, "lesson"))
    with store.snapshot() as rows:
        tracemalloc.start()
        sizes = [len(chunk) for chunk in npz(rows)]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        content = b"".join(npz(rows))
    assert sum(sizes) == len(content)
    assert len(content) > 4e6
    assert max(sizes) < 1e6
    assert peak < 3e6  # 78 MB of drawings used to take 2.2 GB
    data = np.load(io.BytesIO(content), allow_pickle=False)
    assert np.array_equal(data["points"], drawings.reshape(-1, 2))
    assert data["stroke"].tolist() == ([0] * 3000 + [1] + [2] * 6999) * 60
    assert data["offsets"].tolist() == list(range(0, 600_001, 10_000))


def test_only_one_client_exports_at_a_time(file: Path) -> None:
    async def two_exports() -> None:
        filled = CorrectionStore(file, 10)
        filled.add(Correction(uuid.uuid4(), Strokes([[(0, 0)]]), 1, 7, PROBABILITIES, "lesson"))
        store = AsyncCorrectionStore(filled)
        try:
            first = store.export()
            await anext(first)
            with pytest.raises(Problem) as raised:
                await anext(store.export())
            assert (raised.value.kind.slug, raised.value.headers["Retry-After"]) == ("overloaded", "10")
            await first.aclose()  # type: ignore[attr-defined]
            assert [chunk async for chunk in store.export()]
        finally:
            store.close()

    asyncio.run(two_exports())


def test_a_client_that_disconnects_ends_the_export(file: Path) -> None:
    async def disconnect_at_once() -> None:
        store = AsyncCorrectionStore(CorrectionStore(file, 10))
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            await asyncio.sleep(0)
            sent.append(message)

        download = await Download.start(store)
        await download({"type": "http"}, receive, send)
        assert len(sent) <= 3
        assert not store.exporting
        store.close()

    asyncio.run(disconnect_at_once())
