"""The service without a network, and its classifier."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from model.inference.classifier import Classifier


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(engine="onnx"))) as client:
        yield client


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(engine="onnx")
