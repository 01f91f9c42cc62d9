"""The store as the routes use it: its limit, and files that are damaged, read-only, moved or busy."""

import logging
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.corrections.rows import Correction
from app.corrections.schemas import CORRECTION_EXAMPLE
from app.corrections.store import CorrectionStore
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import PROBABILITIES, client_of, correction, problem, saved
from tests.support.servers import wait_until


def test_no_more_corrections_are_saved_than_the_limit_allows(file: Path) -> None:
    with client_of(file, limit=2) as client:
        sent = [correction() for _ in range(3)]
        answers = [client.post("/corrections", json=each) for each in sent]
        assert [answer.status_code for answer in answers] == [201, 201, 507]
        assert problem(answers[2]) == (507, "corrections-full")
        assert client.post("/corrections", json=sent[0]).status_code == 200  # this correction is already saved
        client.delete(f"/corrections/{sent[0]['id']}")
        assert client.post("/corrections", json=sent[2]).status_code == 201


def damaged(file: Path) -> Path:
    store = CorrectionStore(file, 100)
    for _ in range(100):
        store.add(Correction(uuid.uuid4(), Strokes([[(0, 0)] * 50]), 1, 7, PROBABILITIES, "lesson"))
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * 8192)
    return file


def not_a_database(file: Path) -> Path:
    file.write_bytes(b"Dear diary, this is no database. " * 200)
    return file


def of_another_program(file: Path) -> Path:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    return file


def of_a_later_version(file: Path) -> Path:
    CorrectionStore(file, 100).check()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    return file


def in_no_folder(file: Path) -> Path:
    return file.parent / "missing" / file.name


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (damaged, "is damaged"),
        (not_a_database, "is not a SQLite database"),
        (of_another_program, "is another program's database"),
        (of_a_later_version, "was written by another version"),
        (in_no_folder, "cannot be opened"),
    ],
)
def test_predictions_still_work_when_the_file_cannot_be_used(
    file: Path, make: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = make(file)
    before = path.read_bytes() if path.exists() else None
    with caplog.at_level(logging.WARNING, "inkling"), client_of(path) as client:
        assert client.post("/predict", json={"strokes": CORRECTION_EXAMPLE["strokes"]}).status_code == 200
        for answer in (
            client.post("/corrections", json=correction()),
            client.delete("/corrections"),
            client.get("/corrections.npz"),
        ):
            assert problem(answer) == (503, "corrections-unavailable")
            assert answer.headers["retry-after"] == "60"
            assert path.name not in answer.text
        assert problem(client.get("/corrections")) == (503, "corrections-unavailable")
        page = client.get("/corrections", headers={"Accept": "text/html"})  # like a browser
        assert page.status_code == 503
        assert "The saved corrections cannot be reached." in page.text
        assert client.get("/readyz").status_code == 200
    (line,) = [record.getMessage() for record in caplog.records if record.name == "inkling"]
    assert words in line
    assert before is None or path.read_bytes() == before  # the file is unchanged


def test_a_read_only_file_is_reported_at_start_and_still_shown(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    CorrectionStore(file, 100).add(Correction(uuid.uuid4(), Strokes([[(0, 0)]]), 1, 7, PROBABILITIES, "lesson"))
    connect = sqlite3.connect

    def only_to_read(name: Path, **options: Any) -> sqlite3.Connection:
        """Open the database read-only. File permissions would not be enough, because root ignores them."""
        connection: sqlite3.Connection = connect(f"file:{name}?mode=ro", uri=True, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", only_to_read)
    with caplog.at_level(logging.WARNING, "inkling"), client_of(file) as client:
        assert wait_until(lambda: "cannot be written" in caplog.text)
        assert problem(client.post("/corrections", json=correction())) == (503, "corrections-unavailable")
        assert "<b>1</b> of at most 10,000" in client.get("/corrections").text


def test_a_moved_or_restored_file_is_used_in_its_current_state(client: TestClient, file: Path) -> None:
    client.post("/corrections", json=correction())
    # The check at the start of the service may still have the file open. While a connection is open, the log of SQLite
    # beside the file may contain data. So wait until the log is gone, then move the file.
    assert wait_until(lambda: not file.with_name(f"{file.name}-wal").exists())
    file.rename(file.with_suffix(".old"))
    assert client.post("/corrections", json=correction()).status_code == 201
    assert len(saved(file)) == 1
    assert wait_until(lambda: not file.with_name(f"{file.name}-wal").exists())
    file.with_suffix(".old").replace(file)
    assert client.post("/corrections", json=correction()).status_code == 201
    assert len(saved(file)) == 2


def test_a_client_is_told_to_try_again_while_another_program_writes(
    client: TestClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.post("/corrections", json=correction()).status_code == 201
    monkeypatch.setattr("app.corrections.store.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = client.post("/corrections", json=correction())
    assert problem(answer) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    other.execute("ROLLBACK")
    other.close()
    assert len(saved(file)) == 1
