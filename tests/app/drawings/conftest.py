"""The classifier that the service loads."""

import pytest

from model.inference.classifier import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(engine="onnx")
