"""The SQLite file of corrections: its columns, its size limit, and a file that cannot be opened."""

import sqlite3
import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.corrections.store import Correction, CorrectionStore, FullError, UnavailableError
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import PROBABILITIES, correction


def test_the_file_contains_only_the_documented_columns(client: TestClient, file: Path) -> None:
    client.post("/corrections", json=correction(), headers={"User-Agent": "Nosy/1.0", "X-Forwarded-For": "192.0.2.7"})
    connection = sqlite3.connect(file)
    ((schema,),) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'").fetchall()
    (row,) = connection.execute("SELECT * FROM corrections").fetchall()
    connection.close()
    columns = [line.split()[0] for line in schema.splitlines()[1:-2]]
    assert columns == [
        "number", "id", "day", "label", "digit", "probabilities", "verdict", "familiarity", "model", "prepare",
        "points", "lengths", "pen", "width", "height", "picture",
    ]  # fmt: skip
    assert len(row[2]) == len("2030-12-31")  # a date without a time
    content = file.read_bytes()
    assert b"Nosy" not in content
    assert b"192.0.2.7" not in content


def test_the_file_size_is_limited(file: Path) -> None:
    store = CorrectionStore(file, 2)
    huge = Strokes([[(float(x), 0.0) for x in range(20_000)]] * 20)
    with pytest.raises(FullError):
        store.add(Correction(uuid.uuid4(), huge, 1, 7, PROBABILITIES, "lesson"))
    assert store.page(0, 10) == ([], 0)
    assert store.add(Correction(uuid.uuid4(), Strokes([[(0, 0)]]), 1, 7, PROBABILITIES, "lesson"))


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"cannot be opened \(unable to open database file\)\.$"):
        CorrectionStore(tmp_path, 10).check()  # this path is a folder
