"""The export of corrections as a NumPy archive."""

import io
import json

import numpy as np
from fastapi.testclient import TestClient

from tests.app.corrections.helpers import correction, image_correction


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
