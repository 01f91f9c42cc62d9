"""Fixtures that the tests of the walk share."""

from typing import Any

import pytest

from tests.visitor import PROJECTOR


@pytest.fixture
def context_options() -> dict[str, Any]:
    """Without motion nothing goes on by itself: the walk takes a step for each press."""
    return {"viewport": PROJECTOR, "reduced_motion": "reduce"}
