"""Fixtures for the tests of corrections."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.corrections.helpers import client_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "corrections.sqlite"


@pytest.fixture
def client(file: Path) -> Iterator[TestClient]:
    with client_of(file) as client:
        yield client


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_of(tmp_path_factory.mktemp("endless") / "corrections.sqlite") as client:
        yield client


@pytest.fixture(scope="module")
def disabled_client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client
