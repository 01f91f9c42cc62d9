"""The service in three ways: called without a network, run in this process, and its connections."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.connections.raw_http import Connect, Connection
from tests.app.connections.service import Service, running_service


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """A client that calls the application without a network."""
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections and closes them after the test."""
    opened: list[Connection] = []

    def open_connection(url: str) -> Connection:
        opened.append(Connection(url))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service in this process, for the tests of one file."""
    with running_service() as service:
        yield service
