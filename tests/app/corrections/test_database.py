"""Corrections in a real PostgreSQL database, which several services share."""

import io
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from app.corrections.database import DatabaseStore
from app.corrections.interface import BusyError, FullError, UnavailableError
from app.corrections.rows import Correction, correction_of
from app.main import create_app
from app.settings import Settings
from model.preprocess.rasterise import Strokes
from tests.app.corrections.helpers import PROBABILITIES, correction, image_correction, problem
from tests.app.corrections.postgres import Postgres, postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def store(server: Postgres) -> Iterator[DatabaseStore]:
    with closing(DatabaseStore(server.url, 100)) as store:
        store.check()
        store.clear()
        yield store


def client_of(server: Postgres) -> TestClient:
    settings = Settings(engine="onnx", collect=True, collect_database=SecretStr(server.url), hosts=("testserver",))
    return TestClient(create_app(settings))


def drawn(number: int = 0, model: str = "lesson") -> Correction:
    return Correction(uuid.UUID(int=number), Strokes([[(0, 0), (number, 9)]]), 1, 7, PROBABILITIES, model)


def test_two_services_share_the_corrections(server: Postgres, store: DatabaseStore) -> None:
    with client_of(server) as one, client_of(server) as other:
        sent, image = correction(model="a\0b"), image_correction()
        assert one.post("/corrections", json=sent).status_code == 201
        assert other.post("/corrections", json=sent).status_code == 200  # it is saved already
        assert other.post("/corrections", json=image).status_code == 201
        shown = one.get("/corrections").text
        assert shown.count("<li class=") == 2
        assert "in a database" in shown
        with np.load(io.BytesIO(one.get("/corrections.npz").content)) as archive:
            assert (len(archive["label"]), len(archive["y"])) == (1, 1)
            assert archive["points"].tolist() == [point for stroke in sent["strokes"] for point in stroke]
        assert other.delete(f"/corrections/{image['id']}").status_code == 204
        assert problem(one.delete(f"/corrections/{image['id']}")) == (404, "not-found")
        assert one.delete("/corrections").status_code == 204
        assert other.get("/corrections").text.count("<li class=") == 0


def test_pages_and_snapshots_have_their_order(store: DatabaseStore) -> None:
    for number in range(5):
        assert store.add(drawn(number))
    page, total = store.page(1, 2)
    assert ([each.id.int for each in page], total) == ([3, 2], 5)
    with store.snapshot() as rows:
        assert [correction_of(row).id.int for row in rows()] == [0, 1, 2, 3, 4]
        assert store.remove(uuid.UUID(int=0))
        assert store.add(drawn(9))
        assert len(list(rows())) == 5  # the snapshot was taken earlier
    assert not store.remove(uuid.UUID(int=0))
    assert store.clear() == 5


def test_the_limit_holds_for_all_services_together(server: Postgres, store: DatabaseStore) -> None:
    stores = [DatabaseStore(server.url, 7) for _ in range(3)]
    outcomes: list[bool | type[Exception]] = []

    def add(store: DatabaseStore, first: int) -> None:
        for number in range(first, first + 5):
            try:
                outcomes.append(store.add(drawn(number)))
            except FullError:
                outcomes.append(FullError)

    threads = [threading.Thread(target=add, args=(each, 10 * i)) for i, each in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in stores:
        each.close()
    assert (outcomes.count(True), outcomes.count(FullError)) == (7, 8)
    assert store.page(0, 1)[1] == 7


def test_a_damaged_row_does_not_hide_the_others(server: Postgres, store: DatabaseStore) -> None:
    for number in range(3):
        store.add(drawn(number))
    engine = create_engine(server.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE corrections SET lengths = '' WHERE id = :id"), {"id": str(uuid.UUID(int=1))})
    engine.dispose()
    page, total = store.page(0, 10)
    assert ([each.id.int for each in page], total) == ([2, 0], 3)


def test_a_store_that_is_locked_or_stopped_is_reported_and_used_again(
    server: Postgres, store: DatabaseStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.corrections.database.BUSY_SECONDS", 1)
    impatient = DatabaseStore(server.url, 100)
    engine = create_engine(server.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE corrections"))
        with pytest.raises(BusyError):
            impatient.add(drawn())
    engine.dispose()
    with client_of(server) as client:
        assert client.post("/corrections", json=correction()).status_code == 201
        server.stop()
        with pytest.raises(UnavailableError, match="cannot be used") as raised:
            impatient.check()
        assert "unused" not in str(raised.value)  # the password
        assert problem(client.post("/corrections", json=correction())) == (503, "corrections-unavailable")
        assert client.post("/predict", json={"strokes": [[[1, 1], [9, 9]]]}).status_code == 200
        server.start()
        assert client.post("/corrections", json=correction()).status_code == 201
    impatient.close()
    assert store.page(0, 10)[1] == 2
    assert "unused" not in caplog.text
