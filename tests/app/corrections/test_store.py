"""The SQLite file of corrections: its columns, its size limit, and a file that cannot be opened."""

import sqlite3
import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.corrections import reserve
from app.corrections.interface import FullError, UnavailableError
from app.corrections.rows import Correction
from app.corrections.store import CorrectionStore
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import PROBABILITIES, all_of, correction


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


def filled(file: Path, count: int = 3) -> CorrectionStore:
    store = CorrectionStore(file, 100)
    store.check()
    for number in range(count):
        store.add(Correction(uuid.UUID(int=number), Strokes([[(0, 0), (number, 9)]]), 1, 7, PROBABILITIES, "lesson"))
    return store


DAMAGES = [
    "id = 'mine'", "id = x'ff'", "label = 12", "label = 'x'", "digit = -1", "digit = 0.5", "probabilities = x'00'",
    "probabilities = zeroblob(36)", "points = zeroblob(12)", "points = x'0000c07f00000000'", "lengths = x'00000000'",
    "lengths = x'ffffffff'", "lengths = x'0000'", "lengths = NULL", "points = 'text'", "pen = 'wide'", "pen = -1",
    "pen = 9e999", "width = 'x', height = 3", "width = 5", "familiarity = 'x'", "familiarity = 7", "model = x'00'",
    "verdict = x'ff'", "prepare = 'other'", "day = x'ff'", "points = NULL, picture = zeroblob(9)",
    "points = NULL, picture = 3",
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_row_does_not_hide_the_others(file: Path, damage: str) -> None:
    store = filled(file)
    connection = sqlite3.connect(file)
    connection.execute(f"UPDATE corrections SET {damage} WHERE id = '{uuid.UUID(int=1)}'")
    connection.commit()
    connection.close()
    assert [correction.id.int for correction in all_of(store)] == [0, 2]
    shown, total = store.page(0, 10)
    assert ([correction.id.int for correction in shown], total) == ([2, 0], 3)
    assert store.clear() == 3


def test_a_file_called_memory_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = filled(Path(":memory:"))
    assert len(all_of(store)) == 3
    assert (tmp_path / ":memory:").stat().st_size > 0


@pytest.mark.parametrize("everything", [True, False])
def test_corrections_can_be_deleted_from_a_full_disk(
    file: Path, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    store = filled(file)
    spare = file.with_name(f"{file.name}-reserve")
    assert spare.stat().st_size == reserve.SIZE
    delete = CorrectionStore._delete_at_once

    def delete_if_there_is_space(self: CorrectionStore, statement: str, values: tuple[str, ...]) -> int:
        if spare.exists() or (everything and "number =" not in statement):
            raise FullError
        return delete(self, statement, values)

    monkeypatch.setattr(CorrectionStore, "_delete_at_once", delete_if_there_is_space)
    assert store.clear() == 3 if everything else store.remove(uuid.UUID(int=1))
    assert len(all_of(store)) == (0 if everything else 2)
    assert spare.stat().st_size == reserve.SIZE  # the reserve is written again
    spare.unlink()
    spare.mkdir()
    with pytest.raises(FullError):
        store.clear()
