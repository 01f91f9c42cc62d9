"""Functions that build corrections to send and read the results."""

import sqlite3
import uuid
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from fastapi.testclient import TestClient

from app.corrections.interface import Store
from app.corrections.rows import Correction, correction_of
from app.corrections.schemas import CORRECTION_EXAMPLE
from app.corrections.store import CorrectionStore
from app.main import create_app
from app.settings import Settings

PROBABILITIES = np.full(10, 0.1, np.float32)
SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
OTHER_SITES: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://testserver.elsewhere.example"},
    {"Origin": "null"},
]


def client_of(file: Path, limit: int = 10_000) -> TestClient:
    settings = Settings(
        engine="onnx", collect=True, collect_file=file, collect_most=limit, hosts=("testserver", "digits.example")
    )
    return TestClient(create_app(settings))


def correction(**changes: Any) -> dict[str, Any]:
    sent = CORRECTION_EXAMPLE | {"id": str(uuid.uuid4())} | changes
    return {key: value for key, value in sent.items() if value is not ...}


def image_correction(**changes: Any) -> dict[str, Any]:
    rows = np.zeros((28, 28), int)
    rows[4:24, 13:16] = 250
    return correction(strokes=..., pen=..., pixels=rows.tolist(), **changes)


def all_of(store: Store) -> list[Correction]:
    """All corrections, oldest first."""
    with store.snapshot() as rows:
        return [correction_of(row) for row in rows()]


def saved(file: Path) -> list[Correction]:
    return all_of(CorrectionStore(file, 10_000))


def problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def is_intact(file: Path) -> bool:
    connection = sqlite3.connect(file)
    rows = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return rows == [("ok",)]
