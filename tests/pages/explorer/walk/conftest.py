"""Fixtures that the tests of the walk share."""

from typing import Any

import pytest

from tests.support.visitor import PROJECTOR


@pytest.fixture
def context_options() -> dict[str, Any]:
    """Reduced motion: nothing is animated, and the walk takes one step per press."""
    return {"viewport": PROJECTOR, "reduced_motion": "reduce"}
